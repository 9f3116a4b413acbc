package config

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

// services writes virtual_server_group and virtual_server.
func (p *printer) services(c *Config) {
	for _, g := range c.LVS.Groups {
		p.group(g)
	}
	for _, v := range c.LVS.Services {
		p.service(v)
	}
}

func (p *printer) group(g lvs.Group) {
	p.block("virtual_server_group", func() {
		for _, e := range g.Entries {
			family := familyNames[e.Family]
			switch {
			case e.First.IsValid() && e.Last != e.First:
				p.line(fmt.Sprintf("%s-%s", e.First, e.Last), e.Port)
			case e.First.IsValid():
				p.line(e.First.String(), e.Port)
			case family != "":
				p.line("fwmark", e.Mark, family)
			default:
				p.line("fwmark", e.Mark)
			}
		}
	}, g.Name)
}

var familyNames = map[uint8]string{4: "inet", 6: "inet6"}

func (p *printer) service(v lvs.VirtualServer) {
	head := []any{v.ID.Addr.Addr(), v.ID.Addr.Port()}
	switch {
	case v.ID.Mark != 0:
		head = []any{"fwmark", v.ID.Mark}
	case v.Group != "":
		head = []any{"group", v.Group}
	}
	p.block("virtual_server", func() {
		if v.ID.Protocol != 0 {
			p.line("protocol", v.ID.Protocol)
		}
		if v.ID.Family != 0 {
			p.line("ip_family", familyNames[v.ID.Family])
		}
		p.line("lvs_sched", v.Scheduler)
		p.schedulerFlags(v)
		// Every server says its own method; the service's is that of servers to
		// come.
		method, tunnel := lvs.NAT, lvs.Tunnel{}
		if len(v.Reals) > 0 {
			method, tunnel = v.Reals[0].Forward, v.Reals[0].Tunnel
		}
		p.method("lvs_method", method, tunnel)
		p.persistence(v)
		p.set("ops", v.OnePacket)
		p.set("alpha", v.Alpha)
		p.set("omega", v.Omega)
		p.set("ha_suspend", v.HASuspend)
		p.line("quorum", v.Quorum)
		p.line("hysteresis", v.Hysteresis)
		p.program("quorum_up", v.QuorumUp)
		p.program("quorum_down", v.QuorumDown)
		p.choice("smtp_alert", v.SMTPAlert)
		p.given("snmp_name", v.SNMPName)
		for _, r := range v.Reals {
			if c, ok := outerHost(r); ok {
				p.given("virtualhost", c.HTTP.ServerHost)
				break
			}
		}
		if s := v.Sorry; s != nil {
			p.line("sorry_server", s.Addr.Addr(), s.Addr.Port())
			p.method("sorry_server_lvs_method", s.Forward, s.Tunnel)
			p.set("sorry_server_inhibit", v.SorryInhibit)
		}
		for _, r := range v.Reals {
			p.real(r)
		}
	}, head...)
}

func (p *printer) schedulerFlags(v lvs.VirtualServer) {
	for bit := range 3 {
		p.set(fmt.Sprintf("flag-%d", bit+1), v.Flags&(1<<bit) != 0)
	}
	p.set("hashed", v.Hashed)
}

func (p *printer) persistence(v lvs.VirtualServer) {
	if v.Persistence > 0 {
		p.line("persistence_timeout", number(v.Persistence.Seconds()))
	}
	switch m := v.Netmask; {
	case m.Is4():
		p.line("persistence_granularity", m)
	case m.IsValid():
		p.line("persistence_granularity", ones(m))
	}
	p.given("persistence_engine", v.Engine)
}

// ones is the length of the mask m.
func ones(m netip.Addr) int {
	for n := range 128 {
		if netip.PrefixFrom(allOnes, n).Masked().Addr() == m {
			return n
		}
	}
	return 128
}

func (p *printer) real(r lvs.RealServer) {
	p.block("real_server", func() {
		p.line("weight", r.Weight)
		p.method("lvs_method", r.Forward, r.Tunnel)
		p.onOff("inhibit_on_failure", r.Inhibit)
		p.onOff("alpha", r.Alpha)
		p.line("uthreshold", r.UpperThreshold)
		p.line("lthreshold", r.LowerThreshold)
		p.program("notify_up", r.NotifyUp)
		p.program("notify_down", r.NotifyDown)
		p.choice("smtp_alert", r.SMTPAlert)
		p.given("snmp_name", r.SNMPName)
		if c, ok := outerHost(r); ok {
			p.given("virtualhost", c.VirtualHost)
		}
		for _, c := range r.Checks {
			p.check(c)
		}
	}, r.Addr.Addr(), r.Addr.Port())
}

// outerHost returns a check of r, if it has one, whose virtual host is that of the
// real server: what goes into its TLS handshake is the service's.
func outerHost(r lvs.RealServer) (health.Check, bool) {
	i := slices.IndexFunc(r.Checks, hasOuterHost)
	if i < 0 {
		return health.Check{}, false
	}
	return r.Checks[i], true
}

func hasOuterHost(c health.Check) bool {
	return c.Kind == health.SSL && c.HTTP.SNI && c.HTTP.ServerHost != c.VirtualHost
}

// method writes a forwarding method with its tunnel.
func (p *printer) method(name string, f lvs.Forward, t lvs.Tunnel) {
	values := []any{f}
	if f == lvs.TUN {
		values = append(values, "type", t.Type)
		if t.Type == lvs.GUE {
			values = append(values, "port", t.Port)
		}
		if t.Type != lvs.IPIP {
			values = append(values, t.Checksum)
		}
	}
	p.line(name, values...)
}

// choice writes a boolean, if it is not left to others.
func (p *printer) choice(name string, b *bool) {
	if b != nil {
		p.onOff(name, *b)
	}
}
