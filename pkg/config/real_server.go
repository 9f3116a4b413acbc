package config

import (
	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/syntax"
)

// real is a real_server that is being read.
type real struct {
	lvs.RealServer
	statement   *syntax.Statement
	timing      timing
	method      lvs.Forward // 0 is the service's
	weight      *int
	inhibit     *bool
	virtualHost string
	checks      []*check
}

func realKeywords() []Keyword {
	ks := []Keyword{
		{Name: "weight", Args: "NUMBER", Need: 1, Default: "1", Limits: whole(0, 2147483647), Support: Supported, decode: (*decoder).realWeight,
			Doc: "share of the connections; 0 takes no new ones"},
		{Name: "lvs_method", Args: "NAT|DR|TUN", Need: 1, Default: "the service's", Support: Supported, decode: (*decoder).realMethod,
			Doc: "how packets reach this server"},
		{Name: "inhibit_on_failure", Args: "[BOOL]", Support: Supported, decode: (*decoder).realInhibit,
			Doc: "keep the server in the table with weight 0 when it failed"},
		{Name: "notify_up", Args: commandArgs, Need: 1, Support: Supported, repeats: true,
			Doc:    "program to run when the server came up",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.realProgram(k, s, &d.real.NotifyUp) }},
		{Name: "notify_down", Args: commandArgs, Need: 1, Support: Supported, repeats: true,
			Doc:    "program to run when the server went down",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.realProgram(k, s, &d.real.NotifyDown) }},
		{Name: "virtualhost", Args: "NAME", Support: Supported,
			Doc:    "Host header of HTTP checks that name none",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.hostName(k, s, &d.real.virtualHost) }},
		{Name: "smtp_alert", Args: "[BOOL]", Support: Accepted, decode: (*decoder).flag,
			Doc: "send mails about this server"},
		{Name: "TCP_CHECK", Shape: syntax.Block, Support: Supported, decode: (*decoder).tcpCheck, Inside: connectKeywords(),
			Doc: "up if it accepts connections"},
		{Name: "HTTP_GET", Shape: syntax.Block, Support: Supported, decode: (*decoder).httpGet, Inside: httpKeywords(),
			Doc: "up if it serves some pages"},
	}
	ks = append(ks, timingKeywords(func(d *decoder) *timing { return &d.real.timing }, 1)...)
	return append(ks, otherReal()...)
}

func (d *decoder) realServer(k *Keyword, s *syntax.Statement) {
	addr, ok := d.endpoint(s, "real_server", "skips it")
	if !ok {
		return
	}
	r := &real{statement: s, RealServer: lvs.RealServer{Addr: addr}}
	d.real = r
	d.inside(k, s, k.Name, addr.String())
	if addr.Addr().Is4() != d.service.Key.Addr.Addr().Is4() && r.method != lvs.TUN && d.service.method != lvs.TUN {
		d.fault("address-family", s.AtArg(0), "real_server %s is of another family than its service; keepalived skips it", addr.Addr())
		return
	}
	d.service.reals = append(d.service.reals, r)
}

func (d *decoder) realWeight(k *Keyword, s *syntax.Statement) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.real.weight = &n
	}
}

func (d *decoder) realMethod(k *Keyword, s *syntax.Statement) {
	if f, ok := d.forward(k, s); ok {
		d.real.method = f
	}
}

func (d *decoder) realInhibit(k *Keyword, s *syntax.Statement) {
	if b, ok := d.boolean(k, s); ok {
		d.real.inhibit = &b
	}
}

// realProgram reads a program of a server; the last one counts.
func (d *decoder) realProgram(k *Keyword, s *syntax.Statement, p **command.Command) {
	*p = nil
	d.program(k, s, p)
}
