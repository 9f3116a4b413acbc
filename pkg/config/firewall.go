package config

import (
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Firewall are the tables of nftables that the program keeps for itself.
type Firewall struct {
	// VRRP drops packets to addresses that are not accepted; IPVS marks those
	// of the groups of virtual servers.
	VRRP, IPVS FirewallTable
	// Counters are added to the rules.
	Counters bool
	// ByIndex names interfaces by their index.
	ByIndex bool
	// FirstMark is the mark of the first group of virtual servers.
	FirstMark int
	// Sets are the ipsets of old, which went with vrrp_iptables.
	Sets []string
}

// FirewallTable is one table.
type FirewallTable struct {
	// Name is empty where nothing asks for the table.
	Name string
	// Priority is that of the base chains.
	Priority int
}

// filter is where packets to virtual addresses are dropped.
func (f *Firewall) filter() vrrp.Filter {
	name := f.VRRP.Name
	fillString(&name, "keepalived")
	return vrrp.Filter{Table: name, Priority: int32(f.VRRP.Priority), Counters: f.Counters, ByIndex: f.ByIndex}
}

func firewallKeywords() []Keyword {
	const chain = "-2147483648..2147483647"
	priorities := whole(-2147483648, 2147483647)
	return []Keyword{
		{Name: "nftables", Args: "[TABLE]", Default: "keepalived", repeats: true, Effect: true, decode: firewallTable("keepalived", in(func(g *Global) *string { return &g.Firewall.VRRP.Name })),
			Doc: "name of the nftables table for VRRP"},
		{Name: "nftables_priority", Args: chain, Need: 1, Default: "-1", Limits: priorities, Effect: true, decode: count(in(func(g *Global) *int { return &g.Firewall.VRRP.Priority })),
			Doc: "priority of that table's chains"},
		{Name: "nftables_counters", Effect: true, decode: flag(in(func(g *Global) *bool { return &g.Firewall.Counters })),
			Doc: "count packets in that table's rules"},
		{Name: "nftables_ifindex", Effect: true, decode: flag(in(func(g *Global) *bool { return &g.Firewall.ByIndex })),
			Doc: "name interfaces by their index in that table"},
		{Name: "nftables_ipvs", Args: "[TABLE]", Default: "keepalived_ipvs", repeats: true, decode: firewallTable("keepalived_ipvs", in(func(g *Global) *string { return &g.Firewall.IPVS.Name })),
			Doc: "name of the nftables table that marks packets for virtual_server_group"},
		{Name: "nftables_ipvs_priority", Args: chain, Need: 1, Default: "-1", Limits: priorities, decode: count(in(func(g *Global) *int { return &g.Firewall.IPVS.Priority })),
			Doc: "priority of that table's chains"},
		{Name: "nftables_ipvs_start_fwmark", Args: "MARK", Need: 1, Default: "1000", Limits: whole(1, 4294967295), decode: count(in(func(g *Global) *int { return &g.Firewall.FirstMark })),
			Doc: "first mark that keepalived gives to a virtual_server_group"},
		{Name: "vrrp_iptables", Args: "[CHAIN [CHAIN]]", Effect: true, decode: (*decoder).iptables,
			Doc: "once chains of iptables; nftables is used instead"},
		{Name: "vrrp_ipsets", Args: "[SET...]", Since: "2.4", Effect: true, decode: (*decoder).ipsets, // where it is built with iptables
			Doc: "once ipsets that went with vrrp_iptables; sets of nftables are used instead"},
	}
}

// firewallTable reads a table's name, which can only be said once.
func firewallTable(otherwise string, field func(*decoder) *string) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		p := field(d)
		if *p != "" {
			d.again(k, s, "ignores this one")
			return
		}
		*p = s.Arg(0)
		fillString(p, otherwise)
	}
}

func (d *decoder) iptables(_ *Keyword, s *syntax.Statement) {
	d.fault("deprecated", s.AtName(), "keepalived uses nftables instead of iptables").Hint = "write nftables"
}

func (d *decoder) ipsets(_ *Keyword, s *syntax.Statement) {
	d.report(diag.Info, "deprecated", s.AtName(), "sets of nftables are used instead of ipsets", nil)
	p := &d.config.Global.Firewall.Sets
	*p = nil
	for _, w := range s.Args() {
		*p = append(*p, w.Text)
	}
}
