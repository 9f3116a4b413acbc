package vrrpd

import (
	"sync"
	"time"

	"github.com/kactl/kactl/pkg/event"
)

// deferEvents is how long the events of a take-over wait. Whoever makes log lines,
// programs and mail of them would compete for a processor with those who add the
// addresses and announce them.
const deferEvents = time.Millisecond

// An outbox passes events on, one after the other, in their order. What the loop
// emits goes out at once, or in a moment, and nothing overtakes it: the events of
// the effects that are being carried out come before whatever these bring about.
type outbox struct {
	emit func(event.Event) // nil is nobody

	mu      sync.Mutex    // guards all following
	waiting []event.Event // go out next, in this order
	after   []event.Event // those that others emit while held
	// held says that effects are being carried out whose events are yet to come,
	// deferred that those that wait do so until flush.
	held, deferred bool
	emitting       bool // somebody passes on what waits
}

// put passes on an event. It may be called by several goroutines, and does not wait
// for another one.
func (o *outbox) put(e event.Event) {
	o.mu.Lock()
	if o.held {
		o.after = append(o.after, e)
	} else {
		o.waiting = append(o.waiting, e)
	}
	o.pass()
}

// first passes on an event before those of the effects that are being carried out.
func (o *outbox) first(e event.Event) {
	o.mu.Lock()
	o.waiting = append(o.waiting, e)
	o.pass()
}

// hold begins to keep back what others emit.
func (o *outbox) hold() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held = true
}

// release passes on the events of effects that have been carried out, and then what
// was kept back meanwhile; where deferred, with the next flush.
func (o *outbox) release(events []event.Event, deferred bool) {
	o.mu.Lock()
	o.waiting = append(append(o.waiting, events...), o.after...)
	o.after = nil
	o.held, o.deferred = false, o.deferred || deferred
	o.pass()
}

// flush passes on what was deferred.
func (o *outbox) flush() {
	o.mu.Lock()
	o.deferred = false
	o.pass()
}

// pass passes on what waits, unless somebody else does so already, and unlocks mu.
func (o *outbox) pass() {
	defer o.mu.Unlock()
	if o.emitting {
		return
	}
	o.emitting = true
	defer func() { o.emitting = false }()
	for len(o.waiting) > 0 && !o.deferred {
		events := o.waiting
		o.waiting = nil
		if o.emit == nil {
			continue
		}
		o.mu.Unlock()
		for _, e := range events {
			o.emit(e)
		}
		o.mu.Lock()
	}
}
