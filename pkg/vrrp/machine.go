package vrrp

import (
	"net/netip"
	"time"
)

// A Machine is the state machine of one instance: RFC 9568 section 6.4, with
// version 2's timers for version 2, and keepalived's FAULT state, preemption
// delay, tracking and repeated announcements.
//
// It is pure: it reads no clock, does no input or output, starts no goroutine
// and, once made, allocates nothing but room in the slice that it is given.
type Machine struct {
	cfg *Instance

	state    State
	since    Time // when it began
	running  bool
	priority uint8 // effective

	interfaceUp bool
	source      netip.Addr
	tracks      []trackState

	// master is who was last accepted as master, if it was not we.
	master         netip.Addr
	masterPriority uint8
	// interval is the advert interval that a master's silence is measured by:
	// our own, or the one that it announces, which is learned.
	interval time.Duration
	learned  bool

	advert      timer           // master: the next advert
	down        masterDownTimer // backup: the master down timer
	preempt     timer           // backup: end of the preemption delay
	announce    timer           // master: the second announcement
	refresh     timer           // master: the next periodic announcement
	lower       timer           // master: the announcement after a lower advert
	otherMaster otherMaster     // master: another one, of lower priority

	// room is how many addresses an advert carries on this interface.
	room int
	// notBefore is the time before which it does not become master: after a start
	// the network may not let adverts in yet.
	notBefore Time

	bounds
	impairments
	overhearing
	membership
	authentication
}

// NewMachine returns a machine in state Init. It keeps cfg, which must not be
// changed while the machine uses it.
func NewMachine(cfg *Instance) *Machine {
	m := &Machine{cfg: cfg, priority: cfg.Priority, interval: cfg.AdvertInterval, room: MaxAddresses, tracks: make([]trackState, len(cfg.Tracks))}
	m.authentication.configure(cfg)
	return m
}

// State returns the current state.
func (m *Machine) State() State { return m.state }

// Priority returns the effective priority.
func (m *Machine) Priority() uint8 { return m.priority }

// Source returns the address that adverts are sent from; the zero Addr is none.
func (m *Machine) Source() netip.Addr { return m.source }

// Step lets one event happen at the time now, which never goes back, and
// appends to out what is to be done about it.
func (m *Machine) Step(now Time, ev Event, out []Effect) []Effect {
	switch ev.Kind {
	case Startup:
		if m.running {
			return out
		}
		m.running = true
		out = append(out, Effect{Kind: RemoveAddresses})
		return m.evaluateFaults(now, out)
	case Timer:
		return m.timeout(now, out)
	case Received:
		return m.receive(now, &ev, out)
	case InterfaceChanged:
		m.interfaceUp = ev.Up
	case SourceChanged:
		m.source = ev.From
	case TrackChanged:
		if ev.Track < 0 || ev.Track >= len(m.tracks) {
			return out
		}
		m.tracks[ev.Track] = trackState{known: true, value: ev.Value}
		out = m.reprioritize(out)
	case RouteChanged:
		m.unrouted = !ev.Up
	case SendChanged:
		m.sendChanged(now, ev.Up)
	case AddressesChanged:
		m.addressesChanged(now, ev.Up)
	case RoomChanged:
		m.room = ev.Room
		return out
	case Overheard:
		m.overhear(now, &ev)
		return out
	case Shutdown:
		return m.shutdown(out)
	case GroupChanged:
		m.groupChanged(now, ev.Group)
	case TakeOver:
		return m.takeOver(now, out)
	case GiveUp:
		return m.giveUp(now, out)
	}
	return m.evaluateFaults(now, out)
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
	interval := m.interval
	if !m.learned || cfg.Version != m.cfg.Version {
		m.resetInterval(cfg)
	}
	if m.state == Master {
		m.refresh = rebase(m.refresh, now, m.cfg.GARP.Refresh, cfg.GARP.Refresh)
	}
	anew := m.interval != interval || cfg.DownAdverts != m.cfg.DownAdverts || cfg.Version != m.cfg.Version
	m.cfg, m.tracks = cfg, tracks
	m.authentication.configure(cfg)
	if m.down.set && m.down.adverts > 0 && anew {
		// By the new measure the master may seem to have been silent for too
		// long, when it has not been.
		m.startDown(now, cfg.DownAdverts, m.down.why)
	}
	m.master = netip.Addr{} // check its next advert in full
	m.noAddresses, m.overhearing = false, overhearing{}
	switch {
	case m.state == Master:
		m.listen.start(now.Add(cfg.AdvertInterval))
	case m.down.set:
		m.setDown() // and listen before its end
	}
	out = m.reprioritize(out)
	return m.evaluateFaults(now, out)
}

// evaluateFaults moves the machine into FAULT or out of it, after something that
// could be a fault has changed.
func (m *Machine) evaluateFaults(now Time, out []Effect) []Effect {
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
		about := Effect{Reason: r, Track: track}
		if r == ReasonFiltered {
			about.Peer, about.PeerPriority = m.overheard.peer, m.overheard.priority
		}
		return m.enter(now, Fault, about, out)
	}
	why := ReasonRecovered
	switch {
	case m.state != Init && m.state != Fault, m.undecided(), m.group == GroupWaiting && m.state == Init:
		return out
	case m.state == Init && m.cfg.InitialState == Master && m.priority == PriorityOwner && now < m.notBefore:
		out = m.becomeBackup(now, Effect{Reason: ReasonStartup}, out)
		m.startDown(now, 0, Effect{Reason: ReasonOwner})
		return out
	case m.state == Init && m.cfg.InitialState == Master && m.priority == PriorityOwner:
		if m.group != NoGroup {
			return m.startWaiting(now, out)
		}
		return m.becomeMaster(now, Effect{Reason: ReasonOwner}, out)
	case m.state == Init:
		why = ReasonStartup
	}
	m.resetInterval(m.cfg)
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
		m.setDown()
	}
	return append(out, Effect{Kind: Note, Reason: ReasonPriority, OldPriority: old, Priority: m.priority})
}

// becomeMaster enters Master and takes the addresses over; about says why.
func (m *Machine) becomeMaster(now Time, about Effect, out []Effect) []Effect {
	repeat := m.cfg.GARP.Repeat
	if about.Reason == ReasonResigned { // which anybody can send
		repeat = m.allowed(now, repeat)
	}
	out = append(out,
		Effect{Kind: SendAdvert, Priority: m.priority},
		Effect{Kind: AddAddresses, Repeat: repeat})
	m.unheard = false
	postponed := m.postponed
	out = m.enter(now, Master, about, out)
	m.postponed = postponed
	m.master = netip.Addr{}
	m.bounds.takeOver = now.Add(m.cfg.AdvertInterval)
	m.listen.start(now.Add(m.cfg.AdvertInterval))
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
	out = m.enter(now, Backup, about, out)
	m.startDown(now, m.cfg.DownAdverts, Effect{Reason: ReasonTimer, Peer: about.Peer})
	return out
}

// enter changes the state, stops every timer of the old one and tells.
func (m *Machine) enter(now Time, s State, about Effect, out []Effect) []Effect {
	about.Kind, about.From, about.To, about.Priority = Transition, m.state, s, m.priority
	m.state, m.since = s, now
	m.stopTimers()
	m.overheard, m.listening = unheardMaster{}, m.unheard
	m.down.waiting = false
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
	m.overhearing, m.impairments = overhearing{}, impairments{unrouted: m.unrouted}
	return out
}
