package config_test

import (
	"io/fs"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/bfd"
	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/syntax"
)

// TestGlobal reads one line of global_defs, or of the top level, and compares
// the field that it fills.
func TestGlobal(t *testing.T) {
	type global = *config.Global
	one := uint32(1)
	for _, c := range []struct {
		line  string
		field func(global) any
		want  any
	}{
		{"router_id R", func(g global) any { return g.RouterID }, "R"},
		{"process_names", func(g global) any {
			return []string{g.ProcessName, g.VRRPProcess.Name, g.CheckerProcess.Name, g.BFDProcess.Name}
		}, []string{"keepalived", "keepalived_vrrp", "keepalived_lvs", "keepalived_bfd"}},
		{"process_name abcdefghijklmnopq", func(g global) any { return g.ProcessName }, "abcdefghijklmno"},
		{"lvs_process_name x", func(g global) any { return g.CheckerProcess.Name }, "x"},
		{"vrrp_rt_priority 100", func(g global) any { return g.VRRPProcess.RealTime }, 99},
		{"checker_priority -5", func(g global) any { return g.CheckerProcess.Nice }, -5},
		{"bfd_no_swap", func(g global) any { return g.BFDProcess.NoSwap }, true},
		{"checker_cpu_affinity 1 0 1", func(g global) any { return g.CheckerProcess.CPUs }, []int{1, 0}},
		{"checker_cpu_affinity 1\nchecker_cpu_affinity 0", func(g global) any { return g.CheckerProcess.CPUs }, []int{0}},
		{"bfd_rlimit_rttime 500", func(g global) any { return g.BFDProcess.RealTimeLimit }, 500 * time.Microsecond},
		{"vrrp_rlimit_rtime 0", func(g global) any { return g.VRRPProcess.RealTimeLimit }, 10 * time.Millisecond},
		{"max_auto_priority", func(g global) any { return g.AutoPriority.Max }, 99},
		{"max_auto_priority -1", func(g global) any { return g.AutoPriority.Max }, -1},
		{"min_auto_priority_delay 20", func(g global) any { return g.AutoPriority.Delay }, 20 * time.Microsecond},
		{"smtp_alert", func(g global) any { return [3]bool{g.Mail.VRRP, g.Mail.Checker, g.Mail.Quorum} }, [3]bool{true, true, true}},
		{"smtp_alert off", func(g global) any { return [2]bool{g.Mail.VRRP, g.Mail.Checker} }, [2]bool{false, false}},
		{"smtp_alert off\nsmtp_alert_vrrp", func(g global) any { return [2]bool{g.Mail.VRRP, g.Mail.Checker} }, [2]bool{true, false}},
		{"router_id x", func(g global) any { return [2]bool{g.Mail.VRRP, g.Mail.Checker} }, [2]bool{false, true}},
		{"smtp_server mail.example 26", func(g global) any { return g.Mail.ServerName }, "mail.example"},
		{"smtp_server mail.example 26", func(g global) any { return g.Mail.Server.Port() }, uint16(26)},
		{"smtp_helo_name h", func(g global) any { return g.Mail.Hello }, "h"},
		{"no_email_faults", func(g global) any { return g.Mail.NoFaults }, true},
		{"no_checker_emails", func(g global) any { return g.Mail.ServersOnly }, true},
		{"notify_fifo /f root nogroup\nnotify_fifo /g", func(g global) any { return g.FIFOs.All }, config.FIFO{Path: "/f", User: "root", Group: "nogroup"}},
		{"vrrp_notify_priority_changes", func(g global) any { return g.FIFOs.Priorities }, true},
		{"fifo_write_vrrp_states_on_reload", func(g global) any { return g.FIFOs.OnReload }, true},
		{"snmp_socket a\nsnmp_socket b", func(g global) any { return g.SNMP.Socket }, "a"},
		{"enable_snmp_rfc", func(g global) any { return [4]bool{g.SNMP.VRRP, g.SNMP.Checker, g.SNMP.RFCv2, g.SNMP.RFCv3} }, [4]bool{2: true, 3: true}},
		{"enable_snmp_keepalived", func(g global) any { return [4]bool{g.SNMP.VRRP, g.SNMP.Checker, g.SNMP.RFCv2, g.SNMP.RFCv3} }, [4]bool{0: true}},
		{"enable_snmp_checker\nenable_snmp_rfcv3", func(g global) any { return [4]bool{g.SNMP.VRRP, g.SNMP.Checker, g.SNMP.RFCv2, g.SNMP.RFCv3} }, [4]bool{1: true, 3: true}},
		{"enable_traps", func(g global) any { return g.SNMP.Traps }, true},
		{"snmp_vs_stats_update_interval 0.5", func(g global) any { return g.SNMP.RealInterval }, 500 * time.Millisecond},
		{"enable_dbus", func(g global) any { return g.DBus }, config.DBus{Enabled: true, Service: "org.keepalived.Vrrp1"}},
		{"dbus_service_name x", func(g global) any { return g.DBus.Service }, "x"},
		{"startup_script /ok root", func(g global) any { return g.Startup.Script }, &command.Command{Words: []string{"/ok"}, User: "root"}},
		{"shutdown_script_timeout 3", func(g global) any { return g.Shutdown.Timeout }, 3 * time.Second},
		{"startup_script /nowhere", func(g global) any { return g.Startup.Script == nil }, true},
		{"vrrp_startup_delay 1.5", func(g global) any { return g.StartupDelay }, 1500 * time.Millisecond},
		{"vrrp_delay_after_boot 2", func(g global) any { return g.BootDelay }, 2 * time.Second},
		{"reload_check_config /l", func(g global) any { return g.Reload }, config.Reload{Check: true, CheckLog: "/l"}},
		{"reload_time_file /t\nreload_repeat", func(g global) any { return g.Reload }, config.Reload{TimeFile: "/t", Repeat: true}},
		{"reload_file", func(g global) any { return g.Reload }, config.Reload{Mark: true}},
		{"umask 022", func(g global) any { return g.Files.Umask }, fs.FileMode(0o022)},
		{"umask IWGRP | IXOTH", func(g global) any { return g.Files.Umask }, fs.FileMode(0o021)},
		{"umask 777", func(g global) any { return g.Files.Umask }, fs.FileMode(0o177)},
		{"tmp_config_directory /t\ntmp_config_directory /u", func(g global) any { return g.Files.TemporaryDirectory }, "/t"},
		{"config_save_dir /s", func(g global) any { return g.Files.SaveDirectory }, "/s"},
		{"json_version 2", func(g global) any { return g.Files.JSONVersion }, 2},
		{"state_dump_file /s", func(g global) any { return g.Files.StateDump }, "/s"},
		{"data_use_instance", func(g global) any { return g.Files.DumpPerInstance }, true},
		{"use_symlink_paths", func(g global) any { return g.Files.SymlinkPaths }, true},
		{"include_check\ninclude_check -match", func(g global) any { return g.Files.IncludeChecks }, []string{"wildcard_match", "brace_match"}},
		{"random_seed 1", func(g global) any { return g.Files.RandomSeed }, &one},
		{"vmac_prefix v", func(g global) any { return g.Interfaces.AddressPrefix }, "v"},
		{"dynamic_interfaces allow_if_changes", func(g global) any { return [2]bool{g.Interfaces.Dynamic, g.Interfaces.Changes} }, [2]bool{true, true}},
		{"vrrp_garp_extra_if all 9", func(g global) any { return g.Interfaces.ExtraGARP }, 9 * time.Second},
		{"vrrp_vmac_garp_intvl 9", func(g global) any { return g.Interfaces.ExtraGARPAll }, false},
		{"nftables", func(g global) any { return g.Firewall.VRRP }, config.FirewallTable{Name: "keepalived", Priority: -1}},
		{"nftables_ipvs t\nnftables_ipvs_priority 3", func(g global) any { return g.Firewall.IPVS }, config.FirewallTable{Name: "t", Priority: 3}},
		{"nftables_ipvs_start_fwmark 7", func(g global) any { return g.Firewall.FirstMark }, 7},
		{"nftables_counters\nnftables_ifindex", func(g global) any { return [2]bool{g.Firewall.Counters, g.Firewall.ByIndex} }, [2]bool{true, true}},
		{"lvs_flush", func(g global) any { return g.IPVS.Flush }, true},
		{"lvs_flush_onstop VS", func(g global) any { return g.IPVS.FlushOnStop }, config.FlushServices},
		{"lvs_flush_on_stop", func(g global) any { return g.IPVS.FlushOnStop }, config.FlushAll},
		{"lvs_sync_daemon eth0", func(g global) any { return g.IPVS.Sync }, config.SyncDaemon{Interface: "eth0", ID: -1}},
		{"lvs_sync_daemon eth0 V id 3 port 9 ttl 2 maxlen 99 group ff02::5", func(g global) any { return g.IPVS.Sync },
			config.SyncDaemon{Interface: "eth0", Instance: "V", ID: 3, Port: 9, TTL: 2, MaxLength: 99, Group: netip.MustParseAddr("ff02::5")}},
		{"lvs_sync_daemon eth0 inst V\nlvs_sync_daemon eth1", func(g global) any { return g.IPVS.Sync }, config.SyncDaemon{Interface: "eth0", Instance: "V", ID: -1}},
		{"vrrp_netlink_cmd_rcv_bufs 5\nvrrp_netlink_cmd_rcv_bufs_force", func(g global) any { return g.Buffers.VRRPCommand }, config.Buffer{Size: 5, Force: true}},
		{"lvs_netlink_monitor_rcv_bufs 5", func(g global) any { return g.Buffers.LVSMonitor }, config.Buffer{Size: 5}},
		{"process_monitor_rcv_bufs 5", func(g global) any { return g.Buffers.Processes }, config.Buffer{Size: 5}},
		{"vrrp_rx_bufs_policy mtu", func(g global) any { return g.RxBuffers }, config.RxBuffers{Policy: config.RxMTU, Multiplier: 3}},
		{"vrrp_rx_bufs_policy 5\nvrrp_rx_bufs_multiplier 4", func(g global) any { return g.RxBuffers }, config.RxBuffers{Policy: config.RxSize, Size: 5, Multiplier: 4}},
		{"vrrp_rx_bufs_policy 5 6", func(g global) any { return g.RxBuffers.Size }, 5},
		{"vrrp_rx_bufs_policy 5\nvrrp_rx_bufs_policy 6", func(g global) any { return g.RxBuffers.Size }, 6},
		{"vrrp_mcast_group6 ff02::13", func(g global) any { return g.VRRP.Group6 }, netip.MustParseAddr("ff02::13")},
		{"vrrp_gna_interval 0.001", func(g global) any { return g.VRRP.NAInterval }, time.Millisecond},
		{"vrrp_strict", func(g global) any { return g.VRRP.Strict }, true},
		{"log_unknown_vrids\nchecker_log_all_failures", func(g global) any { return g.Logging }, config.Logging{UnknownIDs: true, AllFailures: true}},
		{"}\ninstance a\ninstance b\n{", func(g global) any { return g.Identity.Name }, "a"},
		{"}\nnet_namespace n\nnet_namespace_ipvs\n{", func(g global) any { return [2]any{g.Identity.Namespace, g.Identity.IPVSOutside} }, [2]any{"n", true}},
		{"}\nchild_wait_time 9\nuse_pid_dir\n{", func(g global) any { return [2]any{g.Identity.ChildWait, g.Identity.PIDDirectory} }, [2]any{9 * time.Second, true}},
		{"}\nSSL {\nca a\nca b\ncertificate c\nkey k\npassword p\n}\n{", func(g global) any { return g.SSL }, config.SSL{CA: "b", Certificate: "c", Key: "k", Password: secret.New("p")}},
		{"}\nSSL {\nca a\n}\nSSL {\nkey k\n}\n{", func(g global) any { return g.SSL }, config.SSL{Key: "k"}},
	} {
		t.Run(strings.ReplaceAll(c.line, "\n", " "), func(t *testing.T) {
			r := read(t, "global_defs {\n"+c.line+"\n}\n", syntax.Intent)
			if d := cmp.Diff(c.want, c.field(&r.Config.Global), values); d != "" {
				t.Errorf("field (-want +got):\n%s%s", d, list(r.Diagnostics))
			}
			roundTrip(t, readForPrint(t, "global_defs {\n"+c.line+"\n}\n"))
		})
	}
}

func TestTimeouts(t *testing.T) {
	for line, want := range map[string]lvs.Timeouts{
		"":                                       {},
		"lvs_timeouts tcpfin 5 udp 6":            {TCPFin: 5 * time.Second, UDP: 6 * time.Second},
		"lvs_timeouts tcp 7\nlvs_timeouts udp 8": {TCP: 7 * time.Second, UDP: 8 * time.Second},
	} {
		r := read(t, "global_defs {\n"+line+"\n}\n", syntax.Intent)
		if got := r.Config.LVS.Timeouts; got != want {
			t.Errorf("%s: got %+v, want %+v\n%s", line, got, want, list(r.Diagnostics))
		}
		if got := r.Config.Running().LVS.Timeouts; got != want {
			t.Errorf("%s: runs with %+v", line, got)
		}
		roundTrip(t, readForPrint(t, "global_defs {\n"+line+"\n}\n"))
	}
}

func TestBFD(t *testing.T) {
	text := `bfd_instance A {
 neighbor_ip 10.0.0.2
 min_rx 1.5
 weight -5 reverse
 max_hops -1
 vrrp
}
bfd_instance B {
 source_ip 2001:db8::1
 neighbour_ip 2001:db8::2
 min_tx 20
 idle_tx 2000
 multiplier 3
 max_hops 100
 multihop
 passive
}
bfd_instance A {
 neighbor_ip 10.0.0.3
}
bfd_instance C {
 neighbor_ip 10.0.0.2
}
bfd_instance D {
 neighbor_ip nobody
 ttl 300
}
`
	want := []bfd.Instance{
		{
			Name: "A", Neighbor: netip.MustParseAddr("10.0.0.2"), MinRx: 1500 * time.Microsecond, MinTx: 10 * time.Millisecond, IdleTx: time.Second,
			Multiplier: 5, TTL: 255, MaxHops: 255, Weight: -5, Reverse: true, VRRP: true,
		},
		{
			Name: "B", Neighbor: netip.MustParseAddr("2001:db8::2"), Source: netip.MustParseAddr("2001:db8::1"),
			MinRx: 10 * time.Millisecond, MinTx: 20 * time.Millisecond, IdleTx: 2 * time.Second,
			Multiplier: 3, TTL: 64, MaxHops: 64, Multihop: true, Passive: true, VRRP: true, Checker: true,
		},
	}
	r := read(t, text, syntax.Keepalived)
	if d := cmp.Diff(want, r.Config.BFD.Instances, values); d != "" {
		t.Errorf("instances (-want +got):\n%s", d)
	}
	const places = "1:1 ~no-effect, 8:1 ~no-effect, 17:1 number, 18:1 ~no-effect, 18:14 duplicate-block, 21:1 ~no-effect, 23:1 duplicate-neighbor, 24:1 ~no-effect, 25:14 address"
	if got := found(r.Diagnostics); got != places {
		t.Errorf("diagnostics %s, want %s", got, places)
	}
	roundTrip(t, readForPrint(t, text))
}

// TestGlobalKeywords holds that every keyword of these blocks says what it is.
func TestGlobalKeywords(t *testing.T) {
	n := 0
	for path, k := range config.Keywords() {
		block, _, _ := strings.Cut(path, "/")
		if block != "global_defs" && block != "bfd_instance" && block != "SSL" {
			continue
		}
		n++
		if k.Doc == "" || k.Need > 0 && k.Args == "" || k.Limits != nil && k.Args == "" {
			t.Errorf("%s: doc %q, synopsis %q", path, k.Doc, k.Args)
		}
	}
	if n < 140 {
		t.Errorf("%d keywords, want all", n)
	}
}

// TestPrintProgram reads back words that need quoting.
func TestPrintProgram(t *testing.T) {
	for _, words := range [][]string{
		{"/ok"}, {"/ok", "a b", ""}, {"/ok", `it's`, `"x"`, `'"`}, {"/ok", "#!", "{}", `\n`, "\t", "$X", "~", "=", "\x01", "ü"},
	} {
		c := &config.Config{}
		c.Global.Startup = config.Hook{Script: &command.Command{Words: words, User: "root"}, Timeout: time.Second}
		text := printed(t, c)
		r := read(t, text, syntax.Keepalived)
		if d := cmp.Diff(c.Global.Startup, r.Config.Global.Startup); d != "" {
			t.Errorf("%q (-want +got):\n%s\n%s", words, d, text)
		}
	}
}

// The script of a pipe into which nothing is written is not checked, and so not run.
func TestScriptOfAnIdlePipe(t *testing.T) {
	const text = "global_defs {\nvrrp_notify_fifo_script \"/ok a\" nobody\nlvs_notify_fifo_script \"/ok a\" nobody\n}\n"
	script := &command.Command{Words: []string{"/ok", "a"}, User: "nobody"}
	for _, c := range []struct {
		text      string
		vrrp, lvs *command.Command
	}{{text, nil, nil}, {text + vi("A", ""), script, nil}, {text + vs("", ""), nil, script}} {
		fifos := read(t, c.text, syntax.Intent).Config.Global.FIFOs
		if diff := cmp.Diff([]*command.Command{c.vrrp, c.lvs}, []*command.Command{fifos.VRRP.Script, fifos.LVS.Script}); diff != "" {
			t.Errorf("of VRRP and of LVS (-want +got):\n%s\n%s", diff, c.text)
		}
	}
}
