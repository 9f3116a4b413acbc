package config

import (
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/syntax"
)

// check is a check of a real server that is being read.
type check struct {
	health.Check
	statement   *syntax.Statement
	timing      timing
	connectIP   netip.Addr
	connectPort uint16
	bindIf      bool
}

// connectKeywords are those of every check that connects.
func connectKeywords() []Keyword {
	ks := []Keyword{
		{Name: "connect_ip", Args: "ADDRESS", Need: 1, Default: "the real server's", Support: Supported, decode: (*decoder).connectIP,
			Doc: "address to connect to"},
		{Name: "connect_port", Args: "PORT", Need: 1, Default: "the real server's", Limits: ports, Support: Supported, decode: (*decoder).connectPort,
			Doc: "port to connect to"},
		{Name: "bindto", Args: "ADDRESS", Need: 1, Support: Supported, decode: (*decoder).bindTo,
			Doc: "address to connect from"},
		{Name: "bind_port", Args: "PORT", Need: 1, Limits: ports, Support: Supported, decode: (*decoder).bindPort,
			Doc: "port to connect from"},
		{Name: "bind_if", Args: "INTERFACE", Need: 1, decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.check.bindIf = true }},
		{Name: "fwmark", Args: "NUMBER", Need: 1},
		{Name: "alpha", Args: "[BOOL]"},
		{Name: "log_all_failures", Args: "[BOOL]"},
	}
	return append(ks, timingKeywords(func(d *decoder) *timing { return &d.check.timing }, 0)...)
}

func (d *decoder) beginCheck(kind health.Kind, k *Keyword, s *syntax.Statement) *check {
	c := &check{statement: s, Check: health.Check{Kind: kind}}
	d.check = c
	d.inside(k, s, k.Name)
	return c
}

// endCheck keeps c.
func (d *decoder) endCheck(c *check) {
	target := c.connectIP
	if !target.IsValid() {
		target = d.real.Addr.Addr()
	}
	if target.Is6() && target.IsLinkLocalUnicast() && !c.bindIf {
		d.fault("address", d.endOf(c.statement), "link local address %s needs bind_if", target)
	}
	d.real.checks = append(d.real.checks, c)
}

func (d *decoder) tcpCheck(k *Keyword, s *syntax.Statement) {
	d.endCheck(d.beginCheck(health.TCP, k, s))
}

func (d *decoder) checkAddress(k *Keyword, s *syntax.Statement) (netip.Addr, bool) {
	a, ok := address(s.Arg(0))
	if !ok {
		d.fault("address", s.AtArg(0), "%s is not an IP address; keepalived ignores %s", clip(s.Arg(0)), k.Name)
	}
	return a, ok
}

func (d *decoder) connectIP(k *Keyword, s *syntax.Statement) {
	if a, ok := d.checkAddress(k, s); ok {
		d.check.connectIP = a
	}
}

func (d *decoder) connectPort(k *Keyword, s *syntax.Statement) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.check.connectPort = uint16(n)
	}
}

func (d *decoder) bindTo(k *Keyword, s *syntax.Statement) {
	if a, ok := d.checkAddress(k, s); ok {
		d.check.Bind = netip.AddrPortFrom(a, d.check.Bind.Port())
	}
}

func (d *decoder) bindPort(k *Keyword, s *syntax.Statement) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.check.Bind = netip.AddrPortFrom(d.check.Bind.Addr(), uint16(n))
	}
}

// settings gives the check of r its defaults.
func (c *check) settings(s *service, r *real) health.Check {
	t := c.timing.or(r.timing).or(s.timing)
	fill(&t.loop, 60*time.Second)
	fill(&t.timeout, 5*time.Second)
	fill(&t.warmup, *t.loop)
	fill(&t.retries, 1)
	if c.Kind == health.HTTP {
		fill(&t.retryDelay, 3*time.Second)
	}
	fill(&t.retryDelay, time.Second)
	ip, port := r.Addr.Addr(), r.Addr.Port()
	if port == 0 {
		port = s.Key.Addr.Port() // keepalived 2.2.7 connects to port 0, in vain
	}
	if c.connectIP.IsValid() {
		ip = c.connectIP
	}
	if c.connectPort != 0 {
		port = c.connectPort
	}
	h := c.Check
	h.Target = netip.AddrPortFrom(ip, port)
	h.Interval, h.RetryDelay, h.Retries, h.Timeout, h.Warmup = *t.loop, *t.retryDelay, *t.retries, *t.timeout, *t.warmup
	for _, name := range []string{r.virtualHost, s.virtualHost} {
		if h.VirtualHost == "" {
			h.VirtualHost = name
		}
	}
	if c.Kind != health.HTTP {
		h.VirtualHost = ""
	}
	return h
}
