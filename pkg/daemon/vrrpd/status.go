package vrrpd

import (
	"context"
	"fmt"

	"github.com/kactl/kactl/pkg/eventlog"
	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/status"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Status returns what the virtual routers are doing. It waits for the loop, and for
// what is under way on the interfaces, until ctx ends.
func (d *Daemon) Status(ctx context.Context) (status.VRRP, error) {
	var s status.VRRP
	err := d.ask(ctx, func(done func()) {
		d.loop.router.Instances(func(cfg *vrrp.Instance, m *vrrp.Machine) bool {
			if i := d.loop.instances[cfg.Name]; i != nil {
				s.Instances = append(s.Instances, i.status(m))
			}
			return true
		})
		d.loop.router.Groups(func(cfg *vrrp.SyncGroup, state vrrp.State) bool {
			s.Groups = append(s.Groups, status.Group{Name: cfg.Name, State: state, Members: cfg.Members})
			return true
		})
		done()
	})
	if err != nil {
		return status.VRRP{}, fmt.Errorf("status of the virtual routers: %w", err)
	}
	for n := range s.Instances {
		i := &s.Instances[n]
		known, err := d.loop.net.Known(ctx, i.Name)
		if err != nil {
			return status.VRRP{}, fmt.Errorf("status of the virtual routers: %w", err)
		}
		for a := range i.Addresses {
			present(&i.Addresses[a], known)
		}
		i.Routing = routing(known)
	}
	return s, nil
}

// status returns what is known of an instance, but for which addresses are there.
func (i *instance) status(m *vrrp.Machine) status.Instance {
	cfg := i.cfg
	s := status.Instance{
		Name: cfg.Name, Interface: cfg.Interface, VRID: cfg.VRID, State: m.State(), Since: i.since, Why: eventlog.Why(cfg, i.last, i.detail(i.last.Reason)),
		Priority: m.Priority(), Base: cfg.Priority, Transitions: i.transitions,
	}
	if m.State() != vrrp.Master {
		s.Master, s.MasterPriority = m.Master()
	}
	for _, a := range addresses(cfg) {
		s.Addresses = append(s.Addresses, status.Address{Prefix: a.Prefix, Device: a.Device})
	}
	for n, t := range m.Tracks() {
		value, known := m.Track(n)
		s.Tracks = append(s.Tracks, trackStatus(t, value, known))
	}
	return s
}

// trackStatus returns the status of a track with a value: 0 is down.
func trackStatus(t vrrp.Track, value int, known bool) status.Track {
	s := status.Track{Kind: t.Kind, Name: t.Name, Known: known, Up: known && value != 0}
	if known {
		s.Change, s.Fault = t.Counts(value)
	}
	if t.Kind == vrrp.TrackFile { // any number is as good as another one
		s.Up = known && !s.Fault
	}
	return s
}

// routing is what is known of routes and rules.
func routing(known []netstate.Known) (list []status.Routing) {
	for _, k := range known {
		if k.Item.Kind == netstate.KindAddress {
			continue
		}
		r := status.Routing{Name: k.Item.String(), Present: k.There}
		if k.Err != nil {
			r.Err = k.Err.Error()
		}
		list = append(list, r)
	}
	return list
}

// present fills in what is known of an address.
func present(a *status.Address, known []netstate.Known) {
	for _, k := range known {
		if k.Item.Kind == netstate.KindAddress && k.Item.Address.Prefix == a.Prefix && k.Item.Device() == a.Device {
			a.Present = k.There
			if k.Err != nil {
				a.Err = k.Err.Error()
			}
		}
	}
}
