package vrrp

import (
	"net/netip"
	"time"
)

// overhearing is what a machine knows of adverts that reach the interface but not
// the socket: a packet filter of this host drops them, and without looking at the
// interface itself the router cannot know that there is a master. That look
// costs something with every packet of the interface, so it is taken when it
// matters: by a backup that misses adverts, before it takes over, and by a
// master now and then.
type overhearing struct {
	// listening says that the interface is to be listened to, and listen when
	// that begins or ends.
	listening bool
	listen    timer
	overheard unheardMaster
	// unheard says that the adverts of another master reach the interface alone.
	unheard bool
	// filtered says that the instance keeps out of that one's way, and silent
	// when the other is taken to be gone.
	filtered bool
	silent   timer
}

// An unheardMaster is a master that outranks us and that is not heard.
type unheardMaster struct {
	peer     netip.Addr // the zero Addr is none
	priority uint8
	interval time.Duration
	since    Time
	judge    timer // master: by when it should have been heard as well
}

const (
	// A master listens for one and a half advert intervals, at least for
	// listenAtLeast, for another router may have a longer one; and again after
	// listenRest times that.
	listenAtLeast = 1500 * time.Millisecond
	listenRest    = 10
)

// Listening says whether adverts that reach the interface are wanted as
// Overheard events, those that the socket receives too included.
func (m *Machine) Listening() bool { return m.listening }

// lead is the time from the last advert until a backup begins to listen: when
// the next one is clearly late. A wait that is shorter ends before it.
func (m *Machine) lead() time.Duration {
	if m.down.adverts > 2 {
		return m.interval * 3 / 2
	}
	return m.interval * 5 / 4
}

// grace is how long an advert that was overheard may take to be heard.
func (m *Machine) grace() time.Duration { return m.interval / 4 }

// heard follows an advert that came the ordinary way.
func (m *Machine) heard(now Time, out []Effect) []Effect {
	m.overheard = unheardMaster{}
	m.unheard = false
	if !m.filtered {
		return out
	}
	return m.unfilter(now, out)
}

// unfilter lets the machine take part again.
func (m *Machine) unfilter(now Time, out []Effect) []Effect {
	m.filtered = false
	m.silent.stop()
	return m.evaluateFaults(now, out)
}

// overhear follows an advert that reached the interface. One that would change
// nothing if it were heard is of no interest.
func (m *Machine) overhear(now Time, ev *Event) {
	if !m.listening || ev.From == m.source || m.ignoresOthers() || m.validate(ev).Reason != Accepted || !m.outranked(ev) {
		return
	}
	o := &m.overheard
	if !o.peer.IsValid() {
		o.since = now
		switch {
		case m.state == Master:
			o.judge.start(now.Add(m.grace()))
		case m.down.waiting:
			m.down.start(now.Add(m.grace()))
		}
	}
	o.peer, o.priority, o.interval = ev.From, ev.Advert.Priority, ev.Advert.Interval
	if m.filtered {
		m.silent.start(now.Add(m.masterDown(ev.Advert.Interval)))
	}
}

// outranked says whether the sender of an advert is to be master, and not we.
func (m *Machine) outranked(ev *Event) bool {
	theirs := ev.Advert.Priority
	switch {
	case theirs == PriorityResign:
		return false
	case m.state == Master:
		return theirs > m.priority || theirs == m.priority && m.source.Less(ev.From)
	case theirs >= m.priority:
		return true
	}
	return m.cfg.NoPreempt || m.cfg.PreemptDelay > 0
}

// filter moves the machine out of the way of a master that it does not hear.
func (m *Machine) filter(now Time, out []Effect) []Effect {
	m.unheard, m.filtered = true, true
	wait := m.masterDown(m.overheard.interval)
	out = m.evaluateFaults(now, out)
	m.silent.start(now.Add(wait))
	return out
}

// masterDown is the master down timer for a master with an advert interval.
func (m *Machine) masterDown(interval time.Duration) time.Duration {
	return time.Duration(m.cfg.DownAdverts)*interval + m.skew()
}

// listenDue does what the timers of listening ask for.
func (m *Machine) listenDue(now Time, out []Effect) []Effect {
	if m.listen.due(now) {
		m.toggleListening(now)
	}
	switch {
	case m.overheard.judge.due(now):
		return m.filter(now, out)
	case m.silent.due(now):
		return m.unfilter(now, out)
	}
	return out
}

// toggleListening begins to listen, or ends it. A backup ends it with the next advert.
func (m *Machine) toggleListening(now Time) {
	window := max(m.cfg.AdvertInterval, m.interval) * 3 / 2
	window = max(window, listenAtLeast)
	switch {
	case m.state != Master:
		m.listening = true
		m.listen.stop()
	case !m.listening:
		m.listening = true
		m.listen.start(now.Add(window))
	case m.overheard.judge.set: // and the verdict ends it
		m.listen.start(m.overheard.judge.at)
	default:
		m.listening = false
		m.listen.start(now.Add(listenRest * window))
	}
}
