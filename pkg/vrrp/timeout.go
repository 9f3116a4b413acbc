package vrrp

import "time"

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
		if silent := now.Sub(m.advert.at) + m.cfg.AdvertInterval; m.tookOver(silent) {
			return m.becomeBackup(now, Effect{Reason: ReasonLate, For: silent}, append(out, Effect{Kind: RemoveAddresses}))
		}
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

// tookOver says whether another router has taken over from a master that was silent for
// so long, and is not to be preempted (timer_expired_backup).
func (m *Machine) tookOver(silent time.Duration) bool {
	return m.cfg.NoPreempt && m.cfg.HighestOther > 0 &&
		silent > time.Duration(m.cfg.DownAdverts)*m.cfg.AdvertInterval+m.skewOf(m.cfg.HighestOther)
}
