package ipvs

import (
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/lvs"
)

// Since gives the services and destinations of l rates from their counters and
// those of an earlier listing of the same table. What was not in that one keeps
// the kernel's estimate, and so do all if no time has passed.
func (l *Listing) Since(earlier *Listing, elapsed time.Duration) {
	if elapsed <= 0 {
		return
	}
	was := make(map[lvs.ServiceID]*Service, len(earlier.Services))
	for i := range earlier.Services {
		was[earlier.Services[i].ServiceID] = &earlier.Services[i]
	}
	for i := range l.Services {
		s := &l.Services[i]
		before := was[s.ServiceID]
		if before == nil {
			continue
		}
		s.Stats.since(before.Stats, elapsed)
		dests := make(map[netip.AddrPort]Stats, len(before.Destinations))
		for _, d := range before.Destinations {
			dests[d.Addr] = d.Stats
		}
		for j := range s.Destinations {
			d := &s.Destinations[j]
			if stats, ok := dests[d.Addr]; ok {
				d.Stats.since(stats, elapsed)
			}
		}
	}
}

func (s *Stats) since(earlier Stats, elapsed time.Duration) {
	per := func(now, before uint64) uint64 {
		if now < before { // set to zero, or made anew, meanwhile
			before = 0
		}
		return uint64(float64(now-before)/elapsed.Seconds() + 0.5)
	}
	now, before := s.Total, earlier.Total
	s.Rate = Counters{
		Connections: per(now.Connections, before.Connections),
		InPackets:   per(now.InPackets, before.InPackets),
		OutPackets:  per(now.OutPackets, before.OutPackets),
		InBytes:     per(now.InBytes, before.InBytes),
		OutBytes:    per(now.OutBytes, before.OutBytes),
	}
}
