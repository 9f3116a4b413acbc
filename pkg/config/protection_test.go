package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// warned are the findings of r with their severities.
func warned(r *config.Result) string {
	var b []string
	for _, d := range r.Diagnostics {
		if d.Rule == "script-security" { // of the programs here
			continue
		}
		b = append(b, fmt.Sprintf("%d:%d %s %s", d.Range.Start.Line, d.Range.Start.Column, d.Severity, d.Rule))
	}
	return strings.Join(b, ", ")
}

// entered reports whether the daemon runs the only real server of r.
func entered(r *config.Result) bool { return len(r.Config.Running().LVS.Services[0].Reals) == 1 }

// A real server whose checks are all of kinds that nothing runs does not enter
// the table, and each kind is said to have no effect beside one that has.
func TestKeptOut(t *testing.T) {
	const sorry = "sorry_server 10.0.0.8 80"
	unprobed := []string{
		"SMTP_CHECK {\n}", "DNS_CHECK {\n}", "UDP_CHECK {\n}", "PING_CHECK {\n}",
		"MISC_CHECK {\nmisc_path /ok\n}",
	}
	for _, check := range unprobed {
		kind, _, _ := strings.Cut(check, " ")
		r := read(t, vs(sorry, check), syntax.Keepalived)
		if got, want := warned(r), "1:1 warning not-run, 6:1 warning not-run"; got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
		if entered(r) {
			t.Errorf("%s: the server enters the table", kind)
		}
		for i, says := range []string{"its sorry server gets all clients", kind + " is not in force"} {
			if m := r.Diagnostics[i].Message; !strings.Contains(m, says) {
				t.Errorf("%s: %q, want something about %q", kind, m, says)
			}
		}
		r = read(t, vs("", check), syntax.Keepalived)
		if m := r.Diagnostics[0].Message; !strings.Contains(m, "nobody serves it") {
			t.Errorf("%s, without a sorry server: %q", kind, m)
		}

		r = read(t, vs("", "TCP_CHECK {\n}\n"+check), syntax.Keepalived)
		if got, want := warned(r), "9:1 warning no-effect"; got != want {
			t.Errorf("%s beside TCP_CHECK: %s, want %s", kind, got, want)
		}
		if !entered(r) {
			t.Errorf("%s beside TCP_CHECK: the server does not enter the table", kind)
		}
	}
	for name, check := range map[string]string{
		"no check": "", "a check that is wrong as a whole": "BFD_CHECK {\nname nobody\n}",
		"TCP_CHECK": "TCP_CHECK {\n}", "HTTP_GET": "HTTP_GET {\nurl {\npath /\n}\n}",
	} {
		r := read(t, vs("", check), syntax.Keepalived)
		if !entered(r) {
			t.Errorf("%s: the server does not enter the table, and keepalived has it there", name)
		}
	}
}

// What protects less than the file asks for is a warning, and no more than that
// where it is set to what it is anyway.
func TestInstead(t *testing.T) {
	const http, tcp = "HTTP_GET {\nurl {\npath /\n%s\n}\n}", "TCP_CHECK {\n%s\n}"
	service := func(line string) string { return vs(line, fmt.Sprintf(tcp, "")) }
	check := func(line string) string { return vs("", fmt.Sprintf(tcp, line)) }
	real := func(line string) string { return vs("", line+"\n"+fmt.Sprintf(tcp, "")) }
	for _, tt := range []struct {
		text string
		want diag.Severity
	}{
		{service("weight 9\nquorum 2"), diag.Warning},
		{service("quorum 1"), diag.Info},
		{service("weight 9\nquorum 3\nhysteresis 2"), diag.Warning},
		{service("quorum_up /ok"), diag.Warning},
		{service("quorum_down /ok"), diag.Warning},
		{service("alpha"), diag.Warning},
		{service("omega"), diag.Warning},
		{strings.Replace(service("sh-fallback\nsh-port\nflag-3"), "lb_algo rr", "lb_algo sh", 1), 0},
		{strings.Replace(service("mh-fallback\nmh-port"), "lb_algo rr", "lb_algo mh", 1), 0},
		{service("ha_suspend"), diag.Info},
		{service("snmp_name x"), diag.Info},
		{real("alpha"), diag.Warning},
		{real("alpha off"), diag.Info},
		{real("uthreshold 100\nlthreshold 9"), 0},
		{real("lvs_method TUN type gre"), 0},
		{real("snmp_name x"), diag.Info},
		{check("alpha"), diag.Warning},
		{check("alpha no"), diag.Info},
		{check("bind_if eth0"), diag.Warning},
		{check("log_all_failures"), diag.Info},
		{vs("", fmt.Sprintf(http, "regex x")), diag.Warning},
	} {
		r := read(t, tt.text, syntax.Keepalived)
		got := diag.Severity(0)
		for _, d := range r.Diagnostics {
			if d.Rule == "script-security" {
				continue
			}
			if d.Rule != "no-effect" {
				t.Errorf("%s\n%s", d, tt.text)
			}
			if got == 0 || d.Severity == diag.Warning {
				got = d.Severity
			}
		}
		if got != tt.want {
			t.Errorf("%v, want %v\n%s", got, tt.want, tt.text)
		}
	}
}
