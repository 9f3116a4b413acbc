package vrrp

// Priorities that mean something else than a rank (RFC 9568 section 5.2.4).
const (
	// PriorityResign in an advert says that the master gives up.
	PriorityResign = 0
	// PriorityOwner is that of the router whose own address it is.
	PriorityOwner = 255
)

// trackState is what is known of a tracked thing.
type trackState uint8

const (
	trackUnknown trackState = iota
	trackUp
	trackDown
)

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

// effectivePriority is the base priority with the weights of what is tracked.
// Weights move neither the owner nor anybody else to the owner's rank.
func (m *Machine) effectivePriority() uint8 {
	if m.cfg.Priority == PriorityOwner {
		return PriorityOwner
	}
	p := int(m.cfg.Priority)
	for i, t := range m.cfg.Tracks {
		if m.tracks[i] != trackUnknown {
			p += t.Change(m.tracks[i] == trackUp)
		}
	}
	return uint8(min(max(p, 1), PriorityOwner-1))
}

// fault returns the first thing that keeps the instance in FAULT, and for
// ReasonTrack which track it is. ok is false if nothing does.
func (m *Machine) fault() (r Reason, track int, ok bool) {
	if !m.interfaceUp && !m.cfg.DontTrackPrimary {
		return ReasonInterface, 0, true
	}
	if !m.source.IsValid() {
		return ReasonNoSource, 0, true
	}
	if r := m.impaired(); r != 0 {
		return r, 0, true
	}
	for i, t := range m.cfg.Tracks {
		if m.tracks[i] != trackUnknown && t.Fails(m.tracks[i] == trackUp) {
			return ReasonTrack, i, true
		}
	}
	return 0, 0, false
}

// undecided says whether the instance must wait for the first result of
// something that could put it into FAULT.
func (m *Machine) undecided() bool {
	for i, t := range m.cfg.Tracks {
		if t.Weight == 0 && m.tracks[i] == trackUnknown {
			return true
		}
	}
	return false
}
