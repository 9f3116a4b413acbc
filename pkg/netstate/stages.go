package netstate

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// stages let an owner that takes its items have those of one layer before those of the
// next, and give them up in the reverse order. All is guarded by State.mu.
type stages struct {
	// later are the claims, by layer, on which a decision is made when what goes
	// before was tried, and then is that decision.
	later  [][]*claim
	then   decision
	number uint64 // counts the decisions
	// waiting are called when those claims have been acted upon.
	waiting []func()
}

// decide makes next the decision of all claims of an owner. Where it has turned, one
// layer goes before the other: what stays held is not delayed. Nor is what is decided
// together with others, for what one gives up another may take. s.mu is held.
func (s *State) decide(o *owner, next decision, turned bool) {
	next.takeOver = next.takeOver || next.held && len(o.later) > 0
	o.number++
	o.later, o.then = nil, next
	if !turned || s.gated.Load() || o.inOneLayer() {
		s.settle(o.claims, next)
		s.release(o)
		return
	}
	o.later = o.byLayer(next.held)
	s.proceed(o)
	if !next.held {
		for _, claims := range o.later {
			for _, c := range claims {
				c.device.silence(c)
			}
		}
	}
}

// inOneLayer says that no claim of the owner has to wait for another one.
func (o *owner) inOneLayer() bool {
	for _, c := range o.claims {
		if c.device.layer != o.claims[0].device.layer {
			return false
		}
	}
	return true
}

// byLayer sorts the claims into those that come first, and those that follow.
func (o *owner) byLayer(held bool) (list [][]*claim) {
	for n := range layers {
		l := n
		if !held {
			l = layers - 1 - n
		}
		var claims []*claim
		for _, c := range o.claims {
			if c.device.layer == l {
				claims = append(claims, c)
			}
		}
		if len(claims) > 0 {
			list = append(list, claims)
		}
	}
	return list
}

// settle passes the decision on to the claims.
func (s *State) settle(claims []*claim, d decision) {
	for _, c := range claims {
		d.items = c.items
		c.device.decide(c, d)
	}
}

// proceed makes the next decision that had to wait, and lets the one behind it wait
// for that. s.mu is held.
func (s *State) proceed(o *owner) {
	o.then.name = o.name
	if len(o.later) == 0 {
		s.release(o)
		return
	}
	claims := o.later[0]
	o.later = o.later[1:]
	s.settle(claims, o.then)
	if len(o.later) == 0 {
		s.release(o)
		return
	}
	number := o.number
	after(claims, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if o.number == number {
			s.proceed(o)
		}
	})
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
		for _, claims := range o.later {
			for _, c := range claims {
				if c.device == d {
					return true
				}
			}
		}
	}
	return false
}

// endLayers lets the devices do what is ordered, layer by layer from the last one on,
// and waits for that: what an owner gives up goes in its order. The routing tables
// leave half of the time to the interfaces. s.mu is held, but not meanwhile.
func (s *State) endLayers(ctx context.Context) (errs []error) {
	for _, o := range s.owners {
		for o.then.held && len(o.later) > 0 {
			o.number++ // what waits is decided here
			s.proceed(o)
		}
	}
	for l := int(layers) - 1; l >= 0; l-- {
		errs = append(errs, s.endLayer(ctx, layer(l))...)
	}
	return errs
}

func (s *State) endLayer(ctx context.Context, l layer) (errs []error) {
	for _, o := range s.owners {
		if len(o.later) > 0 && o.later[0][0].device.layer >= l {
			o.number++
			s.proceed(o)
		}
	}
	var list []*device
	for _, name := range slices.Sorted(maps.Keys(s.devices)) {
		if d := s.devices[name]; d.layer == l {
			d.end()
			list = append(list, d)
		}
	}
	for _, d := range s.ending {
		if d.layer == l {
			list = append(list, d)
		}
	}
	s.mu.Unlock()
	if deadline, ok := ctx.Deadline(); ok && l == tablesLayer {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	for _, d := range list {
		errs = append(errs, d.wait(ctx))
	}
	s.mu.Lock()
	return errs
}
