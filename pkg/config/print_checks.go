package config

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/health"
)

// check writes a check with all that holds for it.
func (p *printer) check(c health.Check) {
	p.block(c.Kind.String(), func() {
		switch c.Kind {
		case health.BFD:
			p.line("name", c.BFD)
			p.onOff("alpha", c.Alpha)
			return
		case health.File:
			p.file(c.File)
			return
		case health.Misc:
			p.misc(c.Misc)
		default:
			p.connection(c.Target, c.Bind, c.Device, c.Mark)
			p.time("connect_timeout", c.Timeout, time.Second)
		}
		switch c.Kind {
		case health.HTTP, health.SSL:
			p.web(c)
		case health.SMTP:
			p.greeting(c.SMTP)
		case health.DNS:
			p.line("type", c.DNS.Type)
			p.line("name", c.DNS.Name)
		case health.UDP:
			p.exchange(c.UDP)
		}
		p.onOff("alpha", c.Alpha)
		p.onOff("log_all_failures", c.LogAllFailures)
		p.time("delay_loop", c.Interval, time.Second)
		p.line("retry", c.Retries)
		p.time("delay_before_retry", c.RetryDelay, time.Second)
		p.time("warmup", c.Warmup, time.Second)
	})
}

func (p *printer) connection(to, from netip.AddrPort, device string, mark uint32) {
	if a := from.Addr(); !a.IsValid() || a.Is4() == to.Addr().Is4() {
		p.line("connect_ip", to.Addr())
	} // else it is the real server's, and saying so would be refused
	if to.Port() != 0 {
		p.line("connect_port", to.Port())
	}
	if from.Addr().IsValid() {
		p.line("bindto", from.Addr())
	}
	if from.Port() != 0 {
		p.line("bind_port", from.Port())
	}
	p.given("bind_if", device)
	p.line("fwmark", mark)
}

func (p *printer) web(c health.Check) {
	if !hasOuterHost(c) {
		p.given("virtualhost", c.VirtualHost)
	}
	p.line("http_protocol", c.HTTP.Version)
	p.onOff("fast_recovery", c.HTTP.FastRecovery)
	p.onOff("enable_sni", c.HTTP.SNI)
	p.given("sni_name", c.HTTP.ServerName)
	p.set("tls_compliant", c.HTTP.TLSCompliant)
	for _, u := range c.URLs {
		p.block("url", func() {
			p.line("path", u.Path)
			p.given("virtualhost", u.VirtualHost)
			p.given("digest", u.Digest)
			var codes []any
			for _, r := range u.Statuses {
				codes = append(codes, fmt.Sprintf("%d-%d", r.First, r.Last))
			}
			p.line("status_code", codes...)
			p.set("tls_compliant", u.TLSCompliant)
			if u.Regex != nil {
				p.regex(u.Regex)
			}
		})
	}
}

func (p *printer) regex(r *health.Regex) {
	p.given("regex", r.Pattern)
	p.set("regex_no_match", r.NoMatch)
	if len(r.Options) > 0 {
		var options []any
		for _, o := range r.Options {
			options = append(options, o)
		}
		p.line("regex_options", options...)
	}
	p.line("regex_min_offset", r.MinOffset)
	p.line("regex_max_offset", r.MaxOffset)
	if r.StackMax > 0 {
		p.line("regex_stack", r.StackStart, r.StackMax)
	}
}

func (p *printer) greeting(g *health.SMTPOptions) {
	p.line("helo_name", g.Helo)
	for _, h := range g.Hosts {
		p.block("host", func() { p.connection(h.Target, h.Bind, h.Device, h.Mark) })
	}
}

func (p *printer) exchange(x *health.UDPExchange) {
	p.given("payload", hex.EncodeToString(x.Payload))
	if x.RequireReply {
		if len(x.Reply) > 0 {
			p.line("require_reply", wildHex(x.Reply, x.Mask))
		} else {
			p.line("require_reply")
		}
	}
	p.line("min_reply_length", x.MinReply)
	p.line("max_reply_length", x.MaxReply)
}

// wildHex writes b with an X for each digit that is not in mask.
func wildHex(b, mask []byte) string {
	text := []byte(hex.EncodeToString(b))
	for i := range text {
		if mask[i/2]<<(4*(i%2))&0xf0 == 0 {
			text[i] = 'X'
		}
	}
	return string(text)
}

func (p *printer) misc(m *health.MiscProgram) {
	p.line("misc_path", raw(commandText(m.Command.Words)))
	switch {
	case m.Command.Group != "":
		p.line("user", m.Command.User, m.Command.Group)
	case m.Command.User != "":
		p.line("user", m.Command.User)
	}
	p.time("misc_timeout", m.Timeout, time.Second)
	p.set("misc_dynamic", m.Dynamic)
}

func (p *printer) file(f *health.TrackedFile) {
	p.line("track_file", f.Name)
	switch {
	case f.Weight != nil && f.Reverse:
		p.line("weight", *f.Weight, "reverse")
	case f.Weight != nil:
		p.line("weight", *f.Weight)
	}
}
