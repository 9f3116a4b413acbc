package lvs

import (
	"fmt"

	"github.com/kactl/kactl/pkg/health"
)

// EffectKind says what an Effect is.
type EffectKind uint8

// The effects of a Balancer. Virtual is set in all of them, and Real in those about
// servers and checks.
const (
	// CheckAdded begins Check, which is to be probed for the first time.
	CheckAdded EffectKind = iota + 1
	// CheckRemoved ends Check: no result of it counts any more.
	CheckRemoved
	// Probed is what the result of a probe of Check means: Outcome, and Err where
	// the probe failed. The next probe is due Outcome.After later.
	Probed
	// VirtualAdded and VirtualRemoved say that a virtual server came or went.
	VirtualAdded
	VirtualRemoved
	// RealAdded and RealRemoved say that the settings begin or cease to have a real
	// server.
	RealAdded
	RealRemoved
	// RealUp and RealDown are changes of the verdict of a real server.
	RealUp
	RealDown
	// WeightChanged is a change of the weight of a real server from From to To.
	WeightChanged
	// QuorumGained and QuorumLost are changes of the quorum: the real servers that
	// are up have Weight in all.
	QuorumGained
	QuorumLost
	// SorryUsed says that Real, the sorry server, takes over, and SorryLeft that it
	// does no longer. The real servers that are up leave and come with that, unless
	// only one sorry server follows another.
	SorryUsed
	SorryLeft
	// TableChanged says that the entries of IDs in the table may be others now:
	// see [Balancer.Entry].
	TableChanged
)

// String returns the kind in words.
func (k EffectKind) String() string {
	names := [...]string{
		CheckAdded: "check added", CheckRemoved: "check removed", Probed: "probed",
		VirtualAdded: "virtual server added", VirtualRemoved: "virtual server removed",
		RealAdded: "real server added", RealRemoved: "real server removed", RealUp: "real server up", RealDown: "real server down",
		WeightChanged: "weight changed", QuorumGained: "quorum gained", QuorumLost: "quorum lost",
		SorryUsed: "sorry server used", SorryLeft: "sorry server left", TableChanged: "table changed",
	}
	if int(k) < len(names) && k > 0 {
		return names[k]
	}
	return fmt.Sprintf("effect(%d)", uint8(k))
}

// A Cause is why something changed.
type Cause uint8

// The causes.
const (
	// Checked: the result of a check.
	Checked Cause = iota + 1
	// Started: the first settings.
	Started
	// Reloaded: other settings.
	Reloaded
	// Stopped: the end.
	Stopped
)

// String returns the cause in a word.
func (c Cause) String() string {
	switch c {
	case Checked:
		return "check"
	case Started:
		return "start"
	case Reloaded:
		return "reload"
	case Stopped:
		return "stop"
	}
	return "unknown cause"
}

// An Effect is what a Balancer has decided, or wants to be done. The settings that
// it points to stay as they are.
type Effect struct {
	Kind    EffectKind
	Cause   Cause
	Virtual *VirtualServer
	Real    *RealServer
	Check   *Check
	// Outcome and Err are those of a probe. RealUp and RealDown have the Check and
	// the Err that they follow from, if one is.
	Outcome health.Outcome
	Err     error
	// Up says of RealAdded, RealRemoved and WeightChanged that the server is up, of
	// Probed that all checks of the server are, and of SorryLeft that the quorum was
	// gained.
	Up bool
	// Added says of QuorumGained and QuorumLost that the virtual server is new.
	Added bool
	// WithVirtual says of RealRemoved that its virtual server goes too.
	WithVirtual bool
	// From and To are weights of one real server, and Weight is that of all.
	From, To, Weight int
	// IDs belong to the Balancer, and are valid until its next reload.
	IDs []ServiceID
}

// Key returns what the real server of e is found by.
func (e Effect) Key() RealKey { return RealKey{e.Virtual.Key(), e.Real.Addr} }

// String returns e in one line, for tests.
func (e Effect) String() string {
	s := e.Kind.String()
	switch e.Kind {
	case TableChanged:
		return fmt.Sprintf("%s: %v", s, e.IDs)
	case VirtualAdded, VirtualRemoved:
		return fmt.Sprintf("%s: %s", s, e.Virtual.Key())
	case QuorumGained, QuorumLost:
		return fmt.Sprintf("%s: %s, weight %d", s, e.Virtual.Key(), e.Weight)
	}
	s = fmt.Sprintf("%s: %s", s, e.Key())
	switch e.Kind {
	case WeightChanged:
		s += fmt.Sprintf(", %d to %d", e.From, e.To)
	case RealAdded, RealRemoved:
		s += map[bool]string{true: ", up", false: ", down"}[e.Up]
	case Probed:
		s += fmt.Sprintf(", next after %v", e.Outcome.After)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}
