package config

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/syntax"
)

// real is a real_server that is being read.
type real struct {
	lvs.RealServer
	statement   *syntax.Statement
	given       netip.AddrPort // its address and port as written
	timing      timing
	method      lvs.Forward // 0 is the service's
	tunnel      lvs.Tunnel
	alpha       *bool
	weight      *int
	inhibit     *bool
	virtualHost string
	checks      []*check
}

// forward is how s reaches r.
func (r *real) forward(s *service) lvs.Forward {
	if r.method != 0 {
		return r.method
	}
	return s.method
}

func realKeywords() []Keyword {
	ks := []Keyword{
		{Name: "weight", Args: "NUMBER", Need: 1, Default: "1", Limits: whole(0, 2147483647), Effect: true, decode: (*decoder).realWeight,
			Doc: "share of the connections; 0 takes no new ones"},
		{Name: "lvs_method", Args: methodArgs, Need: 1, Default: "the service's", Effect: true, decode: (*decoder).realMethod,
			Doc: "how packets reach this server"},
		{Name: "inhibit_on_failure", Args: "[BOOL]", Effect: true, decode: (*decoder).realInhibit,
			Doc: "keep the server in the table with weight 0 when it failed"},
		{Name: "notify_up", Args: commandArgs, Need: 1, Effect: true, repeats: true,
			Doc:    "program to run when the server came up",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.program(k, s, &d.real.NotifyUp) }},
		{Name: "notify_down", Args: commandArgs, Need: 1, Effect: true, repeats: true,
			Doc:    "program to run when the server went down",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.program(k, s, &d.real.NotifyDown) }},
		{Name: "virtualhost", Args: "NAME", Effect: true,
			Doc:    "Host header of HTTP checks that name none",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.hostName(k, s, &d.real.virtualHost) }},
		{Name: "alpha", Args: "[BOOL]", Default: "the service's", Doc: "take the server for down until its checks succeeded", Instead: insteadOfAlpha,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.option(k, s, &d.real.alpha) }},
		{Name: "uthreshold", Args: "CONNECTIONS", Need: 1, Default: "0", Limits: unsigned, Effect: true,
			Doc:    "connections from which on the server gets no new ones; 0 is no limit",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.threshold(k, s, &d.real.UpperThreshold) }},
		{Name: "lthreshold", Args: "CONNECTIONS", Need: 1, Default: "0", Limits: unsigned, Effect: true,
			Doc:    "connections below which a server that was full gets new ones",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.threshold(k, s, &d.real.LowerThreshold) }},
		{Name: "smtp_alert", Args: "[BOOL]", Default: "smtp_alert_checker", Effect: true, Doc: "send mails about this server",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.option(k, s, &d.real.SMTPAlert) }},
		{Name: "snmp_name", Args: "NAME", Doc: "name of the server in SNMP",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.snmpName(k, s, &d.real.SNMPName) }},
	}
	ks = append(ks, timingKeywords(func(d *decoder) *timing { return &d.real.timing }, exactly(1, 4294967295))...)
	return append(ks, checkKeywords()...)
}

func (d *decoder) realServer(k *Keyword, s *syntax.Statement) {
	addr, ok := d.endpoint(s, "real_server", "skips it")
	if !ok {
		return
	}
	r := &real{statement: s, given: addr, RealServer: lvs.RealServer{Addr: addr}}
	d.real = r
	d.inside(k, s, k.Name, addr.String())
	if !d.service.takes(addr.Addr(), r.forward(d.service)) {
		d.fault("address-family", s.AtArg(0), "real_server %s is of another family than its service; keepalived skips it", addr.Addr())
		return
	}
	d.service.reals = append(d.service.reals, r)
}

func (d *decoder) realWeight(k *Keyword, s *syntax.Statement) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.real.weight = &n
		_, message := parseNumber(s.Arg(0), k.Limits)
		d.service.oddWeight = d.service.oddWeight || message != ""
	}
}

func (d *decoder) realMethod(k *Keyword, s *syntax.Statement) {
	if f, t, ok := d.forward(k, s); ok {
		d.real.method, d.real.tunnel = f, t
	}
}

func (d *decoder) threshold(k *Keyword, s *syntax.Statement, p *int) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		*p = n
	}
}

func (d *decoder) realInhibit(k *Keyword, s *syntax.Statement) {
	if b, ok := d.boolean(k, s); ok {
		d.real.inhibit = &b
	}
}
