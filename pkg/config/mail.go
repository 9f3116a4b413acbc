package config

import (
	"net/netip"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/syntax"
)

// Mail is how notifications by mail are sent.
type Mail struct {
	To []string
	// From is the sender; empty is root at the name of this machine.
	From string
	// Server is the SMTP server. Its address is the zero Addr where ServerName
	// is to be looked up, and where there is none.
	Server     netip.AddrPort
	ServerName string
	// Hello is the name to greet the server with, empty for this machine's.
	Hello string
	// Timeout bounds the connection to it.
	Timeout time.Duration
	// VRRP, Checker and Quorum are whether mails are sent about instances, real
	// servers and the quorum of services that do not say.
	VRRP, Checker, Quorum bool
	// NoFaults leaves out those about the FAULT state.
	NoFaults bool
	// ServersOnly leaves out those about single checks: there is one when the
	// real server comes or goes.
	ServersOnly bool
}

// alerts are what global_defs says of smtp_alert; nil is nothing.
type alerts struct{ all, vrrp, checker *bool }

func mailKeywords() []Keyword {
	return []Keyword{
		{Name: "notification_email", Shape: syntax.List, Effect: true, decode: (*decoder).mailTo, repeats: true,
			Doc: "addresses that are told of state changes, one on each line"},
		{Name: "notification_email_from", Args: "ADDRESS", Default: "root@HOSTNAME", Effect: true, decode: (*decoder).mailFrom,
			Doc: "sender of those mails"},
		{Name: "smtp_server", Args: "ADDRESS|NAME [PORT]", Need: 1, Default: "port 25", Effect: true, decode: (*decoder).mailServer,
			Doc: "server that those mails go to"},
		{Name: "smtp_connect_timeout", Args: "SECONDS", Need: 1, Default: "30", Unit: "s", Limits: whole(0, 4294), Effect: true, decode: (*decoder).mailTimeout,
			Doc: "time to connect to the mail server, and for each mail"},
		{Name: "smtp_helo_name", Args: "NAME", Default: "the host name", Effect: true, decode: (*decoder).mailHello,
			Doc: "name to greet the mail server with"},
		{Name: "smtp_alert", Args: "[BOOL]", Default: "off for instances and virtual servers, on for real servers", Effect: true, decode: alert(func(a *alerts) **bool { return &a.all }),
			Doc: "send mails, unless a block says otherwise"},
		{Name: "smtp_alert_vrrp", Args: "[BOOL]", Default: "smtp_alert", Effect: true, decode: alert(func(a *alerts) **bool { return &a.vrrp }),
			Doc: "send mails about instances, unless a block says otherwise"},
		{Name: "smtp_alert_checker", Args: "[BOOL]", Default: "smtp_alert", Effect: true, decode: alert(func(a *alerts) **bool { return &a.checker }),
			Doc: "send mails about virtual and real servers, unless a block says otherwise"},
		{Name: "no_email_faults", Effect: true, decode: flag(in(func(g *Global) *bool { return &g.Mail.NoFaults })),
			Doc: "send no mails about the FAULT state"},
		{Name: "no_checker_emails", Args: "[BOOL]", Default: "off", Effect: true, decode: toggle(in(func(g *Global) *bool { return &g.Mail.ServersOnly })),
			Doc: "send mails when a real server comes or goes, and none about its single checks"},
	}
}

func (d *decoder) mailTo(k *Keyword, s *syntax.Statement) {
	if len(s.Body()) == 0 {
		d.fault("empty-block", d.endOf(s), "%s is empty", k.Name)
	}
	for _, l := range s.Body() {
		for _, w := range l.Words {
			d.config.Global.Mail.To = append(d.config.Global.Mail.To, w.Text)
		}
	}
}

func (d *decoder) mailFrom(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) == 0 {
		d.fault("value", s.Range(), "%s without an address; keepalived ignores it", k.Name)
		return
	}
	d.config.Global.Mail.From = s.Arg(0)
}

func (d *decoder) mailServer(k *Keyword, s *syntax.Statement) {
	port := 25.0
	if len(s.Args()) > 1 {
		var ok bool
		if port, ok = d.numberAt(ports, s.AtArg(1), "port", s.Arg(1), "ignores the server"); !ok {
			return
		}
	}
	if a, ok := address(s.Arg(0)); ok {
		d.config.Global.Mail.Server, d.config.Global.Mail.ServerName = netip.AddrPortFrom(a, uint16(port)), ""
		return
	}
	if strings.Contains(s.Arg(0), ".") && !strings.Contains(s.Arg(0), "/") || s.Arg(0) == "localhost" {
		// Whether a name resolves is not for the text to say.
		d.config.Global.Mail.Server = netip.AddrPortFrom(netip.Addr{}, uint16(port))
		d.config.Global.Mail.ServerName = s.Arg(0)
		return
	}
	d.fault("address", s.AtArg(0), "%s is neither an address nor the name of a mail server; keepalived ignores it", clip(s.Arg(0)))
}

func (d *decoder) mailTimeout(k *Keyword, s *syntax.Statement) {
	t, ok := d.seconds(k, s, "ignores it")
	if ok && t == 0 {
		d.fault("number", s.AtArg(0), "%s must be greater than 0; keepalived uses 1", k.Name)
		t = seconds(1)
	}
	if ok {
		d.config.Global.Mail.Timeout = t
	}
}

// mailHello takes a keyword without a name as nothing, as keepalived does.
func (d *decoder) mailHello(_ *Keyword, s *syntax.Statement) {
	if len(s.Args()) > 0 {
		d.config.Global.Mail.Hello = s.Arg(0)
	}
}

func alert(field func(*alerts) **bool) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		if b, ok := d.boolean(k, s); ok {
			*field(&d.globals.alerts) = &b
		}
	}
}

func (d *decoder) finishMail() {
	m, a := &d.config.Global.Mail, d.globals.alerts
	if m.Timeout == 0 {
		m.Timeout = 30 * time.Second
	}
	m.VRRP = or(a.vrrp, or(a.all, false))
	m.Checker = or(a.checker, or(a.all, true))
	m.Quorum = or(a.checker, or(a.all, false))
}
