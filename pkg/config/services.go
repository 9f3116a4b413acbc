package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// finishServices gives the services their defaults and keeps those that
// keepalived runs.
func (d *decoder) finishServices() {
	out := &d.config.LVS
	out.Services = slices.Grow(out.Services, len(d.services))
	for _, g := range d.balanced {
		out.Groups = append(out.Groups, g.Group)
	}
	type place struct {
		service *service
		index   int
	}
	first := make(map[lvs.VirtualKey]place, len(d.services))
	seen := map[netip.AddrPort]*real{}
	for _, s := range d.services {
		if !d.finishService(s, seen) {
			continue
		}
		was, ok := first[s.Key()]
		if !ok {
			first[s.Key()] = place{s, len(out.Services)}
			out.Services = append(out.Services, s.VirtualServer)
			continue
		}
		x := d.warn("duplicate-service", s.statement.Range(), "virtual_server %s is defined already; keepalived adds its real servers to the first one", s.name())
		x.Related = []diag.Related{{Range: was.service.statement.Range(), Message: "first defined here"}}
		merge(&out.Services[was.index], s.Reals)
	}
}

// name is what s is called in messages.
func (s *service) name() string {
	switch {
	case s.ID.Mark != 0:
		return fmt.Sprintf("fwmark %d", s.ID.Mark)
	case s.Group != "":
		return "group " + clip(s.Group)
	case s.ID.Protocol != 0:
		return s.ID.String()
	}
	return s.ID.Addr.String()
}

// merge adds to v the real servers that it does not have.
func merge(v *lvs.VirtualServer, reals []lvs.RealServer) {
	has := map[netip.AddrPort]bool{}
	for _, r := range v.Reals {
		has[r.Addr] = true
	}
	for _, r := range reals {
		if !has[r.Addr] {
			v.Reals = append(v.Reals, r)
		}
	}
}

// finishService reports whether keepalived runs s. It works with seen, an empty
// map.
func (d *decoder) finishService(s *service, seen map[netip.AddrPort]*real) bool {
	at := s.statement.Range()
	if len(s.reals) == 0 {
		d.fault("no-real-server", at, "virtual_server %s has no real servers; keepalived ignores it", s.name())
		return false
	}
	if s.Group != "" {
		d.finishBalanced(s)
	}
	if s.ID.Mark != 0 {
		d.finishMark(s)
	} else if s.ID.Protocol == 0 {
		d.fault("no-protocol", at, "virtual_server %s has no protocol; keepalived uses UDP", s.name()).Hint = "write protocol TCP, or UDP"
		s.ID.Protocol = lvs.UDP
	}
	if s.Scheduler == "" {
		s.Scheduler = "wlc"
		d.fault("no-scheduler", at, "virtual_server %s has no scheduler; keepalived uses wlc", s.name()).Hint = "write lvs_sched wlc"
	}
	if s.method == 0 {
		s.method = lvs.NAT
		d.fault("no-method", at, "virtual_server %s has no forwarding method; keepalived uses NAT", s.name()).Hint = "write lvs_method NAT"
	}
	if s.ID.Addr.IsValid() && s.ID.Addr.Port() == 0 && s.Persistence == 0 {
		s.Persistence, s.noPort = defaultPersistence, true
		d.fault("no-port", at, "virtual_server %s has no port, which needs persistence; keepalived turns that on", s.ID.Addr.Addr()).Hint = "write the port"
	}
	if s.OnePacket && s.ID.Mark == 0 && s.ID.Protocol != lvs.UDP {
		s.OnePacket = false
		d.fault("one-packet", s.opsAt.Range(), "ops is for UDP; keepalived clears it")
	}
	d.finishSorry(s)
	total := 0
	s.Reals = slices.Grow(s.Reals, len(s.reals))
	for _, r := range s.reals {
		if !d.finishReal(s, r, seen) {
			continue
		}
		s.Reals = append(s.Reals, r.RealServer)
		total += r.Weight
	}
	clear(seen)
	d.allKeptOut(s)
	d.finishQuorum(s, total)
	if total == 0 && !s.oddWeight {
		d.fault("weights", at, "the weights of virtual_server %s are 0 in all: it never has a quorum", s.name())
	}
	return true
}

func (d *decoder) finishSorry(s *service) {
	if s.Sorry == nil {
		return
	}
	s.Sorry.Forward, s.Sorry.Tunnel = s.method, s.tunnel
	if s.sorryMethod != 0 {
		s.Sorry.Forward, s.Sorry.Tunnel = s.sorryMethod, s.sorryTunnel
	}
	s.Sorry.Addr = d.samePort(s, s.Sorry.Addr, s.Sorry.Forward, s.sorryAt.Range())
}

// finishMark takes from a service by firewall mark what it cannot have.
func (d *decoder) finishMark(s *service) {
	if s.protocolAt != nil {
		d.fault("mark-protocol", s.protocolAt.Range(), "a service by firewall mark has no protocol; keepalived ignores it").Hint = "remove it"
		s.ID.Protocol = 0
	}
	if s.suspendAt != nil {
		d.fault("mark-suspend", s.suspendAt.Range(), "a service by firewall mark has no address to wait for; keepalived clears ha_suspend")
		s.HASuspend = false
	}
}

// samePort gives a server the service's port, where the kernel leaves the port
// of a packet alone.
func (d *decoder) samePort(s *service, addr netip.AddrPort, f lvs.Forward, at diag.Range) netip.AddrPort {
	switch {
	case s.Group != "": // finishBalanced looks at these
		return addr
	case s.ID.Mark != 0:
		if f == lvs.NAT {
			return addr
		}
		if addr.Port() != 0 {
			d.fault("port", at, "a service by firewall mark has no port; keepalived clears port %d", addr.Port()).Hint = "remove the port"
		}
		return netip.AddrPortFrom(addr.Addr(), 0)
	}
	port := s.ID.Addr.Port()
	if f == lvs.NAT || addr.Port() == port {
		if addr.Port() == 0 {
			return netip.AddrPortFrom(addr.Addr(), port)
		}
		return addr
	}
	if addr.Port() != 0 && (!s.noPort || d.policy == syntax.Keepalived) {
		d.fault("port", at, "%s forwards to the service's port %d; keepalived resets port %d to it", f, port, addr.Port())
	}
	return netip.AddrPortFrom(addr.Addr(), port)
}

// hasSubject tells whether what a check looks at is there: a bfd_instance or a
// track_file may have been ignored after the check named it.
func (d *decoder) hasSubject(c *check) bool {
	switch c.Kind {
	case health.BFD:
		return d.runsBFD(c.BFD)
	case health.File:
		return slices.ContainsFunc(d.config.VRRP.Files, func(f vrrp.File) bool { return f.Name == c.File.Name })
	}
	return true
}

func (d *decoder) finishReal(s *service, r *real, seen map[netip.AddrPort]*real) bool {
	at := r.statement.Range()
	if d.sameServer(seen[r.Addr], r) {
		return false
	}
	seen[r.Addr] = r
	r.Checks = slices.Grow(r.Checks, len(r.checks))
	var idle []*check
	for _, c := range r.checks {
		if c.dropped || !d.hasSubject(c) {
			continue
		}
		r.Checks = append(r.Checks, c.settings(s, r))
		if !d.table.probed(c.Kind) {
			idle = append(idle, c)
		}
	}
	d.unprobed(s, r, idle)
	r.Alpha = or(r.alpha, s.Alpha)
	r.Forward, r.Tunnel = s.method, s.tunnel
	if r.method != 0 {
		r.Forward, r.Tunnel = r.method, r.tunnel
	}
	if addr := d.samePort(s, r.Addr, r.Forward, at); addr != r.Addr {
		if d.sameServer(seen[addr], r) {
			return false
		}
		r.Addr = addr
		seen[addr] = r
	}
	r.Weight = s.weight
	if r.weight != nil {
		r.Weight = *r.weight
	}
	r.Inhibit = s.inhibit
	if r.inhibit != nil {
		r.Inhibit = *r.inhibit
	}
	return true
}

// unprobed says what the checks of r that nothing runs yet mean for it.
func (d *decoder) unprobed(s *service, r *real, checks []*check) {
	if len(checks) == 0 || !d.table.runs(&s.VirtualServer) {
		return
	}
	if d.table.keptOut(&r.RealServer) {
		var kinds []string
		for _, c := range checks {
			kinds = append(kinds, c.Kind.String())
		}
		d.warn("not-run", r.statement.Range(), "real_server %s does not enter the table: nothing would find it down, as %s is not in force yet", r.given, strings.Join(kinds, ", ")).Hint = "add a TCP_CHECK"
		return
	}
	first := slices.IndexFunc(r.Checks, func(x health.Check) bool { return d.table.probed(x.Kind) })
	for _, c := range checks {
		d.warn("no-effect", c.statement.AtName(), "%s has no effect yet: real_server %s is up while its %s succeeds", c.Kind, r.given, r.Checks[first].Kind)
	}
}

// allKeptOut says who serves s where all real servers that could are kept out.
func (d *decoder) allKeptOut(s *service) {
	out := false
	for _, r := range s.Reals {
		kept := d.table.keptOut(&r)
		if out = out || kept; !kept && r.Weight > 0 {
			return
		}
	}
	switch {
	case !out || !d.table.runs(&s.VirtualServer):
	case s.Sorry != nil:
		d.warn("not-run", s.statement.Range(), "virtual_server %s has no real server that enters the table: its sorry server gets all clients", s.name())
	default:
		d.warn("not-run", s.statement.Range(), "virtual_server %s has no real server that enters the table, and no sorry server: nobody serves it", s.name())
	}
}

// sameServer reports r as a second of first, if there is one.
func (d *decoder) sameServer(first, r *real) bool {
	if first == nil {
		return false
	}
	var x *diag.Diagnostic
	if at := r.statement.Range(); first.given == r.given {
		x = d.fault("duplicate-real-server", at, "real_server %s is given twice; keepalived ignores this one", r.given)
	} else {
		x = d.warn("duplicate-real-server", at, "real_servers %s and %s are the same with the service's port", first.given, r.given)
	}
	x.Related = []diag.Related{{Range: first.statement.Range(), Message: "first given here"}}
	return true
}
