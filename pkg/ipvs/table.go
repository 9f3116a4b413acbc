package ipvs

import (
	"context"
	"net/netip"

	"github.com/kactl/kactl/pkg/lvs"
)

// Table reads the whole table.
func (h *Handle) Table(ctx context.Context) (lvs.Table, error) {
	// In full: each answer of netlink is of one moment, which the pages of /proc
	// are not.
	l, err := h.List(ctx, Query{Full: true})
	if err != nil {
		return nil, err
	}
	return l.Table(), nil
}

// Table returns what can be configured of a listing that was read in full.
func (l *Listing) Table() lvs.Table {
	t := make(lvs.Table, len(l.Services))
	for i := range l.Services {
		s := &l.Services[i]
		service := lvs.Service{
			Scheduler:    s.Scheduler,
			Flags:        s.schedulerBits(),
			OnePacket:    s.Flags&FlagOnePacket != 0,
			Persistence:  s.Persistence,
			Netmask:      s.Netmask,
			Engine:       s.Engine,
			Destinations: make(map[netip.AddrPort]lvs.Destination, len(s.Destinations)),
		}
		for _, d := range s.Destinations {
			service.Destinations[d.Addr] = lvs.Destination{
				Forward:        d.Method.Forward(),
				Weight:         d.Weight,
				Tunnel:         d.Tunnel,
				UpperThreshold: int(d.UpperThreshold),
				LowerThreshold: int(d.LowerThreshold),
			}
		}
		t[s.ServiceID] = service
	}
	return t
}
