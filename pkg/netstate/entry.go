package netstate

import (
	"cmp"
	"slices"
	"time"
)

// An entry is one thing that may be on the interface.
type entry struct {
	key  key
	name string // of its last owner, if there is none
	refs []ref  // the owners whose business it is, in the order in which they came

	// state is whether it is there, as item if formed is set. verify asks for it to
	// be added though it is believed to be there.
	state  state
	item   *Item
	formed bool
	verify bool

	queued bool // in model.changed
	err    error
	retry  time.Time // when to try again, if err is set
	// refused says that the first failure of a route or rule is known.
	refused bool
	// told is the failure that was reported last, of a drop.
	told string

	// due is what is to be announced when it is there: rounds times, for cause.
	due    due
	rounds int
	cause  *claim
	lost   bool // somebody else has removed it
	with   bool // the kernel has removed it, with what it depends on
	unsaid bool // it is there, but its announcement was dropped
}

// A ref is an owner's idea of an entry.
type ref struct {
	claim   *claim
	item    *Item
	defined bool // by the list that is being taken in
}

// A state is what is known of an entry.
type state uint8

const (
	unknown state = iota // it may be there
	absent
	present
)

// A due says whether an address is announced when it is there.
type due uint8

const (
	dueNever     due = iota
	dueIfChanged     // if it was not there before
	dueAlways
)

func (k key) compare(o key) int {
	return cmp.Or(cmp.Compare(k.kind, o.kind), k.prefix.Addr().Compare(o.prefix.Addr()), cmp.Compare(k.prefix.Bits(), o.prefix.Bits()), cmp.Compare(k.text, o.text))
}

// ref returns where the claim is in e.refs, or -1.
func (e *entry) ref(c *claim) int {
	return slices.IndexFunc(e.refs, func(r ref) bool { return r.claim == c })
}

// desired returns how the entry should be there, nil if it should not. Of several
// owners that hold it in different ways, the one counts that has it its way already.
func (e *entry) desired() (item *Item) {
	for n := range e.refs {
		r := &e.refs[n]
		if !r.claim.now.held {
			continue
		}
		if e.state != absent && e.formed && same(r.item, e.item) {
			return r.item
		}
		if item == nil {
			item = r.item
		}
	}
	return item
}

// owner is the name of an owner whose business the entry is or was, of one that
// holds it if there is any.
func (e *entry) owner() string {
	if h := e.holder(); h != nil {
		return h.now.name
	}
	if len(e.refs) > 0 {
		return e.refs[0].claim.now.name
	}
	return e.name
}

// holder is the first owner that holds the entry, or nil.
func (e *entry) holder() *claim {
	for _, r := range e.refs {
		if r.claim.now.held {
			return r.claim
		}
	}
	return nil
}

// announce lets the entry be announced when it is there. What is asked for
// already is joined.
func (e *entry) announce(c *claim, d due, rounds int) {
	if d < e.due {
		return
	}
	if d == e.due {
		rounds = max(rounds, e.rounds)
	}
	e.due, e.cause, e.rounds = d, c, rounds
}

// expect lets the entry be announced if it should be there and may not be.
func (e *entry) expect() {
	h := e.holder()
	switch {
	case h == nil:
	case e.unsaid: // whether it changes or not
		e.announce(h, dueAlways, h.now.repeat)
	case e.due != dueNever:
	case e.state != present:
		e.announce(h, dueAlways, h.now.repeat)
	case e.verify:
		e.announce(h, dueIfChanged, h.now.repeat)
	}
}

// handOver lets the announcement that is due be another owner's business, if
// there is one.
func (e *entry) handOver() {
	if e.due == dueNever || e.ref(e.cause) >= 0 && e.cause.now.held {
		return
	}
	if e.cause = e.holder(); e.cause == nil {
		e.announced()
		e.unsaid = e.state == present
	}
}

// announced ends what was due.
func (e *entry) announced() {
	e.due, e.rounds, e.cause, e.lost, e.with, e.unsaid = dueNever, 0, nil, false, false, false
}

// try takes note that the entry is about to be added or removed.
func (e *entry) try(remove bool) {
	if remove {
		return
	}
	for n := range e.refs {
		if c := e.refs[n].claim; c.now.held {
			c.tried = true
		}
	}
}

// added takes note of how the kernel has answered to the addition of item.
// announce says whether it is to be announced now.
func (e *entry) added(item *Item, changed bool, err error) (announce bool) {
	e.err = err
	if err != nil {
		if e.state != present || e.verify {
			e.state, e.item, e.formed = unknown, item, true
		}
		return false
	}
	e.state, e.item, e.formed, e.verify = present, item, true, false
	if e.due == dueIfChanged && !changed {
		e.announced()
	}
	return e.due != dueNever
}

// removed takes note of how the kernel has answered to the removal.
func (e *entry) removed(err error) {
	e.err = err
	if err != nil {
		e.verify = true // it may be gone
		return
	}
	e.state, e.formed, e.verify, e.unsaid = absent, false, false, false
	e.expect()
}
