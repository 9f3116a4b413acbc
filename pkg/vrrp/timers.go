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

// timeout does what the timers that have run out ask for.
func (m *Machine) timeout(now Time, out []Effect) []Effect {
	out = m.listenDue(now, out)
	out = m.impairmentsDue(now, out)
	if m.down.due(now) {
		if m.overheard.peer.IsValid() {
			// It may be about to be heard.
			if until := m.overheard.since.Add(m.grace()); now < until {
				m.down.start(until)
				return out
			}
			return m.filter(now, out)
		}
		about := m.down.why
		about.For, about.Late = now.Sub(m.down.since), now.Sub(m.down.at)
		about.Count, about.Reject.Reason = m.down.refused, m.down.refusal
		if m.group != NoGroup {
			return m.wait(now, about, out)
		}
		return m.becomeMaster(now, about, out)
	}
	if m.otherMaster.due(now) {
		out = m.otherMasterGone(now, out)
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
		out = announce(g.Repeat, out)
	}
	if m.lower.due(now) {
		m.lower.stop()
		out = m.announceOnce(now, g.LowerPriorityRepeat, out)
	}
	if m.postponed.due(now) {
		out = m.announceOnce(now, m.bounds.repeat, out)
	}
	if m.refresh.due(now) {
		m.refresh.start(now.Add(g.Refresh))
		out = announce(g.RefreshRepeat, out)
	}
	return out
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
	d := time.Duration(m.down.adverts)*m.interval + m.skew()
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
func (m *Machine) skew() time.Duration {
	unit := time.Second
	if m.cfg.Version == 3 {
		unit = m.interval
	}
	return time.Duration(256-int(m.priority)) * unit / 256
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
