package cmd

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/daemon"
)

// testOnConsole is what --config-test is without a file.
const testOnConsole = "stderr"

// runFlags defines every flag of keepalived.
func runFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringP("use-file", "f", daemon.DefaultConfigFile, "read this configuration `FILE`")
	f.BoolP("dont-fork", "n", true, "stay in the foreground; --dont-fork=false goes into the background,\nas keepalived does")
	f.BoolP("log-console", "l", false, "log to the console instead of syslog")
	f.BoolP("log-detail", "D", false, "log details")
	f.StringP("log-facility", "S", "daemon", "syslog `FACILITY`: daemon, user, local0 to local7, or 0 to 7 for those")
	f.BoolP("no-syslog", "G", false, "do not log to syslog")
	f.BoolP("dump-conf", "d", false, "log the configuration at the start, with every default")
	f.StringP("config-test", "t", "", "test the configuration and exit: 0 it is fine (or not there),\n2 a keyword lacks its value, 5 other errors,\n6 scripts are run without script security; what is wrong goes to\nthe standard error, with --config-test=`FILE` there")
	f.Lookup("config-test").NoOptDefVal = testOnConsole
	f.StringP("config-id", "i", "", "read the lines that start with @`ID` (default: the host name up to its first dot)")
	f.StringP("pid", "p", daemon.DefaultPIDFile, "write the process id to this `FILE`")
	f.BoolP("vrrp", "P", false, "run the VRRP side only")
	f.BoolP("check", "C", false, "run the health checkers only")
	f.BoolP("dont-release-vrrp", "V", false, "leave the virtual addresses at the end")
	f.BoolP("dont-release-ipvs", "I", false, "leave the IPVS table at the end")
	f.StringP("namespace", "s", "", "run in network namespace `NAME`")
	f.StringP("umask", "u", "", "umask for files that it makes: an octal `MASK`")
	f.String("signum", "", "print the number of the signal for `WHAT`: "+strings.Join(signalNames(), ", "))
	f.BoolP("version", "v", false, "print the version, as keepalived does")
	for _, idle := range idleFlags {
		switch {
		case !idle.takes:
			f.BoolP(idle.name, idle.short, false, idle.usage+" (no effect yet)")
		default:
			f.StringP(idle.name, idle.short, "", idle.usage+" (no effect yet)")
			f.Lookup(idle.name).NoOptDefVal = idle.without
		}
	}
	complete(c, "log-facility", daemon.LogFacilities)
	complete(c, "signum", signalNames)
}

// idleFlags are those of keepalived's that have no effect yet.
var idleFlags = []struct {
	name, short string
	takes       bool
	without     string // its value where it may be without one
	usage       string
}{
	{"no_bfd", "B", false, "", "run no BFD"},
	{"all", "", false, "", "run every part, even with nothing to do"},
	{"release-vips", "X", false, "", "drop the addresses when a signal makes it backup"},
	{"dont-respawn", "R", false, "", "leave a part that died dead"},
	{"vrrp_pid", "r", true, "", "write the process id of the VRRP side to `FILE`"},
	{"checkers_pid", "c", true, "", "write the process id of the checkers to `FILE`"},
	{"bfd_pid", "b", true, "", "write the process id of BFD to `FILE`"},
	{"address-monitoring", "a", false, "", "log addresses that come and go"},
	{"snmp", "x", false, "", "answer SNMP"},
	{"snmp-agent-socket", "A", true, "", "reach SNMP's agent through this `SOCKET`"},
	{"core-dump", "m", false, "", "leave a core dump after a crash"},
	{"core-dump-pattern", "M", true, "core", "name core dumps by this `PATTERN`"},
	{"all-config", "e", false, "", "refuse a configuration with a file that is missing"},
	{"log-file", "g", true, "/tmp/keepalived.log", "log to this `FILE`"},
	{"flush-log-file", "", false, "", "write each line of that file at once"},
	{"no-mem-check", "", false, "", "do not check the memory"},
	{"perf", "", true, "all", "record what `WHAT` costs"},
	{"debug", "", true, "all", "log for the developers of keepalived: `WHAT`"},
}

// signals are the numbers for --signum. Only those of the first two are acted on;
// scripts that ask for the others get an answer that stops nothing.
var signals = map[string]int{
	"STOP": int(unix.SIGTERM), "RELOAD": int(unix.SIGHUP), "DATA": int(unix.SIGUSR1), "STATS": int(unix.SIGUSR2),
	"STATS_CLEAR": 63, "JSON": 36,
}

func signalNames() []string { return slices.Sorted(maps.Keys(signals)) }

func (r runner) writeSignal(name string) error {
	n, ok := signals[name]
	if !ok {
		return usageError{fmt.Errorf("there is no signal for %q: write one of %s", name, strings.Join(signalNames(), ", ")), r.command}
	}
	_, err := fmt.Fprintln(r.out, n)
	return err
}

// facility is the name of a syslog facility, of which keepalived takes the
// number of a local one as well.
func facility(text string) (string, error) {
	name := text
	if len(text) == 1 && "0" <= text && text <= "7" {
		name = "local" + text
	}
	if !slices.Contains(daemon.LogFacilities(), name) {
		return "", fmt.Errorf("there is no syslog facility %q: write one of %s, or 0 to 7", text, strings.Join(daemon.LogFacilities(), ", "))
	}
	return name, nil
}

// mask reads a umask, empty for none. Octal it is with and without a zero.
func mask(text string) (int, error) {
	base := 8
	if strings.HasPrefix(strings.ToLower(text), "0x") {
		base = 0
	}
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, base, 32)
	if err != nil || n > 0o777 {
		return 0, fmt.Errorf("umask %q is no octal number from 0 to 777", text)
	}
	return int(n), nil
}

func setMask(text string) error {
	n, err := mask(text)
	if err == nil && text != "" {
		unix.Umask(n)
	}
	return err
}
