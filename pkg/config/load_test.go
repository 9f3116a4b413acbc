package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// fakeHost has eth0 and eth1, users root and nobody, and no script but those
// under /ok.
type fakeHost struct{}

func (fakeHost) InterfaceExists(name string) bool {
	return name == "eth0" || name == "eth1" || name == "lo"
}
func (fakeHost) CPUs() int                   { return 2 }
func (fakeHost) IsLoopback(name string) bool { return name == "lo" }
func (fakeHost) UserExists(user, group string) bool {
	return (user == "root" || user == "nobody") && (group == "" || group == "nogroup")
}

func (fakeHost) CheckScript(c command.Command, security bool) error {
	switch {
	case strings.HasPrefix(c.Words[0], "/ok"):
		return nil
	case c.Words[0] == "/mode":
		return fmt.Errorf("%s: %w", c.Words[0], config.ErrScriptNotExecutable)
	case c.Words[0] == "/open" && security:
		return fmt.Errorf("%s: %w", c.Words[0], config.ErrScriptInsecure)
	case c.Words[0] == "/open":
		return nil
	}
	return fmt.Errorf("%s: %w", c.Words[0], config.ErrScriptNotFound)
}

// read loads text with the fake host.
func read(t *testing.T, text string, p syntax.Policy) *config.Result {
	t.Helper()
	files := syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte(text)}})
	r, err := config.Load("/k.conf", config.Options{Files: files, Policy: p, Host: fakeHost{}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// found writes diagnostics as "LINE:COLUMN rule", with a "~" before warnings.
func found(ds []diag.Diagnostic) string {
	var b []string
	for _, d := range ds {
		mark := ""
		if d.Severity != diag.Error {
			mark = "~"
		}
		b = append(b, fmt.Sprintf("%d:%d %s%s", d.Range.Start.Line, d.Range.Start.Column, mark, d.Rule))
	}
	return strings.Join(b, ", ")
}

// vi is a complete instance with lines added from line 6 on.
func vi(name, lines string) string {
	return "vrrp_instance " + name + " {\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {\n  10.0.0.5\n }\n" + lines + "\n}\n"
}

// without is an instance without an interface, with lines added from line 5 on.
func without(lines string) string {
	return "vrrp_instance A {\nvirtual_router_id 51\nversion 3\nno_virtual_ipaddress\n" + lines + "\n}\n"
}

// vs is a complete service with lines added from line 5 on, and in its check.
func vs(lines, check string) string {
	return "virtual_server 10.0.0.5 80 {\nprotocol TCP\nlb_algo rr\nlb_kind DR\n" + lines +
		"\nreal_server 10.0.0.9 80 {\n" + check + "\n}\n}\n"
}

func TestDiagnostics(t *testing.T) {
	const security = "global_defs {\nenable_script_security\nscript_user root\n}\n"
	const dynamic = "global_defs {\ndynamic_interfaces\n}\n"
	six := func(text string) string { return strings.ReplaceAll(text, "10.0.0.5", "2001:db8::5") }
	for _, c := range []struct {
		name, text, want string
		status           config.Status
		fatal            bool
	}{
		{name: "nothing", text: ""},
		{name: "an instance", text: vi("A", "")},
		{name: "unknown keyword", text: vi("A", "foo bar"), want: "7:1 unknown-keyword", status: 5},
		{name: "value missing", text: vi("A", "priority\nfoo\nadvert_int x"), want: "7:1 missing-value", status: 2, fatal: true},
		{name: "braces behind a missing value", text: vi("A", "priority\n}\n}\n}"), want: "7:1 missing-value", status: 2, fatal: true},
		{name: "priority", text: vi("A", "priority 300"), want: "7:10 number", status: 5},
		{name: "set twice", text: vi("A", "priority 1\npriority 2"), want: "8:1 ~duplicate-keyword"},
		{name: "no id", text: "vrrp_instance A {\ninterface eth0\n}", want: "1:1 no-virtual-router-id", status: 5, fatal: true},
		{name: "no interface", text: "vrrp_instance A {\nvirtual_router_id 1\n}", want: "1:1 no-interface", status: 5, fatal: true},
		{name: "no interface, unicast", text: without("unicast_src_ip 10.0.0.1\nunicast_peer {\n10.0.0.2\n}")},
		{name: "no interface, unicast in a VRF", text: without("unicast_src_ip 10.0.0.1\nvrf eth0\nunicast_peer {\n10.0.0.2\n}"), want: "6:1 ~no-effect"},
		{name: "no interface, no source", text: without("unicast_peer {\n10.0.0.2\n}"), want: "1:1 no-interface", status: 5, fatal: true},
		{name: "no interface, no peer", text: without("unicast_src_ip 10.0.0.1"), want: "1:1 no-interface", status: 5, fatal: true},
		{name: "no interface, link-local peer", text: without("unicast_src_ip 2001:db8::1\nunicast_peer {\nfe80::2\n}"), want: "1:1 no-interface", status: 5, fatal: true},
		{name: "no interface, link-local source", text: without("unicast_src_ip fe80::1\nunicast_peer {\n2001:db8::2\n}"), want: "1:1 no-interface", status: 5, fatal: true},
		{name: "no interface for a VMAC", text: without("unicast_src_ip 10.0.0.1\nuse_vmac\nvmac_xmit_base\nunicast_peer {\n10.0.0.2\n}"), want: "1:1 no-interface", status: 5, fatal: true},
		{name: "no interface for an ipvlan", text: without("unicast_src_ip 10.0.0.1\nuse_ipvlan\nunicast_peer {\n10.0.0.2\n}"), want: "1:1 no-interface", status: 5, fatal: true},
		{name: "two names of VMACs", text: vi("A", "use_vmac v1") + strings.Replace(vi("B", "use_vmac v1"), "51", "52", 1), want: "15:10 vmac", status: 5},
		{name: "hardware address of two families", text: vi("A", "use_vmac 02:00:00:00:00:01") + six(strings.Replace(vi("B", "use_vmac 02:00:00:00:00:01"), "51", "52", 1)), want: "15:1 vmac", status: 5},
		{name: "interface missing", text: vi("A", "interface nope"), want: "7:1 ~duplicate-keyword, 7:11 unknown-interface", status: 5, fatal: true},
		{name: "dynamic interfaces", text: dynamic + vi("A", "interface nope"), want: "10:1 ~duplicate-keyword, 10:11 ~unknown-interface"},
		{name: "dynamic interfaces behind", text: vi("A", "interface nope") + dynamic, want: "7:1 ~duplicate-keyword, 7:11 ~unknown-interface"},
		{name: "dynamic address, said once", text: dynamic + vi("A", "virtual_ipaddress_excluded {\n10.0.0.6 dev nope\n10.0.0.7 dev nope\n}"), want: "11:14 ~unknown-interface"},
		{name: "dynamic tracks", text: dynamic + vi("A", "track_interface {\nnope weight 5\n}"), want: "11:1 ~unknown-interface"},
		{name: "dynamic own interface", text: dynamic + vi("A", "use_vmac vm.5") + strings.Replace(vi("B", "virtual_ipaddress_excluded {\n10.0.0.6 dev vm.5\n}"), "51", "52", 1), want: "19:14 ~unknown-interface"},
		{name: "dynamic route and rule", text: dynamic + vi("A", "virtual_routes {\n10.9.0.0/16 dev nope\n}\nvirtual_rules {\nfrom 10.0.0.1 iif nope table 5 preference 5\n}"), want: "11:17 ~unknown-interface"},
		{name: "dynamic statics", text: dynamic + "static_ipaddress {\n10.0.0.9 dev nope\n}\nlinkbeat_interfaces {\nnope\n}", want: "5:14 ~unknown-interface"},
		{name: "dynamic garp_group", text: dynamic + "garp_group {\ngarp_interval 0.1\ninterfaces {\nnope\n}\n}\ninterface_up_down_delays {\nnope 1\n}", want: "8:1 ~unknown-interface"},
		{name: "dynamic name too long", text: dynamic + vi("A", "interface abcdefghijklmnop"), want: "10:1 ~duplicate-keyword, 10:11 unknown-interface", status: 5, fatal: true},
		{name: "dynamic loopback", text: dynamic + vi("A", "interface lo"), want: "10:1 ~duplicate-keyword, 10:11 loopback-interface", status: 5, fatal: true},
		{name: "same name", text: vi("A", "") + vi("A", "foo"), want: "9:15 duplicate-name", status: 5},
		{name: "same id", text: vi("A", "") + vi("B", ""), want: "11:2 duplicate-vrid", status: 5, fatal: true},
		{name: "same id, other groups", text: vi("A", "mcast_dst_ip 224.0.0.19") + vi("B", "") + vi("C", "mcast_dst_ip 224.0.0.20")},
		{name: "same id, one group", text: vi("A", "mcast_dst_ip 224.0.0.19") + vi("B", "mcast_dst_ip 224.0.0.19"), want: "11:2 duplicate-vrid", status: 5, fatal: true},
		{name: "same id, the default group", text: "global_defs {\nvrrp_mcast_group4 224.0.0.19\n}\n" + vi("A", "mcast_dst_ip 224.0.0.19") + vi("B", ""), want: "14:2 duplicate-vrid", status: 5, fatal: true},
		{name: "same id, same peers, other sources", text: vi("A", "unicast_src_ip 10.0.0.1\nunicast_peer {\n1.1.1.1\n}") + vi("B", "unicast_src_ip 10.0.0.2\nunicast_peer {\n1.1.1.1\n}")},
		{name: "same id, same peers, one source", text: vi("A", "unicast_src_ip 10.0.0.1\nunicast_peer {\n1.1.1.1\n}") + vi("B", "unicast_peer {\n1.1.1.1\n}"), want: "14:2 ~duplicate-vrid"},
		{name: "same id, same peers, same source", text: vi("A", "unicast_src_ip 10.0.0.1\nunicast_peer {\n1.1.1.1\n}") + vi("B", "unicast_src_ip 10.0.0.1\nunicast_peer {\n1.1.1.1\n}"), want: "14:2 duplicate-vrid", status: 5, fatal: true},
		{name: "same id, other sources by multicast", text: vi("A", "mcast_src_ip 10.0.0.1") + vi("B", "mcast_src_ip 10.0.0.2"), want: "11:2 duplicate-vrid", status: 5, fatal: true},
		{name: "same id of IPv6, other groups", text: six(vi("A", "mcast_dst_ip ff02::19")) + six(vi("B", ""))},
		{name: "same id of IPv6, other peers", text: six(vi("A", "unicast_peer {\n2001:db8::2\n}")) + six(vi("B", "unicast_peer {\n2001:db8::3\n}"))},
		{name: "same id of IPv6, one by unicast", text: six(vi("A", "unicast_peer {\n2001:db8::2\n}")) + six(vi("B", ""))},
		{name: "same id of IPv6", text: six(vi("A", "")) + six(vi("B", "")), want: "11:2 duplicate-vrid", status: 5, fatal: true},
		{name: "same id, on an interface to come", text: dynamic + strings.ReplaceAll(vi("A", "")+vi("B", ""), "eth0", "nope"), want: "5:12 ~unknown-interface, 14:2 ~duplicate-vrid"},
		{name: "same id, other peers", text: vi("A", "unicast_peer {\n1.1.1.1\n}") + vi("B", "unicast_peer {\n1.1.1.2\n}")},
		{name: "same id, one by unicast", text: vi("A", "unicast_peer {\n1.1.1.1\n}") + vi("B", "")},
		{name: "master without priority", text: vi("A", "state MASTER"), want: "1:1 ~no-priority"},
		{name: "nopreempt of a master", text: vi("A", "priority 9\nstate MASTER\nnopreempt\npreempt_delay 5"), want: "9:1 nopreempt, 10:1 preempt-delay", status: 5},
		{name: "delay and nopreempt", text: vi("A", "nopreempt\npreempt_delay 5"), want: "8:1 preempt-delay", status: 5},
		{name: "long password", text: vi("A", "authentication {\nauth_type PASS\nauth_pass 123456789\n}"), want: "9:11 auth-pass", status: 5},
		{name: "no password", text: vi("A", "authentication {\nauth_type PASS\n}"), want: "7:1 auth-pass", status: 5},
		{name: "version 3", text: vi("A", "version 3\nadvert_int 0.015\nauthentication {\nauth_type PASS\nauth_pass x\n}"), want: "8:1 advert-interval, 9:1 auth-version", status: 5},
		{name: "IPv6", text: "vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n2001:db8::1\n10.0.0.1\n}\n}", want: "6:1 address-family", status: 5},
		{name: "address", text: vi("A", "virtual_ipaddress {\n1.2.3\n10.0.0.6/33\n10.0.0.7/\n}"), want: "8:1 address, 9:1 number, 10:1 ~mask", status: 5},
		{name: "AH", text: vi("A", "authentication {\nauth_type AH\nauth_pass secret\n}")},
		{name: "loopback", text: vi("A", "interface lo"), want: "7:1 ~duplicate-keyword, 7:11 loopback-interface", status: 5, fatal: true},
		{name: "address words", text: vi("A", "virtual_ipaddress {\n10.0.0.6 dev eth9 labe1 x\n10.0.0.7 label 1234567890123456\n10.0.0.8 dev\n}"), want: "8:14 unknown-interface, 8:19 extra-words, 8:25 extra-words, 9:16 label, 10:10 missing-value", status: 5, fatal: true},
		{name: "address twice", text: vi("A", "virtual_ipaddress {\n10.0.0.5\n}"), want: "8:1 ~duplicate-address"},
		{name: "FIFO options", text: "global_defs {\nfifo_write_vrrp_states_on_reload\n}"},
		{name: "not supported", text: "bfd_instance b {\nneighbor_ip 10.0.0.9\nfoo\n}", want: "1:1 ~no-effect, 3:1 unknown-keyword", status: 5},
		{name: "newer", text: vi("A", "auth_hmac {\nmode enforce\nkey 1 01234567890123456789012345678901\n}\nversion 3"), want: ""},
		{name: "multicast group", text: "global_defs {\nvrrp_mcast_group4 10.0.0.1\n}", want: "2:19 address", status: 5},
		{name: "group", text: "vrrp_sync_group G {\ngroup {\nA X\n}\n}\n" + vi("A", ""), want: "1:1 sync-group-size, 3:3 unknown-instance", status: 5},
		{name: "script missing", text: security + "vrrp_script s {\nscript \"/no x\"\n}" + vi("A", ""), want: "6:8 script-not-found", status: 5},
		{name: "script mode", text: security + "vrrp_script s {\nscript /mode\n}" + vi("A", ""), want: "6:8 ~script-not-executable"},
		{name: "script open to all", text: security + "vrrp_script s {\nscript /open\n}" + vi("A", ""), want: "6:8 script-insecure", status: 5},
		{name: "script without security", text: "vrrp_script s {\nscript /ok\n}\nfoo\n" + vi("A", ""), want: "2:8 ~script-security, 4:1 unknown-keyword", status: 6},
		{name: "a redirection, without security", text: "vrrp_script s {\nscript \"</no x\"\nuser root\n}" + vi("A", ""), want: "", status: 0},
		{name: "a redirection, with security", text: security + "vrrp_script s {\nscript \" </no\"\n}" + vi("A", "notify_master \"</no\""), want: "", status: 0},
		{name: "no redirection", text: security + "vrrp_script s {\nscript \"< /no\"\n}" + vi("A", ""), want: "6:8 script-not-found", status: 5},
		{name: "no redirection either", text: security + "vrrp_script s {\nscript \"<no\"\n}" + vi("A", ""), want: "6:8 script-not-found", status: 5},
		{name: "no script runs, without security", text: "vrrp_script s {\nscript /no\n}" + vi("A", ""), want: "2:8 script-not-found", status: 5},
		{name: "script of nobody known", text: security + "vrrp_script s {\nscript /ok\nuser x\n}", want: "7:6 unknown-user", status: 5},
		{name: "script words", text: security + "vrrp_script s {\nscript /ok a\n}", want: "6:12 ~extra-words"},
		{name: "no script", text: "vrrp_script s {\n}", want: "2:1 script-missing", status: 5},
		{name: "script not there yet", text: vi("A", "track_script {\ns\n}") + security + "vrrp_script s {\nscript /ok\n}", want: "8:1 unknown-script", status: 5},
		{name: "notify missing", text: security + vi("A", "notify_master /no"), want: "11:15 ~script-not-found"},
		{name: "notify as x", text: security + vi("A", "notify_master /ok master"), want: "11:19 ~unknown-user"},
		{name: "notify twice", text: security + vi("A", "notify_master /ok\nnotify_master /ok"), want: "12:1 duplicate-keyword", status: 5},
		{name: "own interface", text: vi("A", "track_interface {\neth0\neth1 weight 300\n}"), want: "8:1 track-interface, 9:13 number", status: 5},
		{name: "service", text: vs("", "TCP_CHECK {\n}")},
		{name: "no protocol", text: "virtual_server 10.0.0.5 80 {\nreal_server 10.0.0.9 80 {\n}\n}", want: "1:1 no-protocol, 1:1 no-scheduler, 1:1 no-method", status: 5},
		{name: "no servers", text: "virtual_server 10.0.0.5 80 {\n}", want: "1:1 no-real-server", status: 5},
		{name: "port", text: "virtual_server 10.0.0.5 70000 {\nfoo\n}", want: "1:25 number", status: 5},
		{name: "port glued", text: "virtual_server 10.0.0.5:80 {\n}", want: "1:16 address", status: 5},
		{name: "port of a DR server", text: vs("real_server 10.0.0.10 81 {\n}", ""), want: "5:1 port", status: 5},
		{name: "scheduler", text: vs("lb_algo foo", ""), want: "5:1 ~duplicate-keyword, 5:9 value", status: 5},
		{name: "fwmark", text: "virtual_server fwmark 5 {\nfoo\n}", want: "1:1 no-real-server, 1:16 ~not-run, 2:1 unknown-keyword", status: 5},
		{name: "service twice", text: vs("", "") + vs("", ""), want: "10:1 ~duplicate-service"},
		{name: "server twice", text: vs("real_server 10.0.0.9 80 {\n}", ""), want: "7:1 duplicate-real-server", status: 5},
		{name: "weights", text: vs("", "weight 0"), want: "1:1 weights", status: 5},
		{name: "keyword of another check", text: vs("", "TCP_CHECK {\nnb_get_retry 3\n}"), want: "8:1 unknown-keyword", status: 5},
		{name: "no page", text: vs("", "HTTP_GET {\n}"), want: "8:1 no-url", status: 5},
		{name: "page", text: vs("", "HTTP_GET {\nurl {\npath /\ndigest x\nstatus_code 99\n}\n}"), want: "10:8 digest, 11:13 value", status: 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := read(t, c.text, syntax.Keepalived)
			if got := found(r.Diagnostics); got != c.want || r.Status != c.status || r.Fatal != c.fatal {
				t.Errorf("got %s, status %d, fatal %v; want %s, status %d, fatal %v\n%s%s", got, r.Status, r.Fatal, c.want, c.status, c.fatal, list(r.Diagnostics), c.text)
			}
		})
	}
}

func TestHints(t *testing.T) {
	for text, want := range map[string]string{
		"g1obal_defs {\n}":                            "did you mean global_defs?",
		vi("A", "virtua1_ipaddress x"):                "did you mean virtual_ipaddress?",
		vi("A", "preempt_de1ay 5"):                    "did you mean preempt_delay?",
		vi("A", "lvs_sync_daemon_inteface eth0"):      "did you mean lvs_sync_daemon_interface?",
		"global_defs {\nnotification_emai1_from x\n}": "did you mean notification_email_from?",
		vs("", "TCP_CHECK {\nnb_get_retry 3\n}"):      "write retry",
		vi("A", "router_id x"):                        "it belongs in global_defs",
		"priority 3":                                  "it belongs in vrrp_instance",
		"// priority":                                 "write a comment behind #",
		"优先级":                                         "write a comment behind #",
		"completely_unlike_all 1":                     "",
		strings.Repeat("x", 100):                      "",
	} {
		r := read(t, text, syntax.Keepalived)
		if len(r.Diagnostics) == 0 || r.Diagnostics[0].Hint != want {
			t.Errorf("hint for %q: %v, want %q", text, r.Diagnostics, want)
		}
	}
}

// TestHintsBehind are those of findings that are not the first ones.
func TestHintsBehind(t *testing.T) {
	group := func(members string) string {
		return vi("A_1", "") + "vrrp_sync_group G {\ngroup {\n" + members + "\n}\n}"
	}
	for _, c := range []struct{ text, rule, want string }{
		{"vrrp_script s {\nscript \"/ok\" if down\n}", "extra-words", "write a comment behind #"},
		{"vrrp_script s {\nscript /ok -x\n}", "extra-words", `write "/ok -x"`},
		{group("A_2\nB_1"), "unknown-instance", "did you mean A_1?"},
		{group("A_1\nA_2"), "unknown-instance", ""},
	} {
		var hints []string
		for _, d := range read(t, c.text, syntax.Keepalived).Diagnostics {
			if d.Rule == c.rule {
				hints = append(hints, d.Hint)
			}
		}
		if len(hints) == 0 || hints[0] != c.want {
			t.Errorf("%s\nhints of %s: %q, want %q", c.text, c.rule, hints, c.want)
		}
	}
}

func TestFirstSetHere(t *testing.T) {
	r := read(t, vi("A", "priority 1\npriority 2"), syntax.Keepalived)
	want := []diag.Related{{Message: "first set here", Range: diag.Range{
		File: "/k.conf", Start: diag.Pos{Line: 7, Column: 1}, End: diag.Pos{Line: 7, Column: 11},
	}}}
	if d := cmp.Diff(want, r.Diagnostics[0].Related); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if r.Config.VRRP.Instances[0].Priority != 2 {
		t.Error("the second one does not win")
	}
}

func TestGARP(t *testing.T) {
	const s = time.Second
	for text, want := range map[string]vrrp.GARP{
		vi("A", ""): defaultGARP,
		// Globals hold for what is above them as well.
		vi("A", "") + "global_defs {\nvrrp_garp_master_delay 9\nvrrp_garp_master_repeat 3\nvrrp_garp_interval 0.5\n}": {
			Delay: 9 * s, Repeat: 3, RefreshRepeat: 1, LowerPriorityDelay: 9 * s, LowerPriorityRepeat: 3, Interval: s / 2,
		},
		// An instance's own values do not hold for adverts of lower priority.
		vi("A", "garp_master_delay 4\ngarp_master_repeat 2\ngarp_master_refresh 60"): {
			Delay: 4 * s, Repeat: 2, Refresh: 60 * s, RefreshRepeat: 1, LowerPriorityDelay: 5 * s, LowerPriorityRepeat: 5,
		},
		"global_defs {\nvrrp_min_garp\n}\n" + vi("A", "garp_lower_prio_repeat 0"): {Repeat: 1},
		vi("A", "garp_master_delay 0\ngarp_master_repeat 0"):                      {Repeat: 1, RefreshRepeat: 1, LowerPriorityDelay: 5 * s, LowerPriorityRepeat: 5},
	} {
		r := read(t, text, syntax.Keepalived)
		if d := cmp.Diff(want, r.Config.VRRP.Instances[0].GARP); d != "" {
			t.Errorf("%s(-want +got):\n%s", text, d)
		}
	}
}

func TestAddresses(t *testing.T) {
	r := read(t, vi("A", `virtual_ipaddress {
10.0.1.5/24 dev eth1 label eth1:1 scope link brd +
10.0.1.6/24 brd 10.0.1.9 scope 33
10.0.1.7/20 brd -
}
virtual_ipaddress_excluded {
10.0.1.8
}`), syntax.Keepalived)
	addr := netip.MustParseAddr
	want := append(vips("eth0", "10.0.0.5/32"),
		iproute.Address{Prefix: netip.MustParsePrefix("10.0.1.5/24"), Device: "eth1", Label: "eth1:1", Scope: 253, Broadcast: addr("10.0.1.255")},
		iproute.Address{Prefix: netip.MustParsePrefix("10.0.1.6/24"), Device: "eth0", Scope: 33, Broadcast: addr("10.0.1.9")},
		iproute.Address{Prefix: netip.MustParsePrefix("10.0.1.7/20"), Device: "eth0", Broadcast: addr("10.0.0.0")},
	)
	x := r.Config.VRRP.Instances[0]
	if d := cmp.Diff(want, x.Addresses, values); d != "" {
		t.Errorf("addresses (-want +got):\n%s", d)
	}
	if d := cmp.Diff(vips("eth0", "10.0.1.8/32"), x.Excluded, values); d != "" {
		t.Errorf("excluded (-want +got):\n%s", d)
	}
	var b strings.Builder
	for i := range 259 {
		fmt.Fprintf(&b, "10.1.%d.%d\n", i/200, i%200+1)
	}
	x = read(t, vi("A", "virtual_ipaddress {\n"+b.String()+"}"), syntax.Keepalived).Config.VRRP.Instances[0]
	if len(x.Addresses) != 255 || len(x.Excluded) != 5 {
		t.Errorf("%d addresses and %d excluded, want 255 and 5", len(x.Addresses), len(x.Excluded))
	}
}

// An instance depends on every interface that has one of its addresses.
func TestDevicesOfAddressesAreTracked(t *testing.T) {
	eth1 := vrrp.Track{Kind: vrrp.TrackInterface, Name: "eth1"}
	weighted := eth1
	weighted.Weight = 5
	for text, want := range map[string][]vrrp.Track{
		"virtual_ipaddress {\n10.0.0.6\n10.0.0.7 dev eth0\n}":                                     nil,
		"virtual_ipaddress {\n10.0.0.6 dev eth1\n10.0.0.7 dev eth1\n}":                            {eth1},
		"virtual_ipaddress {\n10.0.0.6\n10.0.0.7 dev eth1 no_track\n}":                            nil,
		"virtual_ipaddress {\n10.0.0.6 dev eth1 no_track\n10.0.0.7 dev eth1\n}":                   {eth1},
		"virtual_ipaddress_excluded {\n10.0.0.6 dev eth1\n}":                                      {eth1},
		"track_interface {\neth1 weight 5\n}\nvirtual_ipaddress_excluded {\n10.0.0.6 dev eth1\n}": {weighted},
	} {
		r := read(t, vi("A", text), syntax.Keepalived)
		if d := cmp.Diff(want, r.Config.VRRP.Instances[0].Tracks); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
}

// An instance that is to take signed adverts alone does not run without a key that it
// could verify them with: it would take anybody's.
func TestNoKeyDoesNotRun(t *testing.T) {
	for lines, want := range map[string]int{
		"": 0, "key 1 short": 0, "mode enforce\nkey 1 short": 0, "key 1 file:/no/such": 0,
		"key 1 short\nkey 2 01234567890123456789012345678901": 1, "mode permissive\nkey 1 short": 1, "mode receive-only": 1,
	} {
		r := read(t, vi("A", "version 3\nauth_hmac {\n"+lines+"\n}"), syntax.Intent)
		if all, running := len(r.Config.VRRP.Instances), len(r.Config.Running().VRRP.Instances); all != 1 || running != want {
			t.Errorf("%q: %d of %d instances run, want %d", lines, running, all, want)
		}
		if warned := slices.ContainsFunc(r.Diagnostics, func(x diag.Diagnostic) bool { return x.Rule == "not-run" }); warned != (want == 0) {
			t.Errorf("%q: warned: %v", lines, warned)
		}
	}
	for lines, want := range map[string]int{"": 0, "version 2": 0, "mode permissive": 1, "mode receive-only": 1} {
		version, mode := "", lines
		if lines == "version 2" {
			version, mode = lines, ""
		}
		r := read(t, vi("A", version+"\nauth_hmac {\nkey 2 01234567890123456789012345678901\n"+mode+"\n}"), syntax.Intent)
		if running := len(r.Config.Running().VRRP.Instances); running != want {
			t.Errorf("%q, version 2: %d instances run, want %d", lines, running, want)
		}
	}
}

func TestPriority(t *testing.T) {
	for lines, want := range map[string]uint8{"": 100, "state MASTER": 255, "priority 0": 100, "state MASTER\npriority x": 100, "priority +7": 7} {
		x := read(t, vi("A", lines), syntax.Keepalived).Config.VRRP.Instances[0]
		if x.Priority != want {
			t.Errorf("%q: priority %d, want %d", lines, x.Priority, want)
		}
	}
}

// TestPorts leaves out or changes the port of a real server.
func TestPorts(t *testing.T) {
	for _, c := range []struct{ method, port, want string }{
		{"NAT", "81", "10.0.0.9:81"}, {"NAT", "", "10.0.0.9:80"}, {"DR", "81", "10.0.0.9:80"}, {"DR", "", "10.0.0.9:80"},
	} {
		r := read(t, "virtual_server 10.0.0.5 80 {\nprotocol TCP\nlvs_sched rr\nlvs_method "+c.method+
			"\nreal_server 10.0.0.9 "+c.port+" {\nTCP_CHECK {\n}\n}\n}", syntax.Keepalived)
		if check := r.Config.LVS.Services[0].Reals[0].Checks[0]; c.port == "" && check.Target.Port() != 80 {
			t.Errorf("%s without a port: the check goes to %s", c.method, check.Target)
		}
		if got := r.Config.LVS.Services[0].Reals[0].Addr.String(); got != c.want {
			t.Errorf("%s, port %q: %s, want %s", c.method, c.port, got, c.want)
		}
	}
}

func TestAdvertInterval(t *testing.T) {
	for text, want := range map[string]time.Duration{"0.01": 1, "1.4": 1, "1.5": 2, "2.5": 3, "255": 255, "256": 1, "x": 1, "1e1": 1} {
		x := read(t, vi("A", "advert_int "+text), syntax.Keepalived).Config.VRRP.Instances[0]
		if x.AdvertInterval != want*time.Second {
			t.Errorf("advert_int %s is %v, want %ds", text, x.AdvertInterval, want)
		}
	}
}

func TestIdentity(t *testing.T) {
	r := read(t, vi("A", "notify_master /ok\nnotify_backup \"/ok b\" nobody nogroup")+
		"global_defs {\nscript_user root nogroup\nenable_script_security\n}", syntax.Keepalived)
	n := r.Config.VRRP.Instances[0].Notify
	want := vrrp.Notify{
		Master: &command.Command{Words: []string{"/ok"}, User: "root", Group: "nogroup", Secure: true},
		Backup: &command.Command{Words: []string{"/ok", "b"}, User: "nobody", Group: "nogroup", Secure: true},
	}
	if d := cmp.Diff(want, n); d != "" || r.Status != config.OK {
		t.Errorf("status %d (-want +got):\n%s", r.Status, d)
	}
}

// TestIntentReadsOn finds what lies behind the place where keepalived stops.
func TestIntentReadsOn(t *testing.T) {
	text := vi("A", "priority\nfoo")
	if r := read(t, text, syntax.Intent); found(r.Diagnostics) != "7:1 missing-value, 8:1 unknown-keyword" || r.Status != config.MissingValue {
		t.Errorf("%s, status %d", found(r.Diagnostics), r.Status)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	r, err := config.Load("/none", config.Options{Files: syntax.FromFS(fstest.MapFS{})})
	if err != nil || r.Status != config.OK || len(r.Files) != 0 || found(r.Diagnostics) != "0:0 ~file-missing" {
		t.Errorf("%+v, %v", r, err)
	}
	_, err = config.Load("/x", config.Options{Files: denied{}})
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "/x") {
		t.Errorf("unreadable file: %v", err)
	}
}

type denied struct{}

func (denied) Open(string) (fs.File, error)  { return nil, fs.ErrPermission }
func (denied) Glob(string) ([]string, error) { return nil, nil }

// Two servers that differ in a port which the method does not allow are one.
func TestSameServerByPort(t *testing.T) {
	r := read(t, vs("real_server 10.0.0.9 81 {\n}", ""), syntax.Keepalived)
	if n := len(r.Config.LVS.Services[0].Reals); n != 1 || found(r.Diagnostics) != "5:1 port, 7:1 ~duplicate-real-server" {
		t.Errorf("%d servers, %s", n, found(r.Diagnostics))
	}
}
