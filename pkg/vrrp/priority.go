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

// good says whether the thing is as the configuration wants it.
func (t trackState) good(reverse bool) bool { return (t == trackUp) != reverse }

// effectivePriority is the base priority with the weights of what is tracked:
// a positive weight counts while its thing is up, a negative one while it is
// down. Weights move neither the owner nor anybody else to the owner's rank.
func (m *Machine) effectivePriority() uint8 {
	if m.cfg.Priority == PriorityOwner {
		return PriorityOwner
	}
	p := int(m.cfg.Priority)
	for i, t := range m.cfg.Tracks {
		if m.tracks[i] == trackUnknown {
			continue
		}
		if good := m.tracks[i].good(t.Reverse); good == (t.Weight > 0) {
			p += t.Weight
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
		if t.Weight == 0 && m.tracks[i] != trackUnknown && !m.tracks[i].good(t.Reverse) {
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
