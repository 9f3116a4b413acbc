package machine

import (
	"testing"
	"testing/fstest"
)

func TestCondition(t *testing.T) {
	p := udp("eth0", "192.0.2.5", "224.0.0.81", 8848)
	for _, tt := range []struct {
		field  field
		values string
		want   truth
	}{
		{source, "192.0.2.1-192.0.2.5", yes},
		{source, "192.0.2.5-192.0.2.9", yes},
		{source, "192.0.2.6-192.0.2.9", no},
		{source, "192.0.2.1-192.0.2.4", no},
		{source, "host-192.0.2.9", maybe},
		{source, "192.0.2.1-host", maybe},
		{source, "192.0.2.0/24", yes},
		{source, "192.0.3.0/24", no},
		{source, "192.0.2.5", yes},
		{source, "host", maybe},
		{port, "8848", yes},
		{port, "8800-8900", yes},
		{port, "8849-8900", no},
		{port, "8800-x", maybe},
		{port, "x-8900", maybe},
		{port, "domain", maybe},
		{protocol, "udp", yes},
		{protocol, "17", yes},
		{protocol, "vrrp", no},
		{protocol, "all-of-them", maybe},
		{device, "eth*", yes},
		{device, "eth", no},
		{device, "2", maybe},
		{family, "ipv6", no},
		{state, "new", maybe},
		{state, "established", no},
		{other, "anything", maybe},
	} {
		c := condition{field: tt.field, values: []string{tt.values}}
		if got := c.holds(p); got != tt.want {
			t.Errorf("field %d, %s: %d, want %d", tt.field, tt.values, got, tt.want)
		}
		if c.not = true; c.holds(p) != yes-tt.want {
			t.Errorf("field %d, not %s: %d, want %d", tt.field, tt.values, c.holds(p), yes-tt.want)
		}
	}
}

// TestRuleset runs an advert through small rulesets.
func TestRuleset(t *testing.T) {
	const (
		input  = `{"chain":{"family":"inet","table":"t","name":"input","type":"filter","hook":"input","policy":"drop"}},`
		eth0   = `{"match":{"op":"==","left":{"meta":{"key":"iifname"}},"right":"eth0"}}`
		tables = "*filter\n:INPUT DROP [0:0]\n:SUB - [0:0]\n"
	)
	rule := func(expr string) string {
		return `{"nftables":[` + input + `{"rule":{"family":"inet","table":"t","chain":"input","expr":[` + expr + `]}}]}`
	}
	for _, tt := range []struct {
		name, nft, iptables string
		drops               bool
	}{
		{name: "policy", nft: rule(``), drops: true},
		{name: "accept", nft: rule(eth0 + `,{"accept":null}`)},
		{name: "an unknown statement before accept", nft: rule(`{"xt":{"type":"match"}},{"accept":null}`)},
		{name: "an unknown statement before drop", nft: rule(`{"xt":{"type":"match"}},{"drop":null}`), drops: true},
		{name: "an unknown verdict", nft: rule(`{"queue":{"num":0}}`)},
		{name: "a jump to nowhere", nft: rule(`{"jump":{"target":"x"}}`)},
		{name: "a map by name", nft: rule(`{"vmap":{"key":{"meta":{"key":"iifname"}},"data":"@zones"}}`)},
		{name: "a map of devices", nft: rule(`{"vmap":{"key":{"meta":{"key":"iifname"}},"data":{"set":[["lo",{"accept":null}],["eth1",{"accept":null}]]}}}`), drops: true},
		{name: "a map that accepts", nft: rule(`{"vmap":{"key":{"meta":{"key":"iifname"}},"data":{"set":[["lo",{"drop":null}],["eth0",{"accept":null}]]}}}`)},
		{name: "a map with an odd verdict", nft: rule(`{"vmap":{"key":{"meta":{"key":"iifname"}},"data":{"set":[["lo",{}]]}}}`)},
		{name: "an odd comparison", nft: rule(`{"match":{"op":"<","left":{"meta":{"key":"iifname"}},"right":"a"}},{"accept":null}`)},
		{name: "a field that is not known", nft: rule(`{"match":{"op":"==","left":{"meta":{"key":"mark"}},"right":7}},{"accept":null}`)},
		{name: "another family", nft: rule(`{"match":{"op":"==","left":{"payload":{"protocol":"ip6","field":"nexthdr"}},"right":112}},{"accept":null}`), drops: true},
		{name: "a number in a set", nft: rule(`{"match":{"op":"==","left":{"meta":{"key":"l4proto"}},"right":{"set":[51,112]}}},{"accept":null}`)},
		{name: "a range of addresses", nft: rule(`{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"daddr"}},"right":{"range":["224.0.0.1","224.0.0.9"]}}},{"accept":null}`), drops: true},
		{name: "what forwards", nft: `{"nftables":[{"chain":{"family":"inet","table":"t","name":"f","type":"filter","hook":"forward","policy":"drop"}}]}`},
		{name: "what is bridged", nft: `{"nftables":[{"chain":{"family":"bridge","table":"t","name":"f","type":"filter","hook":"input","policy":"drop"}}]}`},
		{name: "the rules of another chain", nft: `{"nftables":[` + input + `{"chain":{"family":"inet","table":"t","name":"x"}},{"rule":{"family":"inet","table":"t","chain":"x","expr":[{"accept":null}]}}]}`, drops: true},

		{name: "iptables", iptables: tables, drops: true},
		{name: "iptables accepts", iptables: "*filter\n:INPUT ACCEPT [0:0]\n"},
		{name: "another table", iptables: ":INPUT DROP [0:0]\n*raw\n:INPUT DROP [0:0]\n"},
		{name: "behind a jump", iptables: tables + "-A INPUT -j SUB\n-A INPUT -j ACCEPT\n"},
		{name: "behind a goto", iptables: tables + "-A INPUT -g SUB\n-A INPUT -j ACCEPT\n", drops: true},
		{name: "a loop", iptables: tables + "-A INPUT -j SUB\n-A SUB -j SUB\n"},
		{name: "returned", iptables: tables + "-A INPUT -j SUB\n-A SUB -j RETURN\n-A SUB -j ACCEPT\n", drops: true},
		{name: "not another device", iptables: tables + "-A INPUT ! -i eth1 -j ACCEPT\n"},
		{name: "not what is unknown, but a device", iptables: tables + "-A INPUT ! --xyz -i eth0 -j DROP\n-A INPUT -i eth0 -j ACCEPT\n"},
		{name: "not is for one option", iptables: tables + "-A INPUT ! -i eth1 -p udp -j ACCEPT\n", drops: true},
		{name: "a comment", iptables: tables + `-A INPUT -m comment --comment "adverts ! -i eth0" -p 112 -j ACCEPT` + "\n"},
		{name: "logged", iptables: tables + "-A INPUT -j LOG --log-prefix x\n", drops: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(fstest.MapFS{}, func(name string, _ ...string) ([]byte, error) {
				return []byte(map[string]string{"nft": tt.nft, "iptables-save": tt.iptables}[name]), nil
			})
			if chain, ok := m.Drops(vrrp("eth0", "", "224.0.0.18")); ok != tt.drops {
				t.Errorf("%q, %v; want %v", chain, ok, tt.drops)
			}
		})
	}
}
