package config

import (
	"fmt"
	"strings"
	"time"
)

// globals writes the top level and global_defs. Words that keepalived has only
// since 2.4 are left out where they say the default, for older ones to read it.
func (p *printer) globals(c *Config) {
	g := &c.Global
	p.identity(g.Identity)
	p.block("global_defs", func() {
		p.scripts(g)
		p.processes(g)
		p.lifecycle(g)
		p.files(g.Files)
		p.mail(g.Mail)
		p.fifos(g.FIFOs)
		p.snmp(g.SNMP)
		p.dbus(g.DBus)
		p.globalVRRP(g)
		p.interfaces(g.Interfaces)
		p.firewall(g.Firewall)
		p.ipvs(g.IPVS, c.LVS.Timeouts)
		p.buffers(g)
		p.onOff("checker_log_all_failures", g.Logging.AllFailures)
		p.onOff("rs_init_notifies", c.LVS.InitNotifies)
	})
	p.ssl(g.SSL)
	p.bfd(c)
}

// set writes a keyword that is set by its presence.
func (p *printer) set(name string, is bool) {
	if is {
		p.line(name)
	}
}

func (p *printer) onOff(name string, is bool) {
	value := "off"
	if is {
		value = "on"
	}
	p.line(name, value)
}

// given writes a word that is not empty.
func (p *printer) given(name, value string) {
	if value != "" {
		p.line(name, value)
	}
}

// time writes t as a number of units.
func (p *printer) time(name string, t, unit time.Duration) {
	p.line(name, units(t, unit))
}

func units(t, unit time.Duration) string { return number(float64(t) / float64(unit)) }

// timeGiven is time for one that keepalived does not take as 0.
func (p *printer) timeGiven(name string, t time.Duration) {
	if t != 0 {
		p.time(name, t, time.Second)
	}
}

func (p *printer) identity(x Identity) {
	p.given("instance", x.Name)
	p.given("net_namespace", x.Namespace)
	p.given("net_namespace_ipvs", x.IPVSNamespace)
	p.set("net_namespace_ipvs", x.IPVSOutside)
	p.set("namespace_with_ipsets", x.IPSets)
	p.set("use_pid_dir", x.PIDDirectory)
	p.time("child_wait_time", x.ChildWait, time.Second)
}

func (p *printer) scripts(g *Global) {
	p.given("router_id", g.RouterID)
	p.line("default_interface", g.DefaultInterface)
	switch {
	case g.ScriptGroup != "":
		p.line("script_user", g.ScriptUser, g.ScriptGroup)
	case g.ScriptUser != "":
		p.line("script_user", g.ScriptUser)
	}
	p.set("enable_script_security", g.ScriptSecurity)
}

func (p *printer) processes(g *Global) {
	p.given("process_name", g.ProcessName)
	p.process("vrrp", g.VRRPProcess)
	p.process("checker", g.CheckerProcess)
	p.process("bfd", g.BFDProcess)
	p.line("max_auto_priority", g.AutoPriority.Max)
	p.time("min_auto_priority_delay", g.AutoPriority.Delay, time.Microsecond)
}

func (p *printer) process(prefix string, x Process) {
	p.given(prefix+"_process_name", x.Name)
	p.line(prefix+"_priority", x.Nice)
	if x.RealTime != 0 {
		p.line(prefix+"_rt_priority", x.RealTime)
	}
	p.time(prefix+"_rlimit_rttime", x.RealTimeLimit, time.Microsecond)
	p.set(prefix+"_no_swap", x.NoSwap)
	if len(x.CPUs) > 0 {
		cpus := make([]any, len(x.CPUs))
		for i, n := range x.CPUs {
			cpus[i] = n
		}
		p.line(prefix+"_cpu_affinity", cpus...)
	}
}

func (p *printer) lifecycle(g *Global) {
	p.program("startup_script", g.Startup.Script)
	p.time("startup_script_timeout", g.Startup.Timeout, time.Second)
	p.program("shutdown_script", g.Shutdown.Script)
	p.time("shutdown_script_timeout", g.Shutdown.Timeout, time.Second)
	p.timeGiven("vrrp_startup_delay", g.StartupDelay)
	p.timeGiven("vrrp_delay_after_boot", g.BootDelay)
	r := g.Reload
	p.optional("reload_check_config", r.Check, r.CheckLog)
	p.given("reload_time_file", r.TimeFile)
	p.set("reload_repeat", r.Repeat)
	p.optional("reload_file", r.Mark, r.MarkFile)
}

// optional writes a keyword that may have a value.
func (p *printer) optional(name string, is bool, value string) {
	switch {
	case is && value != "":
		p.line(name, value)
	case is:
		p.line(name)
	}
}

func (p *printer) files(f Files) {
	p.line("umask", fmt.Sprintf("0%03o", f.Umask))
	p.given("config_save_dir", f.SaveDirectory)
	p.given("tmp_config_directory", f.TemporaryDirectory)
	p.given("state_dump_file", f.StateDump)
	p.given("stats_dump_file", f.StatsDump)
	p.given("json_dump_file", f.JSONDump)
	if f.JSONVersion != 1 {
		p.line("json_version", f.JSONVersion)
	}
	p.onOff("data_use_instance", f.DumpPerInstance)
	p.set("use_symlink_paths", f.SymlinkPaths)
	p.set("set_supplementary_groups", f.SupplementaryGroups)
	if len(f.IncludeChecks) > 0 {
		p.line("include_check", raw("+"+strings.Join(f.IncludeChecks, " +")))
	}
	p.given("iproute_usr_dir", f.IPRouteUser)
	p.given("iproute_etc_dir", f.IPRouteAdmin)
	if f.RandomSeed != nil {
		p.line("random_seed", *f.RandomSeed)
	}
}

func asValues(words []string) []any {
	values := make([]any, len(words))
	for i, w := range words {
		values[i] = w
	}
	return values
}

func (p *printer) ssl(s SSL) {
	if s == (SSL{}) {
		return
	}
	p.block("SSL", func() {
		p.given("ca", s.CA)
		p.given("certificate", s.Certificate)
		p.given("key", s.Key)
		p.given("password", s.Password.Reveal())
	})
}
