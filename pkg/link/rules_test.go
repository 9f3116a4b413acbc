package link

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/iproute"
)

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

var ruleCases = []struct {
	rule iproute.Rule
	ip   string
}{
	{iproute.Rule{Action: "table", Table: 100, Preference: 100}, "priority 100 table 100"},
	{iproute.Rule{From: prefix("10.0.0.0/8"), To: prefix("10.1.0.0/16"), Action: "table", Table: 4000000000, Preference: 101},
		"from 10.0.0.0/8 to 10.1.0.0/16 priority 101 table 4000000000"},
	{iproute.Rule{Not: true, From: prefix("10.0.0.0/8"), In: "lo", Out: "eth0", Mark: &iproute.Mark{Value: 5, Mask: 255}, TOS: 0x10, IPProtocol: 6,
		SourcePorts: &iproute.Span{First: 10, Last: 20}, DestinationPorts: &iproute.Span{First: 30, Last: 40}, UIDs: &iproute.Span{First: 1, Last: 100},
		Action: "table", Table: 5, Preference: 102},
		"not from 10.0.0.0/8 iif lo oif eth0 fwmark 5/0xff tos 0x10 ipproto tcp sport 10-20 dport 30-40 uidrange 1-100 priority 102 table 5"},
	{iproute.Rule{To: prefix("10.0.0.0/8"), Action: "goto", Goto: 400, Preference: 103}, "to 10.0.0.0/8 priority 103 goto 400"},
	{iproute.Rule{To: prefix("10.0.0.0/8"), Action: "blackhole", Preference: 104}, "to 10.0.0.0/8 priority 104 type blackhole"},
	{iproute.Rule{To: prefix("10.0.0.0/8"), Action: "unreachable", Preference: 105}, "to 10.0.0.0/8 priority 105 type unreachable"},
	{iproute.Rule{To: prefix("10.0.0.0/8"), Action: "prohibit", Preference: 106}, "to 10.0.0.0/8 priority 106 type prohibit"},
	{iproute.Rule{Action: "nop", Preference: 107}, "priority 107 type nop"},
	{iproute.Rule{Action: "l3mdev", Preference: 108}, "priority 108 l3mdev"},
	{iproute.Rule{Action: "table", Table: 7, SuppressPrefixLength: ptr(uint32(8)), Preference: 109}, "priority 109 table 7 suppress_prefixlength 8"},
	{iproute.Rule{Action: "table", Table: 7, SuppressGroup: ptr(uint32(3)), Realms: iproute.Realms{From: 1, To: 2}, Preference: 110},
		"priority 110 table 7 suppress_ifgroup 3 realms 1/2"},
	{iproute.Rule{Action: "table", Table: 7, TunnelID: 9, Preference: 111}, "priority 111 table 7 tun_id 9"},
	{iproute.Rule{Action: "table", Table: 7, Protocol: 99, Preference: 112}, "priority 112 table 7 protocol 99"},
	{iproute.Rule{IPv6: true, Action: "table", Table: 7, Preference: 113}, "-6 priority 113 table 7"},
	{iproute.Rule{IPv6: true, From: prefix("2001:db8::/32"), Action: "table", Table: 7, Mark: &iproute.Mark{Value: 1, Mask: 0xffffffff}, Preference: 114},
		"-6 from 2001:db8::/32 fwmark 1 priority 114 table 7"},
	{iproute.Rule{IPv6: true, To: prefix("2001:db8::/32"), Action: "prohibit", Preference: 115}, "-6 to 2001:db8::/32 priority 115 type prohibit"},
}

// Each rule is what ip(8) makes of the same words, and is removed by what it was
// added by.
func TestRules(t *testing.T) {
	h, judge := tablesHost(t), tablesHost(t)
	conn := openIn(t, h)
	for _, c := range ruleCases {
		r, family := c.rule, "-4"
		words, six := strings.CutPrefix(c.ip, "-6 ")
		if six {
			family = "-6"
		}
		before := h.listed(t, family, "rule")
		if r.Protocol == 0 {
			r.Protocol = iproute.Protocol
			words += " protocol 18"
		}
		judge.ip(t, append([]string{family, "rule", "add"}, strings.Fields(words)...)...)
		list := []*iproute.Rule{&r}
		for _, changed := range []bool{true, false} {
			ack, got := record()
			if err := conn.AddRules(t.Context(), list, ack); err != nil || (*got)[0] != (outcome{0, changed, nil}) {
				t.Errorf("add %s: %v %+v", c.ip, err, *got)
			}
		}
		have := h.listed(t, family, "rule")
		if diff := cmp.Diff(judge.listed(t, family, "rule"), have); diff != "" {
			t.Errorf("%s: %s", c.ip, diff)
		}
		for _, changed := range []bool{true, false} {
			ack, got := record()
			if err := conn.RemoveRules(t.Context(), list, ack); err != nil || (*got)[0] != (outcome{0, changed, nil}) {
				t.Errorf("remove %s: %v %+v", c.ip, err, *got)
			}
		}
		if diff := cmp.Diff(before, h.listed(t, family, "rule")); diff != "" {
			t.Errorf("left of %s: %s", c.ip, diff)
		}
		judge.ip(t, family, "rule", "del", "priority", strings.Fields(words[strings.Index(words, "priority"):])[1])
	}
}

// A removal leaves the rules of others alone.
func TestRemoveRuleOfOthers(t *testing.T) {
	h := tablesHost(t)
	h.ip(t, "rule", "add", "priority", "100", "table", "5", "protocol", "static")
	ack, got := record()
	conn := openIn(t, h)
	rule := iproute.Rule{Action: "table", Table: 5, Preference: 100, Protocol: iproute.Protocol}
	if err := conn.RemoveRules(t.Context(), []*iproute.Rule{&rule}, ack); err != nil || (*got)[0] != (outcome{}) {
		t.Error(err, *got)
	}
	if n := len(h.listed(t, "rule", "show", "priority", "100")); n != 1 {
		t.Errorf("%d rules are left", n)
	}
}
