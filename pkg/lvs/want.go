package lvs

import (
	"net/netip"
	"time"
)

// Want returns the table that s asks for while up says which real servers are
// up. Of two services with one key the first counts.
func (s Settings) Want(up func(RealKey) bool) Table {
	t := make(Table, len(s.Services))
	for _, v := range s.Services {
		if _, ok := t[v.Key]; !ok {
			t[v.Key] = v.Want(up)
		}
	}
	return t
}

// Want returns the entry of the table that v asks for while up says which real
// servers are up. One that is kept out has no part in it. A server that is down leaves the table, or stays with weight
// 0 if it is to be inhibited. Below the quorum the sorry server, where there is
// one, replaces those that are up. Of two equal real servers the first counts.
func (v VirtualServer) Want(up func(RealKey) bool) Service {
	s := v.service()
	sorry := v.Sorry != nil && !v.Quorum(up)
	for _, r := range v.Reals {
		if _, ok := s.Destinations[r.Addr]; ok || r.KeptOut() {
			continue
		}
		switch {
		case !up(RealKey{v.Key, r.Addr}):
			if r.Inhibit {
				s.Destinations[r.Addr] = Destination{Forward: r.Forward}
			}
		case !sorry:
			s.Destinations[r.Addr] = Destination{Forward: r.Forward, Weight: r.Weight}
		}
	}
	if sorry {
		s.Destinations[v.Sorry.Addr] = Destination{Forward: v.Sorry.Forward, Weight: v.Sorry.Weight}
	}
	return s
}

// Quorum reports whether the real servers that are up suffice: whether the sum
// of their weights is at least 1.
func (v VirtualServer) Quorum(up func(RealKey) bool) bool { return v.Weight(up) >= 1 }

// Weight returns the sum of the weights of the real servers that are up.
func (v VirtualServer) Weight(up func(RealKey) bool) int {
	w := 0
	for _, r := range v.Reals {
		if !r.KeptOut() && up(RealKey{v.Key, r.Addr}) {
			w += r.Weight
		}
	}
	return w
}

// service returns the entry without destinations, in the form that reading it
// back from the kernel gives: whole seconds, and no netmask that covers all of
// an address.
func (v VirtualServer) service() Service {
	s := Service{
		Scheduler:    v.Scheduler,
		Persistence:  (v.Persistence + time.Second - 1).Truncate(time.Second),
		Netmask:      v.Netmask,
		Destinations: make(map[netip.AddrPort]Destination, len(v.Reals)),
	}
	if s.Netmask == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		s.Netmask = netip.Addr{}
	}
	return s
}
