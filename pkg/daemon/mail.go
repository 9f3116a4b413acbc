package daemon

import (
	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/notify"
)

// mailSettings are those of g.
func mailSettings(g *config.Global) notify.MailSettings {
	m := &g.Mail
	s := notify.MailSettings{
		To: m.To, From: m.From, Server: m.ServerName, Port: m.Server.Port(), Hello: m.Hello, Timeout: m.Timeout, RouterID: g.RouterID,
		VRRP: m.VRRP, Servers: m.Checker, Services: m.Quorum, NoFaults: m.NoFaults, ServersOnly: m.ServersOnly,
	}
	if m.Server.Addr().IsValid() {
		s.Server = m.Server.Addr().String()
	}
	return s
}
