package vrrp

// Priorities that mean something else than a rank (RFC 9568 section 5.2.4).
const (
	// PriorityResign in an advert says that the master gives up.
	PriorityResign = 0
	// PriorityOwner is that of the router whose own address it is.
	PriorityOwner = 255
)

// A trackState is what is known of a tracked thing: its value, if any. That of a
// file is the number in it, that of all else 0 while it is down.
type trackState struct {
	known bool
	value int
}

// Change is what the track adds to the priority while its thing is up, or down:
// a positive weight counts while it is up, a negative one while it is down, and
// Reverse turns the sign of what counts.
func (t Track) Change(up bool) int {
	switch {
	case up != (t.Weight > 0):
		return 0
	case t.Reverse:
		return -t.Weight
	}
	return t.Weight
}

// Fails reports whether the track makes a FAULT while its thing is up, or down.
// Only one without a weight does, while the thing is down, or with Reverse while
// it is up.
func (t Track) Fails(up bool) bool { return t.Weight == 0 && up == t.Reverse }

// mostFromFile and faultByFile bound what a file adds: no more than the former, and
// from the latter down it makes a FAULT.
const (
	mostFromFile = 253
	faultByFile  = -254
)

// change is Change for a value: the number in a file multiplies the weight.
func (t Track) change(value int) int {
	if t.Kind != TrackFile {
		return t.Change(value != 0)
	}
	return min(max(t.product(value), faultByFile), mostFromFile)
}

// product is the weight times the number in a file, which has 32 bits.
func (t Track) product(value int) int {
	if t.Reverse {
		return -t.Weight * value
	}
	return t.Weight * value
}

// fails is Fails for a value: without a weight any number in a file but 0 makes a
// FAULT, and with one a product that takes more away than any priority has.
func (t Track) fails(value int) bool {
	switch {
	case t.Kind != TrackFile:
		return t.Fails(value != 0)
	case t.Weight == 0:
		return (value != 0) != t.Reverse
	}
	return t.product(value) <= faultByFile
}

// effectivePriority is the base priority with the weights of what is tracked.
// Weights move neither the owner nor anybody else to the owner's rank.
func (m *Machine) effectivePriority() uint8 {
	if m.cfg.Priority == PriorityOwner {
		return PriorityOwner
	}
	p := int(m.cfg.Priority)
	for i, t := range m.cfg.Tracks {
		if m.tracks[i].known {
			p += t.change(m.tracks[i].value)
		}
	}
	return uint8(min(max(p, 1), PriorityOwner-1))
}

// fault returns the first thing that keeps the instance in FAULT, and for
// ReasonTrack which track it is. ok is false if nothing does.
func (m *Machine) fault() (r Reason, track int, ok bool) {
	if r, track, ok = m.ownFault(); !ok && m.group == GroupFault {
		return ReasonGroup, 0, true
	}
	return r, track, ok
}

// ownFault is fault without those of the other members of the sync group.
func (m *Machine) ownFault() (r Reason, track int, ok bool) {
	if !m.interfaceUp && !m.cfg.DontTrackPrimary {
		return ReasonInterface, 0, true
	}
	if !m.source.IsValid() {
		return ReasonNoSource, 0, true
	}
	if m.cfg.FaultWithoutPeers && len(m.cfg.Peers) == 0 {
		return ReasonNoPeer, 0, true
	}
	if r := m.impaired(); r != 0 {
		return r, 0, true
	}
	for i, t := range m.cfg.Tracks {
		if m.tracks[i].known && t.fails(m.tracks[i].value) {
			return ReasonTrack, i, true
		}
	}
	return 0, 0, false
}

// undecided says whether the instance must wait for the first result of
// something that could put it into FAULT.
func (m *Machine) undecided() bool {
	for i, t := range m.cfg.Tracks {
		if t.Weight == 0 && !m.tracks[i].known {
			return true
		}
	}
	return false
}
