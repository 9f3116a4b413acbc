package vrrp

import "slices"

// A member is one instance of a router: its machine and what the router keeps
// beside it.
type member struct {
	cfg *Instance
	// run is what the machine runs on: cfg, and what the group makes of its tracks.
	run     *Instance
	machine *Machine
	iface   *iface
	group   *group // nil is none

	now       Time // of the last event
	deadline  Time
	heapIndex int

	// started says that the machine has begun: that waits for the socket.
	started bool
	// room is how many addresses the adverts have room for.
	room int
	// listening says that the member is among its interface's listeners.
	listening bool
	// unsent says that the last advert was not sent.
	unsent bool
	// unrouted says that no peer is reached through the interface.
	unrouted bool
	// told is what the machine knows of the group.
	told GroupState
	// seen is how the member stood when the group was last brought to one state.
	seen standing

	// held are all addresses of the settings.
	held []Address
	// generation counts what was decided about them.
	generation uint64
	// lacking is where none of them could be put.
	lacking []lack
}

// A lack is an interface that none of an instance's addresses could be put on.
type lack struct {
	device string
	own    bool // for this machine's own trouble
}

func newMember(cfg, run *Instance) *member {
	m := &member{machine: NewMachine(run), heapIndex: notInHeap, room: MaxAddresses}
	m.configure(cfg, run)
	return m
}

// configure takes the parts that are made from the settings.
func (m *member) configure(cfg, run *Instance) {
	m.cfg, m.run = cfg, run
	m.held = slices.Concat(cfg.Addresses, cfg.Excluded)
	m.lacking = slices.DeleteFunc(m.lacking, func(l lack) bool {
		return !slices.ContainsFunc(m.held, func(a Address) bool { return a.Device == l.device })
	})
}

func (m *member) master() bool  { return m.machine.State() == Master }
func (m *member) unicast() bool { return len(m.cfg.Peers) > 0 }

// step lets an event happen to a member, and to its group what follows from it.
func (r *Router) step(m *member, now Time, ev Event, out []Effect) []Effect {
	m.now = max(m.now, now)
	from := len(out)
	return r.follow(m, from, m.machine.Step(m.now, ev, out))
}

// follow completes the effects of a member's machine, from an index on, and does
// what else follows from its step.
func (r *Router) follow(m *member, from int, out []Effect) []Effect {
	out = m.complete(from, out)
	r.due.update(m)
	if listening := m.machine.Listening(); listening != m.listening && !r.stopped {
		m.listening = listening
		out = r.wantSocket(m.iface, out)
	}
	if m.group != nil {
		return r.sync(m, from, out)
	}
	return out
}

// complete names the instance of effects and adds their operands.
func (m *member) complete(from int, out []Effect) []Effect {
	kept := out[:from]
	for _, e := range out[from:] {
		e.Instance = m.cfg
		switch e.Kind {
		case SendAdvert, Probe:
			e.Source, e.Room = m.machine.Source(), m.room
		case AddAddresses:
			m.generation++
			m.lacking = m.lacking[:0]
			e.Kind, e.Addresses, e.All, e.Generation = SetAddresses, m.held, true, m.generation
		case Announce:
			if last := len(kept) - 1; last >= from && kept[last].Kind == SetAddresses {
				// Each address is announced as soon as it is there.
				kept[last].Repeat = e.Repeat
				continue
			}
			e.Addresses, e.Generation = m.held, m.generation
		case RemoveAddresses:
			m.generation++
			e.Kind, e.Unwanted, e.Generation = SetAddresses, m.held, m.generation
		case TryAddresses:
			// For what the kernel refuses there is no way to know.
			if slices.ContainsFunc(m.lacking, func(l lack) bool { return !l.own }) {
				continue
			}
		case Transition:
			switch {
			case e.Reason == ReasonInterface && m.iface.socket == socketFailed:
				e.Reason = ReasonNoSocket
			case e.Reason == ReasonTrack:
				e.Tracked = &m.run.Tracks[e.Track]
			}
		}
		kept = append(kept, e)
	}
	return kept
}

// advertSent follows whether adverts go out: each that does not, and the first that
// does again.
func (r *Router) advertSent(now Time, ev *RouterEvent, out []Effect) []Effect {
	m := r.named[ev.Instance]
	if m == nil || ev.Up && !m.unsent {
		return out
	}
	m.unsent = !ev.Up
	return r.step(m, now, Event{Kind: SendChanged, Up: ev.Up}, out)
}

// addressesReported follows on which interfaces a master could not be given its
// addresses. One that the kernel refuses beside others that it takes is the
// administrator's business, not a reason to give up the others.
func (r *Router) addressesReported(now Time, ev *RouterEvent, out []Effect) []Effect {
	m := r.named[ev.Instance]
	if m == nil || ev.Generation != m.generation {
		return out
	}
	m.lacking = slices.DeleteFunc(m.lacking, func(l lack) bool { return l.device == ev.Interface })
	if !ev.Up {
		m.lacking = append(m.lacking, lack{ev.Interface, ev.Own})
	}
	return r.tellAddresses(m, now, out)
}

// tellAddresses tells a machine whether it lacks its addresses: all of them, or
// some for a reason that is this machine's alone.
func (r *Router) tellAddresses(m *member, now Time, out []Effect) []Effect {
	all, own := true, false
	for _, a := range m.held {
		n := slices.IndexFunc(m.lacking, func(l lack) bool { return l.device == a.Device })
		all = all && n >= 0
		own = own || n >= 0 && m.lacking[n].own
	}
	up := !all && !own || len(m.lacking) == 0
	return r.step(m, now, Event{Kind: AddressesChanged, Up: up}, out)
}
