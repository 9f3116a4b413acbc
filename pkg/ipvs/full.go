package ipvs

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/lvs"
)

// Full returns what is configured of a listing that was read in full, to be
// compared with a configuration.
func (l *Listing) Full() lvs.FullTable {
	t := make(lvs.FullTable, len(l.Services))
	for _, s := range l.Services {
		f := lvs.FullService{
			Scheduler:    s.Scheduler,
			Persistence:  s.Persistence,
			Netmask:      s.Netmask,
			Engine:       s.Engine,
			OnePacket:    s.Flags&FlagOnePacket != 0,
			Flags:        s.schedulerBits(),
			Destinations: make(map[netip.AddrPort]lvs.FullDestination, len(s.Destinations)),
		}
		for _, d := range s.Destinations {
			f.Destinations[d.Addr] = lvs.FullDestination{
				Destination:    lvs.Destination{Forward: d.Method.Forward(), Weight: d.Weight},
				Tunnel:         d.Tunnel,
				UpperThreshold: int(d.UpperThreshold),
				LowerThreshold: int(d.LowerThreshold),
			}
		}
		t[s.ID] = f
	}
	return t
}
