package vrrp

import "net/netip"

// A Router is all the virtual routers of a configuration: their machines, the
// sync groups that tie them together, and what they depend on, which is
// interfaces and their addresses, sockets, tracked things and routes to peers.
// What a reload changes is decided here too.
//
// It is pure, as a [Machine] is: time and what happened come in as arguments,
// what is to be done goes out as effects, in an order that depends on the
// settings and the events alone. An event of an advert allocates nothing.
type Router struct {
	settings *Settings
	known    bool // every interface that there is
	// notBefore is the time before which no instance becomes master.
	notBefore Time
	stopped   bool

	members []*member          // in the order of the settings
	named   map[string]*member // the same, to look up
	groups  []*group           // in the order of the settings
	due     deadlines

	ifaces  []*iface          // those that exist or have members, in the order in which they came
	called  map[string]*iface // the same, to look up
	dropped []droppedLink
	tracks  []trackValue
	local   map[netip.Addr]int // on how many interfaces an address is; see scoped
	// virtual has every virtual address of every instance, without own, and whether it
	// is put back where somebody else removes it; see scoped.
	virtual map[netip.Addr]bool
	own     []Address // what this host had before us

	advert Advert // room that is used again and again
}

// NewRouter returns a router that has no settings yet.
func NewRouter() *Router {
	return &Router{
		settings: &Settings{}, named: map[string]*member{}, called: map[string]*iface{},
		local: map[netip.Addr]int{}, virtual: map[netip.Addr]bool{},
	}
}

// Step lets one event happen at the time now and appends to out what is to be done
// about it, in that order. Of one instance the time never goes back: an event that
// is late happens at the time of the one before it.
func (r *Router) Step(now Time, ev RouterEvent, out []Effect) []Effect {
	if r.stopped {
		return out
	}
	switch ev.Kind {
	case MessageReceived, MessageOverheard:
		return r.hear(now, &ev, out)
	case DeadlineReached:
		if m := r.due.first(now); m != nil && m.deadline <= now {
			return r.step(m, now, Event{Kind: Timer}, out)
		}
	case AdvertSent:
		return r.advertSent(now, &ev, out)
	case Reload:
		r.settings = ev.Settings
		return r.reload(now, out)
	case LinksKnown:
		r.known, r.notBefore = true, now.Add(ev.Delay)
		return r.reload(now, out)
	case LinkChanged, AddressLost:
		return r.linkChanged(now, &ev, out)
	case LinkRemoved:
		return r.linkRemoved(now, ev.Link, out)
	case SocketChanged:
		return r.socketChanged(now, &ev, out)
	case OwnLinkFailed:
		return r.ownLinkFailed(now, &ev, out)
	case AddressesReported:
		if m := r.named[ev.Instance]; m != nil {
			return r.step(m, now, Event{Kind: AddressesChanged, Up: ev.Up}, out)
		}
	case AddressesPossible:
		if m := r.named[ev.Instance]; m != nil && m.machine.State() == Fault {
			return r.step(m, now, Event{Kind: AddressesChanged, Up: true}, out)
		}
	case TrackReported:
		return r.trackReported(now, &ev, out)
	case RoutesReported:
		return r.routesReported(now, ev.Ways, out)
	case Stop:
		return r.stop(now, ev.Keep, out)
	}
	return out
}

// Deadline returns when the router next wants a DeadlineReached event; ok is false
// if it waits for nothing but other events. The time may be too early if it is not
// soon.
func (r *Router) Deadline(now Time) (at Time, ok bool) {
	if m := r.due.first(now); m != nil {
		return m.deadline, true
	}
	return 0, false
}

// Next returns the instance that Deadline is of, nil if there is none, and whether
// it is a backup, which becomes master then.
func (r *Router) Next(now Time) (i *Instance, takesOver bool) {
	if m := r.due.first(now); m != nil {
		return m.cfg, m.machine.State() == Backup
	}
	return nil, false
}

// TakeOver returns the earliest time, up to until, at which a backup becomes master
// unless it hears something before. ok is false if none does.
func (r *Router) TakeOver(until Time) (at Time, ok bool) { return r.due.backup(until) }

// Instances calls f for every instance, in the order of the settings, until f
// returns false.
func (r *Router) Instances(f func(*Instance, *Machine) bool) {
	for _, m := range r.members {
		if !f(m.cfg, m.machine) {
			return
		}
	}
}

// Groups calls f for every sync group, in the order of the settings, until f returns
// false. The state is the last one that all of its members were in.
func (r *Router) Groups(f func(*SyncGroup, State) bool) {
	for _, g := range r.groups {
		if !f(g.cfg, g.state) {
			return
		}
	}
}

// Instance returns the settings and the machine of an instance, nil if there is
// none of that name. The machine is there to be asked, not to be stepped.
func (r *Router) Instance(name string) (*Instance, *Machine) {
	if m := r.named[name]; m != nil {
		return m.cfg, m.machine
	}
	return nil, nil
}

// stop shuts every instance down.
func (r *Router) stop(now Time, keep bool, out []Effect) []Effect {
	r.stopped = true
	for _, m := range r.members {
		from := len(out)
		out = r.end(m, now, out)
		if keep {
			out = withoutAddresses(out, from)
		}
	}
	return out
}

// withoutAddresses drops what is to be done about addresses, from an index on.
func withoutAddresses(out []Effect, from int) []Effect {
	kept := out[:from]
	for _, e := range out[from:] {
		if e.Kind != SetAddresses {
			kept = append(kept, e)
		}
	}
	return kept
}
