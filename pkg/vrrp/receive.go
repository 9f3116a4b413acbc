package vrrp

// receive handles a message.
func (m *Machine) receive(now Time, ev *Event, out []Effect) []Effect {
	if m.state != Backup && m.state != Master && !m.filtered && !m.noAddresses {
		return out
	}
	if ev.From == m.source || m.ignoresOthers() {
		return out // our own, come back, or nobody's
	}
	if r := m.validate(ev); r.Reason != Accepted {
		m.down.refused++
		m.down.refusal = r.Reason
		out = append(out, Effect{Kind: Note, Reason: ReasonRejected, Peer: ev.From, Reject: r})
		if m.state == Master && r.authentic() {
			// It may have taken over after a loss, and hosts have heard what it announced.
			out = m.announceOnce(now, m.cfg.GARP.LowerPriorityRepeat, out)
		}
		return out
	}
	out = m.heard(now, out)
	switch m.state {
	case Master:
		return m.receiveAsMaster(now, ev, out)
	case Backup:
		return m.receiveAsBackup(now, ev, out)
	}
	if ev.Advert.Priority != PriorityResign {
		m.other = now
	}
	return out // there is another fault
}

// ignoresOthers says whether the machine is the address owner and takes no notice of
// other masters.
func (m *Machine) ignoresOthers() bool {
	return m.cfg.OwnerIgnoresAdverts && m.cfg.Priority == PriorityOwner
}

func (m *Machine) receiveAsBackup(now Time, ev *Event, out []Effect) []Effect {
	theirs := ev.Advert.Priority
	note := Effect{Kind: Note, Peer: ev.From, PeerPriority: theirs, Priority: m.priority}
	switch {
	case theirs == PriorityResign:
		note.Reason, note.From = ReasonResigned, m.state
		m.startDown(now, 0, note)
		return append(out, note)
	case theirs >= m.priority:
		m.preempt.stop()
	case m.cfg.NoPreempt:
	case m.cfg.PreemptDelay > 0 && !m.preempt.set:
		m.preempt.start(now.Add(m.cfg.PreemptDelay))
		note.Reason = ReasonPreemptDelay
		out = append(out, note)
	case m.cfg.PreemptDelay > 0 && !m.preempt.due(now.Add(m.interval/10)):
		// Adverts come at even intervals and the delay is a multiple of those
		// more often than not: without some slack jitter would decide whether
		// the last one falls within the delay, and with it a whole interval.
	default:
		// Not heard: the master down timer runs on, and at its end we take over.
		note.Reason = ReasonLowerPriority
		m.down.why = note
		return append(out, note)
	}
	m.master, m.masterPriority = ev.From, ev.Advert.Priority
	out = m.adoptInterval(ev, out)
	m.startDown(now, m.cfg.DownAdverts, Effect{Reason: ReasonTimer, Peer: ev.From})
	return out
}

func (m *Machine) receiveAsMaster(now Time, ev *Event, out []Effect) []Effect {
	theirs := ev.Advert.Priority
	about := Effect{Peer: ev.From, PeerPriority: theirs, Priority: m.priority}
	switch {
	case theirs == PriorityResign:
		about.Kind, about.Reason, about.From = Note, ReasonResigned, m.state
		out = append(out, about)
		if m.otherMaster.set {
			return m.otherMasterGone(now, out)
		}
		return m.answer(now, out)
	case theirs > m.priority:
		about.Reason = ReasonHigherPriority
	case theirs == m.priority && m.source.Less(ev.From):
		about.Reason = ReasonHigherAddress
	default:
		return m.beat(now, ev, out)
	}
	if m.cfg.HigherPrioritySendAdvert {
		out = append(out, Effect{Kind: SendAdvert, Priority: m.priority})
	}
	about.For = now.Sub(m.since)
	m.master, m.masterPriority = ev.From, ev.Advert.Priority
	out = m.adoptInterval(ev, append(out, Effect{Kind: RemoveAddresses}))
	return m.becomeBackup(now, about, out)
}

// beat answers another master's advert that ours beats: it must hear of us, and so
// must those who may have heard its announcements.
func (m *Machine) beat(now Time, ev *Event, out []Effect) []Effect {
	theirs := ev.Advert.Priority
	out = append(out, Effect{Kind: Note, Reason: ReasonNewElection, Peer: ev.From, PeerPriority: theirs, Priority: m.priority})
	if !m.cfg.LowerPriorityNoAdvert {
		out = m.answer(now, out)
	}
	g := &m.cfg.GARP
	if g.LowerPriorityDelay > 0 && !m.lower.set {
		m.lower.start(now.Add(g.LowerPriorityDelay))
	}
	r := &m.otherMaster
	if !r.set {
		*r = otherMaster{first: now}
	}
	r.last, r.addr, r.priority = now, ev.From, theirs
	r.adverts++
	// Half an interval after its next advert would have come.
	r.start(now.Add(ev.Advert.Interval * 3 / 2))
	return m.announceOnce(now, g.LowerPriorityRepeat, out)
}

// otherMasterGone ends a time with two masters. What the other announced last may
// have been heard after what we announced: it is said once more. That is no
// answer to an advert, and so LowerPriorityNoAdvert does not matter.
func (m *Machine) otherMasterGone(now Time, out []Effect) []Effect {
	r := &m.otherMaster
	r.stop()
	out = append(out, Effect{Kind: Note, Reason: ReasonOneMaster, Peer: r.addr, PeerPriority: r.priority, For: r.last.Sub(r.first), Count: r.adverts})
	out = m.answer(now, out)
	return m.announceOnce(now, m.cfg.GARP.LowerPriorityRepeat, out)
}

// announce announces the addresses, if it is to be done at all.
func announce(repeat int, out []Effect) []Effect {
	if repeat == 0 {
		return out
	}
	return append(out, Effect{Kind: Announce, Repeat: repeat})
}

// advertNow sends an advert out of turn; the next follows an interval later.
func (m *Machine) advertNow(now Time, out []Effect) []Effect {
	m.advert.start(now.Add(m.cfg.AdvertInterval))
	return append(out, Effect{Kind: SendAdvert, Priority: m.priority})
}
