package config_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// TestLessProtection wants a warning for each line that the file relies on and
// nothing acts on, and no more than information for the others.
func TestLessProtection(t *testing.T) {
	const bfd = "bfd_instance b {\nneighbor_ip 10.0.0.3\n}\n"
	six := strings.NewReplacer("10.0.0.5", "2001:db8::5")
	for _, c := range []struct {
		name, text string
		want       config.Shortfall
	}{
		{"nothing", vi("A", ""), config.Shortfall{}},
		{"mail", "global_defs {\nsmtp_alert\nrouter_id x\n}\n" + vi("A", "smtp_alert"), config.Shortfall{}},
		{"IPv6", six.Replace(vi("A", "")), config.Shortfall{}},
		{"native IPv6 by unicast", six.Replace(vi("A", "native_ipv6\nunicast_src_ip 2001:db8::1\nunicast_peer {\n2001:db8::2\n}")), config.Shortfall{}},
		{"IPv6 excluded", vi("A", "virtual_ipaddress_excluded {\n2001:db8::5\n2001:db8::6\n}"), config.Shortfall{}},
		{"AH", vi("A", "authentication {\nauth_type AH\nauth_pass x\n}"), config.Shortfall{}},
		{"HMAC", vi("A", "version 3\nauth_hmac {\nkey 1 01234567890123456789012345678901\n}"), config.Shortfall{}},
		{"HMAC, permissive", vi("A", "version 3\nauth_hmac {\nmode permissive\nkey 1 01234567890123456789012345678901\n}"), config.Shortfall{}},
		{"sync group", vi("A", "") + strings.Replace(vi("B", ""), "51", "52", 1) + "vrrp_sync_group G {\ngroup {\nA\nB\n}\nsmtp_alert\n}", config.Shortfall{}},
		{"track_file", "track_file f {\nfile /f\n}\n" + vi("A", "track_file {\nf\n}"), config.Shortfall{}},
		{"track_process", "vrrp_track_process p {\nprocess x\n}\n" + vi("A", "track_process {\np\n}"), config.Shortfall{}},
		{"track_bfd", bfd + vi("A", "track_bfd {\nb\n}"), config.Shortfall{Settings: 2, Weaker: 1}},
		{"strict", "global_defs {\nvrrp_strict\n}\n" + vi("A", ""), config.Shortfall{}},
		{"strict instance", vi("A", "strict_mode"), config.Shortfall{}},
		{"no_accept", vi("A", "no_accept"), config.Shortfall{}},
		{"accept", vi("A", "accept"), config.Shortfall{}},
		{"VMAC", vi("A", "use_vmac"), config.Shortfall{}},
		{"routes and rules", vi("A", "virtual_routes {\n10.9.0.0/16 dev eth1\n}\nvirtual_rules {\nfrom 10.9.0.0/16 table 5 preference 3\n}"), config.Shortfall{}},
		{"static", "static_ipaddress {\n10.0.0.9 dev eth1\n}\nstatic_routes {\n10.9.0.0/16 dev eth1\n}", config.Shortfall{}},
		{"FIFO", "global_defs {\nnotify_fifo /run/f\n}\n", config.Shortfall{}},
		{"scripts of the daemon", "global_defs {\nenable_script_security\nscript_user root\nstartup_script /ok\nstartup_script_timeout 5\n}\n", config.Shortfall{Settings: 2, Weaker: 1}},
		{"sync daemon", "global_defs {\nlvs_sync_daemon eth0 A\n}\n" + vi("A", ""), config.Shortfall{Settings: 1, Weaker: 1}},
		{"namespace", "net_namespace x\n" + vi("A", ""), config.Shortfall{Settings: 1, Weaker: 1}},
		{"quorum", vs("quorum 2\nhysteresis 1\nquorum_down /ok\nha_suspend", "TCP_CHECK {\n}"), config.Shortfall{Settings: 4, Weaker: 3}},
		{"limits", vs("", "uthreshold 9\nTCP_CHECK {\n}"), config.Shortfall{}},
		{"no hysteresis", vs("quorum 1\nhysteresis 00", "TCP_CHECK {\n}"), config.Shortfall{Settings: 2}},
		{"pages", vs("", "HTTP_GET {\nurl {\npath /\nregex x\n}\n}"), config.Shortfall{Settings: 1, Weaker: 1}},
		{"SSL", "SSL {\ncertificate /c\nkey /k\n}\n" + vs("", "SSL_GET {\nenable_sni\nsni_name n\nurl {\npath /\n}\n}"), config.Shortfall{Settings: 1, Weaker: 1}},
		{"TLS compliant", vs("", "SSL_GET {\ntls_compliant\nurl {\npath /\ntls_compliant no\n}\n}"), config.Shortfall{Settings: 2, Weaker: 1}},
		{"fwmark", "virtual_server fwmark 5 {\nprotocol TCP\nlb_algo rr\nlb_kind DR\nreal_server 10.0.0.9 80 {\nTCP_CHECK {\n}\n}\n}", config.Shortfall{Settings: 1, Parts: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, p := range []syntax.Policy{syntax.Keepalived, syntax.Intent} {
				r := read(t, c.text, p)
				if got := r.Shortfall(); got != c.want {
					t.Errorf("policy %v: got %+v, want %+v\n%s%s", p, got, c.want, list(r.Diagnostics), c.text)
				}
				if grave := c.want.Weaker+c.want.Parts > 0; grave != (diag.Max(r.Diagnostics) >= diag.Warning) {
					t.Errorf("policy %v: a warning or worse: %v\n%s", p, !grave, list(r.Diagnostics))
				}
			}
		})
	}
}

// TestRunning leaves out what does not run as it is meant, and nothing else.
func TestRunning(t *testing.T) {
	text := vi("A", "") + strings.NewReplacer("10.0.0.5", "2001:db8::5").Replace(vi("B", "")) +
		strings.Replace(vi("C", "virtual_ipaddress_excluded {\n2001:db8::6\n}"), "51", "52", 1) +
		strings.Replace(vi("D", "version 3\nauth_hmac {\nkey 1 01234567890123456789012345678901\n}"), "51", "53", 1)
	r := read(t, text, syntax.Keepalived)
	var all, running []string
	for _, x := range r.Config.VRRP.Instances {
		all = append(all, x.Name)
	}
	for _, x := range r.Config.Running().VRRP.Instances {
		running = append(running, x.Name)
	}
	if got := strings.Join(all, " "); got != "A B C D" {
		t.Errorf("instances %s", got)
	}
	if got := strings.Join(running, " "); got != "A B C D" {
		t.Errorf("%s run, want all\n%s", got, list(r.Diagnostics))
	}
}

// TestProtectingPaths finds paths of keywords that are none.
func TestProtectingPaths(t *testing.T) {
	for _, path := range config.Protecting {
		if _, ok := config.Lookup(strings.Split(path, "/")...); !ok {
			t.Errorf("there is no keyword %s", path)
		}
	}
}

// TestDefaultsOfNumbers finds a default in words where a warning compares it with
// the number that a file has.
func TestDefaultsOfNumbers(t *testing.T) {
	for path, k := range config.Keywords() {
		if k.Instead == "" && !k.Protects || k.Limits == nil || k.Default == "" {
			continue
		}
		if _, err := strconv.ParseFloat(k.Default, 64); err != nil {
			t.Errorf("%s: default %q is no number", path, k.Default)
		}
	}
}
