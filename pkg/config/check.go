package config

import (
	"cmp"
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/syntax"
)

// check is a check of a real server that is being read.
type check struct {
	health.Check
	statement *syntax.Statement
	connection
	timing  timing
	alpha   *bool
	bad     bool     // keepalived drops it
	dropped bool     // its program cannot run
	command *pending // of a MISC_CHECK
	user    *syntax.Statement
	hosts   []connection // of an SMTP_CHECK
}

// checkKeywords are the checks that a real server can have.
func checkKeywords() []Keyword {
	kw := func(name string, effect bool, decode func(*decoder, *Keyword, *syntax.Statement), inside []Keyword, doc string) Keyword {
		if !effect {
			inside = inert(inside)
		}
		return Keyword{Name: name, Shape: syntax.Block, Effect: effect, decode: decode, Inside: inside, Doc: doc, later: !effect}
	}
	return []Keyword{
		kw("TCP_CHECK", true, simpleCheck(health.TCP), connectKeywords(), "up if it accepts connections"),
		kw("HTTP_GET", true, webCheck(health.HTTP), webKeywords(), "up if it serves some pages"),
		kw("SSL_GET", true, webCheck(health.SSL), sslGetKeywords(), "up if it serves some pages over TLS"),
		kw("SMTP_CHECK", false, (*decoder).smtpCheck, smtpKeywords(), "up if it greets as a mail server does"),
		kw("DNS_CHECK", false, (*decoder).dnsCheck, dnsKeywords(), "up if it answers a question over UDP"),
		kw("UDP_CHECK", false, (*decoder).udpCheck, udpKeywords(), "up if a datagram to it is not rejected"),
		kw("PING_CHECK", false, simpleCheck(health.Ping), connectKeywords(), "up if it answers a ping"),
		kw("MISC_CHECK", false, (*decoder).miscCheck, miscKeywords(), "up if a program says so"),
		kw("BFD_CHECK", false, (*decoder).bfdCheck, bfdCheckKeywords(), "up if a BFD session is"),
		kw("FILE_CHECK", false, (*decoder).fileCheck, fileCheckKeywords(), "up, or of another weight, as a file says"),
	}
}

// inert marks keywords of a block that nothing acts on.
func inert(ks []Keyword) []Keyword {
	for i := range ks {
		ks[i].Effect = false
		inert(ks[i].Inside)
	}
	return ks
}

// simpleCheck reads a check that has no words of its own.
func simpleCheck(kind health.Kind) func(*decoder, *Keyword, *syntax.Statement) {
	return func(d *decoder, k *Keyword, s *syntax.Statement) { d.endCheck(d.beginCheck(kind, k, s)) }
}

func (d *decoder) beginCheck(kind health.Kind, k *Keyword, s *syntax.Statement) *check {
	c := &check{statement: s, Check: health.Check{Kind: kind}}
	d.check, d.connection = c, &c.connection
	if kind != health.SMTP {
		c.target = d.real.Addr.Addr()
	}
	if kind == health.HTTP || kind == health.SSL {
		c.HTTP = &health.HTTPOptions{Version: "1.0"}
	}
	d.inside(k, s, k.Name)
	return c
}

// endCheck keeps c.
func (d *decoder) endCheck(c *check) {
	d.checkLinkLocal(&c.connection, c.statement)
	if !c.bad {
		d.real.checks = append(d.real.checks, c)
	}
}

// insteadOfAlpha is what happens while alpha has no effect.
const insteadOfAlpha = "the server gets clients until a check fails"

// The keywords that every check but those of BFD and of files has.
func checkOptions() []Keyword {
	return append([]Keyword{
		{Name: "alpha", Args: "[BOOL]", Default: "the real server's", Doc: "take the server for down until this check succeeded", Instead: insteadOfAlpha,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.option(k, s, &d.check.alpha) }},
		{Name: "log_all_failures", Args: "[BOOL]", Default: "checker_log_all_failures", Doc: "log the failures of a server that is still up, too",
			decode: (*decoder).logAllFailures},
	}, timingKeywords(func(d *decoder) *timing { return &d.check.timing }, unsigned)...)
}

func (d *decoder) logAllFailures(k *Keyword, s *syntax.Statement) {
	if b, ok := d.boolean(k, s); ok {
		d.check.LogAllFailures = b
	}
}

// settings gives the check of r its defaults.
func (c *check) settings(s *service, r *real) health.Check {
	t := c.timing.or(r.timing).or(s.timing)
	h := c.Check
	h.Alpha = or(c.alpha, or(r.alpha, s.Alpha))
	h.Interval = or(t.loop, 60*time.Second)
	h.Timeout = or(t.timeout, 5*time.Second)
	h.Warmup = or(t.warmup, h.Interval)
	h.Retries = or(t.retries, defaultRetries(c.Kind))
	h.RetryDelay = or(t.retryDelay, defaultRetryDelay(c.Kind, h.Interval))
	target := netip.AddrPortFrom(r.Addr.Addr(), r.Addr.Port())
	if target.Port() == 0 {
		target = netip.AddrPortFrom(target.Addr(), s.ID.Addr.Port()) // keepalived 2.2.7 connects to port 0, in vain
	}
	h.Target, h.Bind = c.to(target), c.bind
	h.Device, h.Mark = c.device, c.mark
	switch c.Kind {
	case health.HTTP, health.SSL:
		if c.Kind == health.SSL && h.HTTP.SNI {
			h.HTTP.ServerHost = cmp.Or(h.VirtualHost, s.virtualHost)
		}
		for _, name := range []string{r.virtualHost, s.virtualHost} {
			if h.VirtualHost == "" {
				h.VirtualHost = name
			}
		}
	case health.SMTP:
		c.smtpHosts(h.Target)
	case health.Misc:
		if h.Misc.Timeout == 0 {
			h.Misc.Timeout = h.Interval
		}
	case health.BFD, health.File:
		// They are told, and connect to nothing.
		return health.Check{Kind: c.Kind, Alpha: h.Alpha, BFD: h.BFD, File: h.File}
	}
	return h
}

// defaultRetries is retry where none is given.
func defaultRetries(k health.Kind) int {
	switch k {
	case health.DNS:
		return 3
	case health.Misc:
		return 0
	}
	return 1
}

// defaultRetryDelay is delay_before_retry where none is given.
func defaultRetryDelay(k health.Kind, interval time.Duration) time.Duration {
	switch k {
	case health.HTTP, health.SSL:
		return 3 * time.Second
	case health.DNS:
		return interval
	}
	return time.Second
}
