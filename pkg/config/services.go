package config

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/lvs"
)

// finishServices gives the services their defaults and keeps those that
// keepalived runs.
func (d *decoder) finishServices() {
	out := &d.config.LVS
	first := map[lvs.ServiceKey]*service{}
	index := map[lvs.ServiceKey]int{} // in out.Services
	for _, s := range d.services {
		if s.sctp || !d.finishService(s) {
			continue
		}
		was := first[s.Key]
		if was == nil {
			first[s.Key], index[s.Key] = s, len(out.Services)
			out.Services = append(out.Services, s.VirtualServer)
			continue
		}
		x := d.warn("duplicate-service", s.statement.Range(), "virtual_server %s is defined already; keepalived adds its real servers to the first one", s.Key)
		x.Related = []diag.Related{{Range: was.statement.Range(), Message: "first defined here"}}
		merge(&out.Services[index[s.Key]], s.Reals)
	}
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

func (d *decoder) finishService(s *service) bool {
	at := s.statement.Range()
	if len(s.reals) == 0 {
		d.fault("no-real-server", at, "virtual_server %s has no real servers; keepalived ignores it", s.Key.Addr)
		return false
	}
	if s.Key.Protocol == 0 {
		s.Key.Protocol = lvs.UDP
		d.fault("no-protocol", at, "virtual_server %s has no protocol; keepalived uses UDP", s.Key.Addr).Hint = "write protocol TCP, or UDP"
	}
	if s.Scheduler == "" {
		s.Scheduler = "wlc"
		d.fault("no-scheduler", at, "virtual_server %s has no scheduler; keepalived uses wlc", s.Key.Addr).Hint = "write lvs_sched wlc"
	}
	if s.method == 0 {
		s.method = lvs.NAT
		d.fault("no-method", at, "virtual_server %s has no forwarding method; keepalived uses NAT", s.Key.Addr).Hint = "write lvs_method NAT"
	}
	if s.Key.Addr.Port() == 0 && s.Persistence == 0 {
		s.Persistence = defaultPersistence
		d.fault("no-port", at, "virtual_server %s has no port, which needs persistence; keepalived turns that on", s.Key.Addr.Addr()).Hint = "write the port"
	}
	d.finishSorry(s)
	total, seen := 0, make(map[netip.AddrPort]*real, len(s.reals))
	for _, r := range s.reals {
		if !d.finishReal(s, r, seen) {
			continue
		}
		s.Reals = append(s.Reals, r.RealServer)
		total += r.Weight
	}
	if total == 0 {
		d.fault("weights", at, "the weights of virtual_server %s are 0 in all: it never has a quorum", s.Key.Addr)
	}
	return true
}

func (d *decoder) finishSorry(s *service) {
	if s.Sorry == nil {
		return
	}
	s.Sorry.Forward = s.method
	s.Sorry.Addr = d.samePort(s, s.Sorry.Addr, s.method, s.sorryAt.Range())
}

// samePort gives a server the service's port, where the kernel leaves the port
// of a packet alone.
func (d *decoder) samePort(s *service, addr netip.AddrPort, f lvs.Forward, at diag.Range) netip.AddrPort {
	port := s.Key.Addr.Port()
	if f == lvs.NAT || addr.Port() == port {
		if addr.Port() == 0 {
			return netip.AddrPortFrom(addr.Addr(), port)
		}
		return addr
	}
	if addr.Port() != 0 {
		d.fault("port", at, "%s forwards to the service's port %d; keepalived resets port %d to it", f, port, addr.Port())
	}
	return netip.AddrPortFrom(addr.Addr(), port)
}

func (d *decoder) finishReal(s *service, r *real, seen map[netip.AddrPort]*real) bool {
	at := r.statement.Range()
	if first := seen[r.Addr]; first != nil {
		x := d.fault("duplicate-real-server", at, "real_server %s is given twice; keepalived ignores this one", r.Addr)
		x.Related = []diag.Related{{Range: first.statement.Range(), Message: "first given here"}}
		return false
	}
	seen[r.Addr] = r
	for _, c := range r.checks {
		r.Checks = append(r.Checks, c.settings(s, r))
	}
	r.Forward = s.method
	if r.method != 0 {
		r.Forward = r.method
	}
	r.Addr = d.samePort(s, r.Addr, r.Forward, at)
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
