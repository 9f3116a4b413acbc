package netstate

import (
	"context"
	"sync/atomic"
	"time"
)

// stages let an owner that takes its items have its addresses before its routes
// and rules, and give them up in the reverse order. All is guarded by State.mu.
type stages struct {
	// second are the claims on which a decision is made when what goes before was
	// tried, and then is that decision.
	second []*claim
	then   decision
	number uint64 // counts the decisions
	// waiting are called when those claims have been acted upon.
	waiting []func()
}

// decide makes next the decision of all claims of an owner. Where it has turned, one
// kind goes before the other: what stays held is not delayed. Nor is what is decided
// together with others, for what one gives up another may take. s.mu is held.
func (s *State) decide(o *owner, next decision, turned bool) {
	next.takeOver = next.takeOver || next.held && len(o.second) > 0
	o.number++
	o.second, o.then = nil, next
	if !turned || s.gated.Load() || !o.bothKinds() {
		s.settle(o.claims, next)
		s.release(o)
		return
	}
	var first []*claim
	for _, c := range o.claims {
		if c.device.tables() == next.held {
			o.second = append(o.second, c)
		} else {
			first = append(first, c)
		}
	}
	s.settle(first, next)
	if !next.held {
		for _, c := range o.second {
			c.device.silence(c)
		}
	}
	number := o.number
	after(first, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if o.number == number {
			s.proceed(o)
		}
	})
}

// bothKinds says that the owner has claims on interfaces and on the routing tables.
func (o *owner) bothKinds() bool {
	tables := false
	for _, c := range o.claims {
		tables = tables || c.device.tables()
	}
	return tables && len(o.claims) > 1
}

// settle passes the decision on to the claims.
func (s *State) settle(claims []*claim, d decision) {
	for _, c := range claims {
		d.items = c.items
		c.device.decide(c, d)
	}
}

// proceed makes the decision that had to wait. s.mu is held.
func (s *State) proceed(o *owner) {
	second := o.second
	o.second = nil
	o.then.name = o.name
	s.settle(second, o.then)
	s.release(o)
}

// release lets those who wait for the decision wait for what is done about it. s.mu
// is held.
func (s *State) release(o *owner) {
	waiting := o.waiting
	o.waiting = nil
	if len(o.claims) == 0 && len(waiting) > 0 { // there is nothing more to wait for
		s.tries.Go(func() {
			for _, f := range waiting {
				f()
			}
		})
		return
	}
	for _, f := range waiting {
		after(o.claims, f)
	}
}

// after calls f when the newest decisions about all claims have been acted upon.
func after(claims []*claim, f func()) {
	var left atomic.Int64
	left.Store(int64(len(claims)))
	for _, c := range claims {
		c.device.after(c, func() {
			if left.Add(-1) == 0 {
				f()
			}
		})
	}
}

// awaited says that there is a decision to come for a device. s.mu is held.
func (s *State) awaited(d *device) bool {
	for _, o := range s.owners {
		for _, c := range o.second {
			if c.device == d {
				return true
			}
		}
	}
	return false
}

// endTables lets the routing tables be done with before the interfaces, whose
// addresses go then, but leaves half of the time to these. s.mu is held, but not
// meanwhile.
func (s *State) endTables(ctx context.Context) []error {
	for _, o := range s.owners {
		if len(o.second) > 0 && o.then.held {
			s.proceed(o)
		}
	}
	t := s.devices[tablesName]
	if t == nil {
		return nil
	}
	t.end()
	s.mu.Unlock()
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	err := t.wait(ctx)
	s.mu.Lock()
	for _, o := range s.owners {
		if len(o.second) > 0 {
			s.proceed(o)
		}
	}
	return []error{err}
}
