package config

import (
	"net/netip"
	"strings"

	"github.com/kactl/kactl/pkg/syntax"
)

func mailKeywords() []Keyword {
	return []Keyword{
		{Name: "notification_email", Shape: syntax.List, Support: Accepted, decode: (*decoder).mailTo, repeats: true,
			Doc: "addresses that are told of state changes, one on each line"},
		{Name: "notification_email_from", Args: "ADDRESS", Default: "keepalived@HOSTNAME", Support: Accepted, decode: (*decoder).mailFrom,
			Doc: "sender of those mails"},
		{Name: "smtp_server", Args: "ADDRESS|NAME [PORT]", Need: 1, Default: "port 25", Support: Accepted, decode: (*decoder).mailServer,
			Doc: "server that those mails go to"},
		{Name: "smtp_connect_timeout", Args: "SECONDS", Need: 1, Default: "30", Unit: "s", Limits: whole(0, 4294), Support: Accepted, decode: (*decoder).mailTimeout,
			Doc: "time to connect to the mail server"},
		{Name: "smtp_helo_name", Args: "NAME", Default: "the host name", Support: Accepted, decode: ignored,
			Doc: "name to greet the mail server with"},
		{Name: "smtp_alert", Args: "[BOOL]", Support: Accepted, decode: (*decoder).flag,
			Doc: "send mails, unless a block says otherwise"},
		{Name: "smtp_alert_vrrp", Args: "[BOOL]", Support: Accepted, decode: (*decoder).flag,
			Doc: "send mails about instances, unless a block says otherwise"},
		{Name: "smtp_alert_checker", Args: "[BOOL]", Support: Accepted, decode: (*decoder).flag,
			Doc: "send mails about real servers, unless a block says otherwise"},
		{Name: "no_email_faults", Support: Accepted, decode: ignored,
			Doc: "send no mails about the FAULT state"},
	}
}

// ignored decodes a keyword that has no effect and cannot be wrong.
func ignored(*decoder, *Keyword, *syntax.Statement) {}

// flag decodes a BOOL that has no effect.
func (d *decoder) flag(k *Keyword, s *syntax.Statement) { d.boolean(k, s) }

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
		d.config.Global.Mail.Server = netip.AddrPortFrom(a, uint16(port))
		return
	}
	if strings.Contains(s.Arg(0), ".") || s.Arg(0) == "localhost" {
		return // a name; whether it resolves is not for the text to say
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
