package vrrp

// GroupState is what a member of a sync group knows of the others.
type GroupState uint8

// The states of the rest of a group.
const (
	// NoGroup: the instance is not in a sync group.
	NoGroup GroupState = iota
	// GroupReady: all others take part.
	GroupReady
	// GroupWaiting: one of them waits for its first result of something that
	// could put it into FAULT. None begins before.
	GroupWaiting
	// GroupFault: one of them is in FAULT for a reason of its own.
	GroupFault
)

// membership ties a machine to the others of its sync group: they are in FAULT
// together, and a backup becomes master only when the master down timers of all
// have run out.
type membership struct{ group GroupState }

// Faulty says whether the instance has a fault of its own.
func (m *Machine) Faulty() bool {
	_, _, faulty := m.ownFault()
	return faulty
}

// Decided says whether the instance runs and knows of everything whether it is a
// fault.
func (m *Machine) Decided() bool { return m.running && !m.undecided() }

// Waiting says whether the instance is a backup whose master down timer has run
// out, and that waits for its group.
func (m *Machine) Waiting() bool {
	return m.state == Backup && m.down.waiting && !m.overheard.peer.IsValid()
}

func (m *Machine) groupChanged(now Time, g GroupState) {
	m.group = g
	if g == NoGroup && m.down.waiting {
		m.down.start(now)
	}
}

// wait keeps a backup whose time has come waiting for the others. The next advert
// that it accepts ends the wait. Until then it looks now and then whether it
// overhears one.
func (m *Machine) wait(now Time, about Effect, out []Effect) []Effect {
	m.down.start(now.Add(m.masterDown(m.interval)))
	if m.down.waiting {
		return out
	}
	m.down.waiting, m.down.why = true, about
	about.Kind, about.Reason, about.Priority = Note, ReasonGroupWaits, m.priority
	return append(out, about)
}

// startWaiting begins the life of an owner in a group: ready for its part.
func (m *Machine) startWaiting(now Time, out []Effect) []Effect {
	out = m.becomeBackup(now, Effect{Reason: ReasonStartup}, out)
	m.down.waiting, m.down.why = true, Effect{Reason: ReasonOwner}
	return out
}

// takeOver makes a backup that has waited, or that joins a group of masters,
// master.
func (m *Machine) takeOver(now Time, out []Effect) []Effect {
	if m.state != Backup {
		return out
	}
	about := Effect{Reason: ReasonGroup}
	if m.down.waiting {
		about = m.down.why
		about.For = now.Sub(m.down.since)
	}
	return m.becomeMaster(now, about, out)
}

func (m *Machine) giveUp(now Time, out []Effect) []Effect {
	if m.state != Master {
		return out
	}
	return m.becomeBackup(now, Effect{Reason: ReasonGroup}, append(out, Effect{Kind: RemoveAddresses}))
}
