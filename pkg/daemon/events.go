package daemon

import (
	"time"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/notify"
	"github.com/kactl/kactl/pkg/vrrp"
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

// instanceEvents emits what the virtual routers have notify scripts run for.
type instanceEvents struct{ stream *notify.Stream }

var states = map[string]vrrp.State{notify.Master: vrrp.Master, notify.Backup: vrrp.Backup, notify.Fault: vrrp.Fault}

// Notify emits the state, or the end, of an instance.
func (e instanceEvents) Notify(cfg *vrrp.Instance, state string, priority uint8) {
	now := time.Now()
	if s, ok := states[state]; ok {
		e.stream.Emit(event.Instance{Settings: cfg, Effect: vrrp.Effect{Kind: vrrp.Transition, To: s, Priority: priority}, At: now})
	}
	e.stream.Emit(event.Settled{Settings: cfg, State: states[state], Ended: state == notify.Stop, Priority: priority, At: now})
}

// NotifyLower emits that a master heard an advert of lower priority.
func (e instanceEvents) NotifyLower(cfg *vrrp.Instance) {
	e.stream.Emit(event.LowerAdvert{Settings: cfg, At: time.Now()})
}
