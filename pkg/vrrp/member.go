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
	sender  *iface // what it sends by, if that is another one
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
	// follows says that before the reload it was a backup of another router.
	follows bool
	// seen is how the member stood when the group was last brought to one state.
	seen standing

	// held are all addresses of the settings.
	held []Address
	// placed says that we have put them where they belong, since the interface is there.
	placed bool
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
}

// family is what the member's interface has of the member's family of addresses.
func (m *member) family() *family { return m.iface.of(m.cfg.IPv6()) }

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
	m.complete(out[from:])
	r.due.update(m)
	if listening := m.machine.Listening(); listening != m.listening && !r.stopped {
		m.listening = listening
		out = r.wantSocket(m.iface, m.cfg.IPv6(), out)
	}
	if m.group != nil {
		return r.sync(m, from, out)
	}
	return out
}

// complete names the instance of its machine's effects and adds their operands.
func (m *member) complete(effects []Effect) {
	for n := range effects {
		e := &effects[n]
		e.Instance = m.cfg
		switch e.Kind {
		case SendAdvert:
			e.Source, e.Room, e.Sequence = m.machine.Source(), m.room, m.machine.nextSequence()
		case Probe:
			e.Source, e.Room = m.machine.Source(), m.room
		case AddAddresses:
			e.Kind, e.Addresses, m.placed = SetAddresses, m.held, true
		case RemoveAddresses:
			e.Kind = SetAddresses
		case Transition:
			switch {
			case e.Reason == ReasonInterface && m.socket() == socketFailed:
				e.Reason = ReasonNoSocket
			case e.Reason == ReasonTrack:
				e.Tracked = &m.run.Tracks[e.Track]
			}
		}
	}
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
