package config

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/syntax"
)

// defaultHelo is what keepalived calls itself.
const defaultHelo = "smtpchecker.keepalived.org"

func smtpKeywords() []Keyword {
	return append([]Keyword{
		{Name: "helo_name", Args: "NAME", Default: defaultHelo, decode: (*decoder).heloName,
			Doc: "name to greet with"},
		{Name: "host", Shape: syntax.Block, decode: (*decoder).smtpHost, Inside: connectKeywords(), repeats: true,
			Doc: "an address to check instead of the real server's; there may be several"},
	}, connectKeywords()...)
}

func (d *decoder) smtpCheck(k *Keyword, s *syntax.Statement) {
	c := d.beginCheck(health.SMTP, k, s)
	if c.SMTP == nil {
		c.SMTP = &health.SMTPOptions{Helo: defaultHelo}
	}
	if a := c.bind.Addr(); a.IsValid() && !c.connectIP.IsValid() && len(c.hosts) == 0 && a.Is4() != d.real.Addr.Addr().Is4() {
		d.warn("address-family", s.AtName(), "bindto %s is of another family than the real server: the check always fails", a)
	}
	d.endCheck(c)
}

func (d *decoder) heloName(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) == 0 {
		d.fault("value", s.Range(), "helo_name without a name; keepalived ignores it").Hint = "write helo_name NAME"
		return
	}
	d.check.SMTP = &health.SMTPOptions{Helo: s.Arg(0)}
}

func (d *decoder) smtpHost(k *Keyword, s *syntax.Statement) {
	c := d.check
	host := connection{target: d.real.Addr.Addr()}
	d.connection = &host
	d.inside(k, s, k.Name)
	d.connection = &c.connection
	d.checkLinkLocal(&host, s)
	c.hosts = append(c.hosts, host)
}

// smtpHosts gives the hosts of c their defaults: what the check itself has.
func (c *check) smtpHosts(target netip.AddrPort) {
	c.SMTP.Hosts = nil
	for _, h := range c.hosts {
		c.SMTP.Hosts = append(c.SMTP.Hosts, health.Host{Target: h.to(target), Bind: h.bind, Device: h.device, Mark: h.mark})
	}
}
