package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Which addresses take no packets, and what drops them.
func TestDrops(t *testing.T) {
	byDefault := vrrp.Filter{Table: "keepalived", Priority: -1}
	for name, c := range map[string]struct {
		global, instance string
		want             vrrp.Filter
		drops            int
	}{
		"by default":                    {"", "", vrrp.Filter{}, 0},
		"no_accept":                     {"", "no_accept", byDefault, 1},
		"strict":                        {"vrrp_strict", "", byDefault, 1},
		"strict by itself":              {"", "strict_mode", byDefault, 1},
		"not strict by itself":          {"vrrp_strict", "strict_mode off", vrrp.Filter{}, 0},
		"strict and accept":             {"vrrp_strict", "version 3\naccept", vrrp.Filter{}, 0},
		"strict and accept, version 2":  {"vrrp_strict", "accept", byDefault, 1},
		"strict owner":                  {"vrrp_strict", "state MASTER\npriority 255", vrrp.Filter{}, 0},
		"owner":                         {"", "priority 255\nno_accept", byDefault, 0},
		"excluded":                      {"", "no_accept\nvirtual_ipaddress_excluded {\n10.0.0.6\n2001:db8::6\n}", byDefault, 3},
		"the last word":                 {"", "no_accept\naccept", vrrp.Filter{}, 0},
		"a table":                       {"nftables t\nnftables_priority 5\nnftables_counters\nnftables_ifindex", "no_accept", vrrp.Filter{Table: "t", Priority: 5, Counters: true, ByIndex: true}, 1},
		"a table without a name":        {"nftables", "no_accept", byDefault, 1},
		"settings of a table by itself": {"nftables_counters", "no_accept", vrrp.Filter{Table: "keepalived", Priority: -1, Counters: true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			x := read(t, "global_defs {\n"+c.global+"\n}\n"+vi("A", c.instance), syntax.Keepalived).Config.Running().VRRP.Instances[0]
			if diff := cmp.Diff(c.want, x.Filter); diff != "" {
				t.Error(diff)
			}
			if got := x.Drops(); len(got) != c.drops {
				t.Errorf("got %+v, want %d", got, c.drops)
			}
		})
	}
}

// The log says once that nftables is used.
func TestInsteadOfIptables(t *testing.T) {
	r := read(t, "global_defs {\nvrrp_iptables a b\nvrrp_ipsets c\n}\n"+vi("A", "no_accept"), syntax.Keepalived)
	var got []string
	for _, x := range r.Diagnostics {
		got = append(got, x.Message)
	}
	want := []string{"keepalived uses nftables instead of iptables", "sets of nftables are used instead of ipsets"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if f := r.Config.VRRP.Instances[0].Filter; f.Table != "keepalived" {
		t.Errorf("got %+v", f)
	}
}
