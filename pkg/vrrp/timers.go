package vrrp

import (
	"net/netip"
	"time"
)

// A masterDownTimer is the wait of a backup for the next advert: the master down timer
// (RFC 9568 section 6.1, Active_Down_Timer).
type masterDownTimer struct {
	timer
	// since is when it began: a change of the skew moves its end alone.
	since Time
	// adverts is how many intervals it lasts beside the skew.
	adverts int
	// why is what the transition at its end has for a reason.
	why Effect
	// refused is how many messages were not accepted meanwhile, and refusal why
	// the last was not.
	refused int
	refusal RejectReason
	// waiting says that it ran out and that the sync group is not ready yet.
	waiting bool
}

// An otherMaster is a master of lower priority, beside us.
type otherMaster struct {
	timer       // when it is taken to have given way
	first, last Time
	addr        netip.Addr
	priority    uint8
	adverts     int
}

// Deadline returns when the machine next wants a Timer event. ok is false if it
// waits for nothing but other events.
func (m *Machine) Deadline() (at Time, ok bool) {
	t := earliest(m.advert, m.down.timer, m.announce, m.refresh, m.lower, m.otherMaster.timer, m.postponed,
		m.cannotSendBy, m.probe, m.noAddressesBy, m.retry, m.listen, m.overheard.judge, m.silent)
	return t.at, t.set
}

func (m *Machine) stopTimers() {
	for _, t := range []*timer{&m.advert, &m.down.timer, &m.preempt, &m.announce, &m.refresh, &m.lower, &m.otherMaster.timer, &m.postponed,
		&m.cannotSendBy, &m.probe, &m.noAddressesBy, &m.retry, &m.listen, &m.silent} {
		t.stop()
	}
}

// startDown sets the master down timer to so many intervals and the skew, from
// now.
func (m *Machine) startDown(now Time, adverts int, why Effect) {
	m.down = masterDownTimer{since: now, adverts: adverts, why: why}
	m.listening, m.overheard = m.unheard, unheardMaster{}
	m.setDown()
}

// setDown sets its end.
func (m *Machine) setDown() {
	from := max(m.down.since, m.notBefore)
	d := from.Sub(m.down.since) + time.Duration(m.down.adverts)*m.interval + m.skew()
	m.down.start(m.down.since.Add(d))
	m.listen.stop()
	switch lead := m.lead(); {
	case m.down.adverts == 0: // after a resignation, which anybody can send
		m.down.at = max(m.down.at, m.bounds.takeOver)
	case lead < d:
		m.listen.start(m.down.since.Add(lead))
	}
}

// skew is the skew time: by priority it shares out one advert interval of the
// master in version 3 (RFC 9568 section 6.1), one second in version 2 (RFC 3768
// section 6.1).
func (m *Machine) skew() time.Duration { return m.skewOf(m.priority) }

// skewOf is the skew time of a router of another priority.
func (m *Machine) skewOf(priority uint8) time.Duration {
	unit := time.Second
	if m.cfg.Version == 3 {
		unit = m.interval
	}
	return time.Duration(256-int(priority)) * unit / 256
}

// adoptInterval takes over the advert interval of the master. Version 2 demands that all
// have one.
func (m *Machine) adoptInterval(ev *Event, out []Effect) []Effect {
	if m.cfg.Version == 2 {
		return out
	}
	old := m.interval
	m.interval, m.learned = ev.Advert.Interval, true
	if old == m.interval {
		return out
	}
	return append(out, Effect{Kind: Note, Reason: ReasonInterval, Peer: ev.From, For: m.interval, Old: old})
}

// resetInterval goes back to our own advert interval.
func (m *Machine) resetInterval(cfg *Instance) {
	m.interval, m.learned = cfg.AdvertInterval, false
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
