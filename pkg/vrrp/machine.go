package vrrp

import (
	"net/netip"
	"time"
)

// downAdverts is how many advert intervals a master may be silent.
const downAdverts = 3

// A Machine is the state machine of one instance: RFC 9568 section 6.4 with
// VRRPv2's timers, and keepalived's FAULT state, preemption delay, tracking and
// repeated announcements.
//
// It is pure: it reads no clock, does no input or output, starts no goroutine
// and, once made, allocates nothing but room in the slice that it is given.
type Machine struct {
	cfg *Instance

	state    State
	running  bool
	priority uint8 // effective

	interfaceUp bool
	source      netip.Addr
	tracks      []trackState

	// master is who was last accepted as master, if it was not we.
	master netip.Addr

	// downSince is when the master down timer was last set: a change of
	// priority moves its end, for the skew changes, but not its beginning.
	// downFor is the part of it that is not skew.
	downSince Time
	downFor   time.Duration

	advert   timer // master: the next advert
	down     timer // backup: the master down timer
	preempt  timer // backup: end of the preemption delay
	announce timer // master: the second announcement
	refresh  timer // master: the next periodic announcement
	lower    timer // master: the announcement after a lower advert
}

// NewMachine returns a machine in state Init. It keeps cfg, which must not be
// changed while the machine uses it.
func NewMachine(cfg *Instance) *Machine {
	return &Machine{cfg: cfg, priority: cfg.Priority, tracks: make([]trackState, len(cfg.Tracks))}
}

// State returns the current state.
func (m *Machine) State() State { return m.state }

// Priority returns the effective priority.
func (m *Machine) Priority() uint8 { return m.priority }

// Source returns the address that adverts are sent from; the zero Addr is none.
func (m *Machine) Source() netip.Addr { return m.source }

// Deadline returns when the machine next wants a Timer event. ok is false if it
// waits for nothing but other events.
func (m *Machine) Deadline() (at Time, ok bool) {
	t := earliest(m.advert, m.down, m.announce, m.refresh, m.lower)
	return t.at, t.set
}

// Step lets one event happen at the time now, which never goes back, and
// appends to out what is to be done about it.
func (m *Machine) Step(now Time, ev Event, out []Effect) []Effect {
	switch ev.Kind {
	case Startup:
		if m.running {
			return out
		}
		m.running = true
		m.priority = m.effectivePriority()
		out = append(out, Effect{Kind: RemoveAddresses})
		return m.reconsider(now, out)
	case Timer:
		return m.timeout(now, out)
	case Received:
		return m.receive(now, ev, out)
	case InterfaceChanged:
		m.interfaceUp = ev.Up
	case SourceChanged:
		m.source = ev.From
	case TrackChanged:
		if ev.Track < 0 || ev.Track >= len(m.tracks) {
			return out
		}
		m.tracks[ev.Track] = trackDown
		if ev.Up {
			m.tracks[ev.Track] = trackUp
		}
		out = m.reprioritize(out)
	case Shutdown:
		return m.shutdown(out)
	}
	return m.reconsider(now, out)
}

// Reconfigure lets the machine go on under changed settings: state and timers
// stay, and so does what is known of the tracks that both settings have. The
// addresses are the caller's business.
func (m *Machine) Reconfigure(now Time, cfg *Instance, out []Effect) []Effect {
	tracks := make([]trackState, len(cfg.Tracks))
	for i, t := range cfg.Tracks {
		for j, old := range m.cfg.Tracks {
			if t.Kind == old.Kind && t.Name == old.Name {
				tracks[i] = m.tracks[j]
			}
		}
	}
	if m.advert.set && cfg.AdvertInterval != m.cfg.AdvertInterval {
		m.advert.start(now)
	}
	if m.down.set && m.downFor > 0 {
		m.downFor = downAdverts * cfg.AdvertInterval
		m.down.start(m.downSince.Add(m.downFor + skew(m.priority)))
	}
	if m.state == Master {
		m.refresh = rebase(m.refresh, now, m.cfg.GARP.Refresh, cfg.GARP.Refresh)
	}
	m.cfg, m.tracks = cfg, tracks
	m.master = netip.Addr{} // check its next advert in full
	out = m.reprioritize(out)
	return m.reconsider(now, out)
}

// rebase returns a periodic timer after a change of its period; 0 is none.
func rebase(t timer, now Time, old, period time.Duration) timer {
	if old != period {
		t.stop()
		if period > 0 {
			t.start(now.Add(period))
		}
	}
	return t
}

// reconsider moves the machine into FAULT or out of it, after something that
// could be a fault has changed.
func (m *Machine) reconsider(now Time, out []Effect) []Effect {
	if !m.running {
		return out
	}
	if r, track, faulty := m.fault(); faulty {
		if m.state == Fault {
			return out
		}
		if m.state == Master {
			out = append(out, Effect{Kind: SendAdvert, Priority: PriorityResign}, Effect{Kind: RemoveAddresses})
		}
		return m.enter(Fault, Effect{Reason: r, Track: track}, out)
	}
	why := ReasonRecovered
	switch {
	case m.state != Init && m.state != Fault, m.undecided():
		return out
	case m.state == Init && m.cfg.InitialState == Master && m.priority == PriorityOwner:
		return m.becomeMaster(now, ReasonOwner, out)
	case m.state == Init:
		why = ReasonStartup
	}
	return m.becomeBackup(now, Effect{Reason: why}, out)
}

// reprioritize follows the weights of what is tracked.
func (m *Machine) reprioritize(out []Effect) []Effect {
	old := m.priority
	m.priority = m.effectivePriority()
	if m.priority == old || !m.running {
		return out
	}
	if m.down.set {
		m.down.start(m.downSince.Add(m.downFor + skew(m.priority)))
	}
	return append(out, Effect{Kind: Note, Reason: ReasonPriority, OldPriority: old, Priority: m.priority})
}

// timeout does what the timers that have run out ask for.
func (m *Machine) timeout(now Time, out []Effect) []Effect {
	if m.down.due(now) {
		return m.becomeMaster(now, ReasonTimer, out)
	}
	if m.advert.due(now) {
		out = append(out, Effect{Kind: SendAdvert, Priority: m.priority})
		// From when it was due, so that late wake-ups do not add up; but a
		// machine that slept through several does not send them all now.
		next := m.advert.at.Add(m.cfg.AdvertInterval)
		if next <= now {
			next = now.Add(m.cfg.AdvertInterval)
		}
		m.advert.start(next)
	}
	g := &m.cfg.GARP
	if m.announce.due(now) {
		m.announce.stop()
		out = append(out, Effect{Kind: Announce, Repeat: g.Repeat})
	}
	if m.lower.due(now) {
		m.lower.stop()
		out = append(out, Effect{Kind: Announce, Repeat: g.LowerPriorityRepeat})
	}
	if m.refresh.due(now) {
		m.refresh.start(now.Add(g.Refresh))
		out = append(out, Effect{Kind: Announce, Repeat: g.RefreshRepeat})
	}
	return out
}

// receive handles an advert.
func (m *Machine) receive(now Time, ev Event, out []Effect) []Effect {
	if m.state != Backup && m.state != Master {
		return out
	}
	if ev.From == m.source {
		return out // our own, come back
	}
	if r := m.admit(ev); r.Reason != Accepted {
		return append(out, Effect{Kind: Note, Reason: ReasonRejected, Peer: ev.From, Reject: r})
	}
	if m.state == Master {
		return m.receiveAsMaster(now, ev, out)
	}
	return m.receiveAsBackup(now, ev, out)
}

func (m *Machine) receiveAsBackup(now Time, ev Event, out []Effect) []Effect {
	theirs := ev.Advert.Priority
	note := Effect{Kind: Note, Peer: ev.From, PeerPriority: theirs, Priority: m.priority}
	switch {
	case theirs == PriorityResign:
		note.Reason = ReasonResigned
		m.startDown(now, 0)
		return append(out, note)
	case theirs >= m.priority:
		m.preempt.stop()
	case m.cfg.NoPreempt:
	case m.cfg.PreemptDelay > 0 && !m.preempt.set:
		m.preempt.start(now.Add(m.cfg.PreemptDelay))
		note.Reason = ReasonPreemptDelay
		out = append(out, note)
	case m.cfg.PreemptDelay > 0 && !m.preempt.due(now.Add(m.cfg.AdvertInterval/10)):
		// Adverts come at even intervals and the delay is a multiple of those
		// more often than not: without some slack jitter would decide whether
		// the last one falls within the delay, and with it a whole interval.
	default:
		// Not heard: the master down timer runs on, and at its end we take over.
		note.Reason = ReasonLowerPriority
		return append(out, note)
	}
	m.master = ev.From
	m.startDown(now, downAdverts*m.cfg.AdvertInterval)
	return out
}

func (m *Machine) receiveAsMaster(now Time, ev Event, out []Effect) []Effect {
	theirs := ev.Advert.Priority
	about := Effect{Peer: ev.From, PeerPriority: theirs, Priority: m.priority}
	switch {
	case theirs == PriorityResign:
		about.Kind, about.Reason = Note, ReasonResigned
		m.advert.start(now.Add(m.cfg.AdvertInterval))
		return append(out, about, Effect{Kind: SendAdvert, Priority: m.priority})
	case theirs > m.priority:
		about.Reason = ReasonHigherPriority
	case theirs == m.priority && m.source.Less(ev.From):
		about.Reason = ReasonHigherAddress
	default:
		about.Kind, about.Reason = Note, ReasonNewElection
		m.advert.start(now.Add(m.cfg.AdvertInterval))
		if d := m.cfg.GARP.LowerPriorityDelay; d > 0 && !m.lower.set {
			m.lower.start(now.Add(d))
		}
		out = append(out, about, Effect{Kind: SendAdvert, Priority: m.priority})
		return append(out, Effect{Kind: Announce, Repeat: m.cfg.GARP.LowerPriorityRepeat})
	}
	m.master = ev.From
	out = append(out, Effect{Kind: RemoveAddresses})
	return m.becomeBackup(now, about, out)
}

// becomeMaster enters Master and takes the addresses over.
func (m *Machine) becomeMaster(now Time, why Reason, out []Effect) []Effect {
	out = append(out,
		Effect{Kind: SendAdvert, Priority: m.priority},
		Effect{Kind: AddAddresses},
		Effect{Kind: Announce, Repeat: m.cfg.GARP.Repeat})
	out = m.enter(Master, Effect{Reason: why}, out)
	m.master = netip.Addr{}
	m.advert.start(now.Add(m.cfg.AdvertInterval))
	if d := m.cfg.GARP.Delay; d > 0 {
		m.announce.start(now.Add(d))
	}
	if d := m.cfg.GARP.Refresh; d > 0 {
		m.refresh.start(now.Add(d))
	}
	return out
}

// becomeBackup enters Backup; about says why.
func (m *Machine) becomeBackup(now Time, about Effect, out []Effect) []Effect {
	out = m.enter(Backup, about, out)
	m.startDown(now, downAdverts*m.cfg.AdvertInterval)
	return out
}

// enter changes the state, stops every timer of the old one and tells.
func (m *Machine) enter(s State, about Effect, out []Effect) []Effect {
	about.Kind, about.From, about.To, about.Priority = Transition, m.state, s, m.priority
	m.state = s
	m.stopTimers()
	return append(out, about)
}

// shutdown ends the life of the instance: a master tells the others, so that
// they need not wait for its silence.
func (m *Machine) shutdown(out []Effect) []Effect {
	if !m.running {
		return out
	}
	if m.state == Master {
		out = append(out, Effect{Kind: SendAdvert, Priority: PriorityResign}, Effect{Kind: RemoveAddresses})
	}
	out = append(out, Effect{Kind: Stopped, From: m.state, Priority: m.priority})
	m.state, m.running = Init, false
	m.stopTimers()
	return out
}

func (m *Machine) stopTimers() {
	for _, t := range []*timer{&m.advert, &m.down, &m.preempt, &m.announce, &m.refresh, &m.lower} {
		t.stop()
	}
}

// startDown sets the master down timer to d and the skew from now.
func (m *Machine) startDown(now Time, d time.Duration) {
	m.downSince, m.downFor = now, d
	m.down.start(now.Add(d + skew(m.priority)))
}
