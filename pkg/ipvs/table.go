package ipvs

import (
	"context"
	"net/netip"

	"github.com/kactl/kactl/pkg/lvs"
)

// Table reads the table as far as kactl writes it: see [Listing.Table].
func (h *Handle) Table(ctx context.Context) (lvs.Table, error) {
	// In full: each answer of netlink is of one moment, which the pages of /proc
	// are not.
	l, err := h.List(ctx, Query{Full: true})
	if err != nil {
		return nil, err
	}
	return l.Table(), nil
}

// Table returns what a configuration asks for of a listing. Services that are
// found by firewall mark are not in it: kactl neither writes nor removes them.
func (l *Listing) Table() lvs.Table {
	t := make(lvs.Table, len(l.Services))
	for _, s := range l.Services {
		key, ok := s.Key()
		if !ok {
			continue
		}
		service := lvs.Service{
			Scheduler:    s.Scheduler,
			Persistence:  s.Persistence,
			Netmask:      s.Netmask,
			Destinations: make(map[netip.AddrPort]lvs.Destination, len(s.Destinations)),
		}
		for _, d := range s.Destinations {
			service.Destinations[d.Addr] = lvs.Destination{Forward: d.Method.Forward(), Weight: d.Weight}
		}
		t[key] = service
	}
	return t
}
