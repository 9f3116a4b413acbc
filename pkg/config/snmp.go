package config

import (
	"time"

	"github.com/kactl/kactl/pkg/syntax"
)

// SNMP is what the AgentX subagent offers.
type SNMP struct {
	// Socket is where the master agent listens, as net-snmp writes it:
	// "udp:192.0.2.1:705". Empty is net-snmp's own default.
	Socket string
	// VRRP and Checker are the two halves of KEEPALIVED-MIB.
	VRRP, Checker bool
	// RFCv2 is VRRP-MIB (RFC 2787), RFCv3 is VRRPV3-MIB (RFC 6527).
	RFCv2, RFCv3 bool
	// Traps sends notifications.
	Traps bool
	// ServiceInterval and RealInterval are the least age of the figures of
	// virtual and real servers before they are read from the kernel again.
	ServiceInterval, RealInterval time.Duration
}

func snmpKeywords() []Keyword {
	vrrp := func(g *Global) *bool { return &g.SNMP.VRRP }
	v2 := func(g *Global) *bool { return &g.SNMP.RFCv2 }
	v3 := func(g *Global) *bool { return &g.SNMP.RFCv3 }
	return []Keyword{
		{Name: "snmp_socket", Args: "SOCKET", Default: "unix:/var/agentx/master", repeats: true, decode: (*decoder).snmpSocket,
			Doc: "where the SNMP master agent listens"},
		{Name: "enable_snmp_keepalived", decode: flag(in(vrrp)), // a name of old
			Doc: "the same as enable_snmp_vrrp"},
		{Name: "enable_snmp_vrrp", decode: flag(in(vrrp)),
			Doc: "offer the instances in KEEPALIVED-MIB"},
		{Name: "enable_snmp_checker", decode: flag(in(func(g *Global) *bool { return &g.SNMP.Checker })),
			Doc: "offer the virtual servers in KEEPALIVED-MIB"},
		{Name: "enable_snmp_rfc", decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) {
			d.config.Global.SNMP.RFCv2, d.config.Global.SNMP.RFCv3 = true, true
		},
			Doc: "the same as enable_snmp_rfcv2 and enable_snmp_rfcv3"},
		{Name: "enable_snmp_rfcv2", decode: flag(in(v2)),
			Doc: "offer the instances of version 2 in VRRP-MIB (RFC 2787)"},
		{Name: "enable_snmp_rfcv3", decode: flag(in(v3)),
			Doc: "offer the instances in VRRPV3-MIB (RFC 6527)"},
		{Name: "enable_traps", decode: flag(in(func(g *Global) *bool { return &g.SNMP.Traps })),
			Doc: "send an SNMP notification at each change of state"},
		{Name: "snmp_vs_stats_update_interval", Args: "SECONDS", Need: 1, Default: "5", Unit: "s", Limits: decimal(0.001, 30), Since: "2.4",
			decode: period(time.Second, in(func(g *Global) *time.Duration { return &g.SNMP.ServiceInterval })),
			Doc:    "least age of a virtual server's figures before they are read again"},
		{Name: "snmp_rs_stats_update_interval", Args: "SECONDS", Need: 1, Default: "snmp_vs_stats_update_interval", Unit: "s", Limits: decimal(0.001, 30), Since: "2.4",
			decode: period(time.Second, in(func(g *Global) *time.Duration { return &g.SNMP.RealInterval })),
			Doc:    "least age of a real server's figures before they are read again"},
	}
}

// snmpSocket takes one word: keepalived ignores a socket with more behind it.
func (d *decoder) snmpSocket(k *Keyword, s *syntax.Statement) {
	switch p := &d.config.Global.SNMP.Socket; {
	case !d.valued(k, s):
	case len(s.Args()) > 1:
		d.fault("extra-words", s.AtArg(1), "%s takes one word; keepalived ignores it", k.Name)
	case *p != "":
		d.again(k, s, "ignores this one")
	default:
		*p = s.Arg(0)
	}
}
