package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// apply carries out the fixes of ds, all of them on one line each.
func apply(text string, ds []diag.Diagnostic) string {
	lines := strings.Split(text, "\n")
	for _, d := range slices.Backward(ds) {
		for _, e := range slices.Backward(d.Fix) {
			l := &lines[e.Range.Start.Line-1]
			*l = (*l)[:e.Range.Start.Column-1] + e.New + (*l)[e.Range.End.Column-1:]
		}
	}
	return strings.Join(lines, "\n")
}

// TestFix applies what is offered; an empty want is no offer.
func TestFix(t *testing.T) {
	vip := func(line string) string { return vi("A", "virtual_ipaddress {\n"+line+"\n}") }
	tcp := func(line string) string { return vs("", "TCP_CHECK {\n"+line+"\n}") }
	http := func(line string) string { return vs("", "HTTP_GET {\n"+line+"\nurl {\npath /\n}\n}") }
	auth := func(line string) string { return vi("A", "authentication {\nauth_type PASS\n"+line+"\n}") }
	for _, c := range []struct {
		name, text, old, want string
	}{
		{"keyword", vi("A", "preempt_de1ay 60"), "preempt_de1ay", "preempt_delay"},
		{"block", "g1obal_defs {\n}", "g1obal_defs", "global_defs"},
		{"list", vi("A", "virtua1_ipaddress {\n10.0.0.9/24\n}"), "virtua1_ipaddress", "virtual_ipaddress"},
		{"block without braces", vi("A", "virtua1_ipaddress 10.0.0.9/24"), "", ""},
		{"value missing", vi("A", "preempt_de1ay"), "", ""},
		{"there already", vi("A", "preempt_de1ay 60\npreempt_delay 60"), "", ""},
		{"two candidates", vi("A", "garp_master_repat 2\nnotify_fauld x"), "garp_master_repat 2\nnotify_fauld", "garp_master_repeat 2\nnotify_fault"},
		{"undecided", "global_defs {\nchecker_rlimit_rxtime 5\n}", "", ""},
		{"too far", vi("A", "prty 60"), "", ""},
		{"three letters off", vi("A", "garp_mastr_dly 5"), "", ""},
		{"other block", vi("A", "router_id x"), "", ""},
		{"retry", tcp("nb_get_retry 3"), "nb_get_retry", "retry"},
		{"retry besides", tcp("nb_get_retry 3\nretry 3"), "", ""},
		{"old retry", http("nb_get_retry 3"), "nb_get_retry", "retry"},
		{"password", auth("auth_pass 123456789"), "123456789", "12345678"},
		{"quoted password", auth(`auth_pass "1234 6789"`), `"1234 6789"`, `"1234 678"`},
		{"cut character", auth("auth_pass 1234567é"), "", ""},
		{"address option", vip("10.0.0.9/24 labe1 eth0:1"), "labe1", "label"},
		{"1abe1", vip("10.0.0.9/24 dev eth1 1abe1 eth1:1"), "1abe1", "label"},
		{"comment", vip("10.0.0.9/24 the main one"), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.text
			if c.old != "" {
				if want = strings.Replace(c.text, c.old, c.want, 1); want == c.text {
					t.Fatalf("%q is not in the text", c.old)
				}
			}
			ds := read(t, c.text, syntax.Intent).Diagnostics
			if diag.Max(ds) != diag.Error {
				t.Errorf("no fault:\n%s", list(ds))
			}
			got := apply(c.text, ds)
			if got != want {
				t.Errorf("got\n%s\nwant\n%s\n%s", got, want, list(ds))
			}
			if after := read(t, got, syntax.Intent).Diagnostics; c.old != "" && diag.Max(after) == diag.Error {
				t.Errorf("the fix leaves\n%s", list(after))
			}
		})
	}
}

// TestConsequences holds a misspelt keyword to one error.
func TestConsequences(t *testing.T) {
	whole := func(old, spelt string) string {
		text := `global_defs {
enable_script_security
script_user root
}
vrrp_script chk {
script /ok/chk
}
vrrp_sync_group G {
group {
A
B
}
}
` + vi("A", "state MASTER\npriority 200\ntrack_script {\nchk\n}\nauthentication {\nauth_type PASS\nauth_pass abc\n}") +
			strings.Replace(vi("B", "unicast_src_ip 10.0.0.1\nunicast_peer {\n10.0.0.2\n}"), "eth0", "eth1", 1) + vs("", "HTTP_GET {\nurl {\npath /\n}\n}")
		if old != "" && !strings.Contains(text, old) {
			t.Fatalf("no %s in\n%s", old, text)
		}
		return strings.Replace(text, old, spelt, 1)
	}
	faults := func(text string) []diag.Diagnostic {
		return slices.DeleteFunc(read(t, text, syntax.Intent).Diagnostics, func(d diag.Diagnostic) bool {
			return d.Severity == diag.Info || d.Rule == "no-effect"
		})
	}
	if ds := faults(whole("", "")); len(ds) > 0 {
		t.Fatalf("the text is faulty to begin with:\n%s", list(ds))
	}
	for old, spelt := range map[string]string{
		"interface": "lnterface", "virtual_router_id": "virtua1_router_id", "virtual_ipaddress": "virtua1_ipaddress",
		"priority": "prioriti", "auth_pass": "auth_pas", "unicast_peer": "unicast_per", "script /ok": "scrlpt /ok", "vrrp_script": "vrrp_scrlpt",
		"vrrp_instance": "vrrp_lnstance", "group {": "groop {", "protocol": "protoco1", "lb_algo": "1b_algo", "lb_kind": "lb_kin",
		"real_server": "rea1_server", "url": "ur1", "path": "pazh",
	} {
		ds := faults(whole(old, spelt))
		if len(ds) != 1 || ds[0].Rule != "unknown-keyword" {
			t.Errorf("%s: not the one fault that there is:\n%s", spelt, list(ds))
		}
	}
}

// TestOneFault holds a mistake to one error, with what to write.
func TestOneFault(t *testing.T) {
	for text, want := range map[string]string{
		vi("A", "virtual_ipaddress {\n10.0.0.9/24 dev eth1 labe1 eth1:1\n}"):                                                                       "did you mean label?",
		vi("A", "virtual_ipaddress {\n10.0.0.9/24 main\n}"):                                                                                        "write a comment behind #",
		vi("A", "virtua1_ipaddress {\n10.0.0.9/24\n10.0.0.10/24\n}"):                                                                               "did you mean virtual_ipaddress?",
		vi("A", "notify_master /ok/1\nnotify_backup /ok/2\nnotify_master /ok/3"):                                                                   "did you mean notify_fault?",
		vi("A", "notify_master /ok/1\nnotify_master /ok/3"):                                                                                        "did you mean notify_backup or notify_fault?",
		vi("A", "notify_master /ok/1\nnotify_backup /ok/2\nnotify_fault /ok/3\nnotify_fault /ok/4"):                                                "remove one of them",
		vi("A", "notify_stop /ok/1\nnotify_stop /ok/3"):                                                                                            "remove one of them",
		"global_defs {\nvrrp_garp_interval 0\n}":                                                                                                   "remove it: there is none without it",
		"global_defs {\nvrrp_garp_interval -1\n}":                                                                                                  "write a number from 0.000001 to 4294.967295",
		"vrrp_script s {\nscript \"/ok\n}\n" + vi("A", "track_script {\ns\n}"):                                                                     `write a second " on this line`,
		"vrrp_script s {\ninterval 2\n}\n" + vi("A", "track_script {\ns\n}"):                                                                       "write script \"PROGRAM ARGUMENTS\"",
		"bfd_instanec b {\nneighbor_ip 10.0.0.2\n}\n" + vi("A", "track_bfd {\nb\n}"):                                                               "did you mean bfd_instance?",
		vi("A", "use_vmca\nvmac_xmit_base"):                                                                                                        "did you mean use_vmac?",
		"vrrp_instance A\ninterface eth0\nvirtual_router_id 1\npriority 1\nvirtual_ipaddress {\n10.0.0.9/24\n}\n}\n":                               "write vrrp_instance ... {",
		vs("", "}\nweight 1\nHTTP_GET {\nurl {\npath /\n}\n}"):                                                                                     "remove it",
		vs("", "weight 1\nHTTP_GET {\n}\nurl {\npath /\n}\n}"):                                                                                     "remove it",
		"global_defs {\nenable_script_security\nscript_user nobody_here\n}\nvrrp_script s {\nscript /ok\n}\n" + vi("A", "track_script {\ns\n}"):    "name a user of this machine, and a group of it",
		vs("", "HTTP_GET {\nurl {\npath /\nconnect_timeout 3\nretry 3\n}"):                                                                         "write the } that ends url",
		vs("persistence_timeout 0", ""):                                                                                                            "remove it: there is none without it",
		"global_defs {\nvrrp_strict\n}\n" + vi("A", "virtual_ipaddress_excluded {\n10.0.0.9\n}\nauthentication {\nauth_type PASS\nauth_pass x\n}"): "remove it, or vrrp_strict",
	} {
		ds := read(t, text, syntax.Intent).Diagnostics
		ds = slices.DeleteFunc(ds, func(d diag.Diagnostic) bool { return d.Severity < diag.Error })
		if len(ds) != 1 || ds[0].Hint != want {
			t.Errorf("%s\ngot %v with hint %q, want one with %q", text, ds, append(ds, diag.Diagnostic{})[0].Hint, want)
		}
	}
}

// TestNoFixOfDefinitions leaves alone what the file does not hold as it reads,
// of the same length or not.
func TestNoFixOfDefinitions(t *testing.T) {
	for _, text := range []string{
		"$WORDWORDWORD=preempt_de1ay\n" + vi("A", "$WORDWORDWORD 5"),
		"$W=123456789\n" + vi("A", "authentication {\nauth_type PASS\nauth_pass $W\n}"),
		"$PASSWOR=123456789\n" + vi("A", "authentication {\nauth_type PASS\nauth_pass ${PASSWOR}\n}"),
		"$EIGHTLEN=123456789\n" + vi("A", "authentication {\nauth_type PASS\nauth_pass $EIGHTLEN\n}"),
	} {
		ds := read(t, text, syntax.Intent).Diagnostics
		if got := apply(text, ds); got != text || diag.Max(ds) != diag.Error {
			t.Errorf("%s\nbecame\n%s\n%s", text, got, list(ds))
		}
	}
}
