package config_test

import (
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"
)

// TestExtraWords finds words behind a complete value, of which keepalived says
// nothing.
func TestExtraWords(t *testing.T) {
	for lines, want := range map[string]string{
		"priority 100":                                  "",
		"priority 100 200":                              "7:14 ~extra-words",
		"nopreempt now":                                 "7:11 ~extra-words",
		"skip_check_adv_addr on off":                    "7:24 ~extra-words",
		"skip_check_adv_addr on":                        "",
		`notify_master "/ok a" root nogroup`:            "7:15 ~script-security",
		"track_interface {\neth1 weight 5\n}":           "",
		"track_interface {\neth1 weight 5 reverse x\n}": "8:23 ~extra-words",
		"garp_master_delay 5 # a comment":               "",
	} {
		if got := found(read(t, vi("A", lines), syntax.Intent).Diagnostics); got != want {
			t.Errorf("%s: got %q, want %q", lines, got, want)
		}
	}
}

// TestWords asks the table for the words of lines, and for hints of it.
func TestWords(t *testing.T) {
	for _, path := range []string{
		"vrrp_instance/virtual_ipaddress/dev", "static_ipaddress/track_group", "vrrp_instance/virtual_routes/via", "static_routes/mtu",
		"static_rules/fwmark", "vrrp_instance/track_script/weight", "linkbeat_interfaces/MII",
	} {
		if k, ok := config.Lookup(strings.Split(path, "/")...); !ok || k.Doc == "" {
			t.Errorf("%s is not explained", path)
		}
	}
	n := 0
	for path, k := range config.Words() {
		if n++; k.Doc == "" || k.Need > 0 && k.Args == "" {
			t.Errorf("%s has no doc, or needs a value and has no synopsis", path)
		}
	}
	if n < 100 {
		t.Errorf("%d words", n)
	}
	for lines, want := range map[string]string{
		"virtual_routes {\n10.1.0.0/24 dev eth0 scop link\n}": "did you mean scope?",
		"virtual_rules {\nfrom 10.1.0.0/24 tabel 5\n}":        "did you mean table?",
		"virtual_ipaddress {\n10.0.0.6 lable eth0:1\n}":       "did you mean label?",
		"virtual_ipaddress_excluded {\n10.0.0.6 /24\n}":       "write the mask without a blank before it",
		"virtual_routes {\n10.1.0.0/24 via 10.0.0.1\n}":       "write dev INTERFACE, or no_track",
		"virtual_rules {\nfrom 10.1.0.0/24 table 5\n}":        "write preference NUMBER",
	} {
		var hints []string
		for _, x := range read(t, vi("A", lines), syntax.Intent).Diagnostics {
			hints = append(hints, x.Hint)
		}
		if !strings.Contains(strings.Join(hints, "\n"), want) {
			t.Errorf("%s: hints %q, want %q", lines, hints, want)
		}
	}
}
