package netstate

import (
	"net/netip"
	"time"
)

// A Want is what an owner wants: the newest decision about all its items, which
// replaces those before it.
type Want struct {
	// Owner is its name, such as that of a virtual router.
	Owner string
	// Parts are the items that are the owner's business, by interface: they are
	// there if Held is set, and are not there otherwise, unless another owner
	// holds them. The slices must not be changed any more.
	Parts []Part
	Held  bool
	// Repeat is how often each address is announced that comes to be there: all
	// of them if the owner did not hold them before.
	Repeat int
	// Pause is the time between two announcements on an interface; with 0 the
	// first of an address leaves as soon as it is there.
	Pause Pause
	// Hurry is the time after which an owner that holds nothing for want of
	// success tries again; it is bounded by RetryFirst and RetryAfter.
	Hurry time.Duration
	// Whole says that the owner lacks something where anything is missing: mostly it
	// does where there is nothing on an interface, and its routes do not count.
	Whole bool
	// Quiet keeps Announcing from being reported.
	Quiet bool
	// Stays says that the items were there before the owner: they are not removed
	// from an interface that is renamed.
	Stays bool
}

// A Pause is the time after an announcement by gratuitous ARP, and after one by
// neighbour advertisement.
type Pause struct{ ARP, NA time.Duration }

// of is the pause of a protocol.
func (p Pause) of(by protocol) time.Duration {
	if by == byNA {
		return p.NA
	}
	return p.ARP
}

// A protocol is what an address is announced by.
type protocol uint8

const (
	byARP protocol = iota
	byNA
	protocols // is how many there are
)

func protocolOf(a netip.Addr) protocol {
	if a.Is6() {
		return byNA
	}
	return byARP
}

// RetryAfter is the time after which what failed is tried again. An owner that
// has none of what it holds hurries, down to RetryFirst.
const (
	RetryAfter = 5 * time.Second
	RetryFirst = 50 * time.Millisecond
)

// A decision is the part of a Want that is about one interface.
type decision struct {
	name   string
	items  []Item
	held   bool
	repeat int
	pause  Pause
	hurry  time.Duration
	quiet  bool
	whole  bool
	// takeOver says that the owner did not hold its items before.
	takeOver bool
	// turn counts the owner's changes between holding and not.
	turn uint64
	// dropped says that the owner has nothing to do with the interface any more.
	dropped bool
}

// replaces returns the decision that is in force if d follows before, which has
// not been acted upon.
func (d decision) replaces(before decision) decision {
	d.takeOver = d.held && (d.takeOver || before.takeOver)
	return d
}
