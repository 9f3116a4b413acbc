package netstate

import (
	"context"
	"fmt"
)

// A Known is what is known of one thing that an owner has business with.
type Known struct {
	Item Item
	// There says that it is on its interface.
	There bool
	// Err is why it could not be added or removed, if that failed last time.
	Err error
}

// Known returns what is known of the owner's items, in their order. It waits for
// what is under way, until ctx ends.
func (s *State) Known(ctx context.Context, owner string) ([]Known, error) {
	s.mu.Lock()
	var lists []chan []Known
	if o := s.owners[owner]; o != nil && !s.closed {
		for _, c := range o.claims {
			list := make(chan []Known, 1)
			lists = append(lists, list)
			c.device.order(func(o *orders) {
				o.calls = append(o.calls, func() { list <- c.known() })
			})
		}
	}
	s.mu.Unlock()
	var all []Known
	for _, list := range lists {
		select {
		case some := <-list:
			all = append(all, some...)
		case <-ctx.Done():
			return nil, fmt.Errorf("look up the addresses of %s: %w", owner, context.Cause(ctx))
		}
	}
	return all, nil
}

// known is called by the goroutine of the claim's device.
func (c *claim) known() []Known {
	list := make([]Known, len(c.entries))
	for n, e := range c.entries {
		list[n] = Known{Item: *e.refs[e.ref(c)].item, There: e.state == present, Err: e.err}
	}
	return list
}
