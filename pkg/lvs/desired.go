package lvs

import (
	"net/netip"
	"time"
)

// A State says what the checks found, as far as the table depends on it.
type State interface {
	// Real returns the weight of real server r, which k finds, and whether it is
	// up.
	Real(k RealKey, r *RealServer) (weight int, up bool)
	// Quorum reports whether the real servers of a virtual server suffice.
	Quorum(VirtualKey) bool
}

// Desired returns the table that s asks for in state. Of two services with one
// ID the first counts.
func (s Settings) Desired(state State) Table {
	services, _ := s.expand()
	t := make(Table, len(services))
	for _, w := range services {
		t[w.id] = w.desired(state)
	}
	return t
}

// desired returns the entry of the table that w asks for in state. A server that
// is down leaves the table, or stays with weight 0 if it is to be inhibited.
// Without the quorum the sorry server, where there is one, replaces those that are
// up. Of two equal real servers the first counts.
func (w wanted) desired(state State) Service {
	s, key := w.service(w.id), w.Key()
	sorry := w.Sorry != nil && !state.Quorum(key)
	for i := range w.Reals {
		r := &w.Reals[i]
		addr := r.at(w.id)
		if _, ok := s.Destinations[addr]; ok {
			continue
		}
		d := r.destination()
		weight, up := state.Real(RealKey{key, r.Addr}, r)
		d.Weight = weight
		switch {
		case !up:
			if d.Weight = 0; r.Inhibit {
				s.Destinations[addr] = d
			}
		case !sorry:
			s.Destinations[addr] = d
		}
	}
	if sorry {
		s.Destinations[w.Sorry.at(w.id)] = w.Sorry.destination()
	}
	return s
}

// service returns the entry of the table at id without destinations, in the form
// that reading it back from the kernel gives: whole seconds, and no netmask that
// covers all of an address.
func (v VirtualServer) service(id ServiceID) Service {
	s := Service{
		Scheduler:    v.Scheduler,
		Flags:        v.Flags,
		OnePacket:    v.OnePacket,
		Persistence:  (v.Persistence + time.Second - 1).Truncate(time.Second),
		Engine:       v.Engine,
		Destinations: make(map[netip.AddrPort]Destination, len(v.Reals)),
	}
	// A group may have addresses of both families.
	if v.Netmask.Is6() == id.Is6() && v.Netmask != netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		s.Netmask = v.Netmask
	}
	return s
}

// destination returns what the kernel should have of r while it is up.
func (r RealServer) destination() Destination {
	d := Destination{Forward: r.Forward, Weight: r.Weight, UpperThreshold: r.UpperThreshold, LowerThreshold: r.LowerThreshold}
	if r.Forward == TUN {
		d.Tunnel = r.Tunnel
	}
	return d
}

// at returns the address of r in the service at id. Only NAT can reach another
// port than the service's, which for a mark is 0.
func (r RealServer) at(id ServiceID) netip.AddrPort {
	if r.Forward == NAT {
		return r.Addr
	}
	return netip.AddrPortFrom(r.Addr.Addr(), id.Addr.Port())
}
