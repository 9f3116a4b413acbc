package watch

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/diag"
)

// State is how a virtual router stands.
type State uint8

// The states, the gravest last.
const (
	// Unheard: no sound advert was seen.
	Unheard State = iota
	Mastered
	// Resigned: the master gave up and nobody has followed yet.
	Resigned
	// Unknown: its interface is down, or nothing was heard since it is up again.
	Unknown
	// Lost: there is no master any more.
	Lost
	// Split: there are two.
	Split
)

// String is the state in a word.
func (s State) String() string {
	return [...]string{"unheard", "master", "resigned", "unknown", "lost", "split"}[s]
}

// A Status is how a virtual router stands at a time.
type Status struct {
	Router
	State State
	// Master is the present one, or the last; nil is none so far.
	Master *Party
	// Rival is the other where there are two.
	Rival *Party
	// Since is when it came to this state.
	Since time.Time
	// First is when anything was heard of it.
	First time.Time
	// Adverts are the sound ones, Missed those that a master left out.
	Adverts uint64
	Missed  int
	// Jitter is how late the master's adverts are on average.
	Jitter    time.Duration
	Addresses []netip.Addr

	// Event is the name of the last event, empty for none, and EventTime when
	// it was.
	Event     string
	EventTime time.Time
	Severity  diag.Severity
}

// Statuses are the virtual routers by interface, tags, VRID and family.
func (o *Observer) Statuses() []Status {
	out := make([]Status, 0, len(o.order))
	for _, v := range o.order {
		out = append(out, v.status())
	}
	slices.SortFunc(out, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Interface, b.Interface), slices.Compare(a.VLANs[:], b.VLANs[:]),
			cmp.Compare(a.VRID, b.VRID), cmp.Compare(a.Family(), b.Family()), a.Unicast.Compare(b.Unicast))
	})
	return out
}

// heard says whether there was a sound advert.
func (o *Observer) heard() bool { return o.sound }

// Now is the time that the observer was told last.
func (o *Observer) Now() time.Time { return o.now }

func (v *virtual) status() Status {
	s := Status{
		Router: v.Router, Since: v.since, First: v.first, Adverts: v.adverts, Missed: v.missed,
		Event: v.lastName, EventTime: v.lastAt, Severity: v.lastSeverity,
	}
	m := v.master
	switch {
	case v.deaf:
		s.State = Unknown
		return s
	case m == nil && v.former == nil:
		s.Since = v.first
		return s
	case m == nil:
		m, s.State = v.former, Lost
	case v.contest.confirmed:
		s.State, s.Since, s.Rival = Split, v.contest.since, copyOf(v.contest.rival)
	case m.resigned:
		s.State = Resigned
	default:
		s.State = Mastered
	}
	s.Master, s.Jitter, s.Addresses = copyOf(m), m.late, slices.Clone(m.sent)
	return s
}
