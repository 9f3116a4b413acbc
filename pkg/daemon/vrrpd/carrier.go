package vrrpd

import (
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// carriers say which interfaces count as up: not those alone that the kernel calls so,
// where a change must last (interface_up_down_delays), or where the driver is asked
// (linkbeat). They belong to the loop's thread.
type carriers struct {
	delays map[string]vrrp.LinkDelay
	known  map[string]*carrier
}

// A carrier is the state of an interface.
type carrier struct {
	link  Link // as the kernel reported it last
	up    bool // it counts as up
	mute  bool // the driver says that it has no carrier
	timer *time.Timer
	turn  int // counts the timers: one that was stopped may have fired
}

func (c *carrier) raw() bool { return c.link.Up && !c.mute }

func (c *carrier) stop() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// configure takes the delays of settings.
func (c *carriers) configure(delays []vrrp.LinkDelay) {
	c.delays = map[string]vrrp.LinkDelay{}
	for _, d := range delays {
		c.delays[d.Interface] = d
	}
}

// stop ends all timers.
func (c *carriers) stop() {
	for _, one := range c.known {
		one.stop()
	}
}

// forget drops an interface that is gone.
func (c *carriers) forget(k Link) {
	if one := c.known[k.Name]; one != nil && one.link.Index == k.Index {
		one.stop()
		delete(c.known, k.Name)
	}
}

// take takes what the kernel reports of an interface, and returns it with what counts.
// later is called by any goroutine when that may have changed.
func (c *carriers) take(k Link, later func(name string, turn int)) Link {
	one := c.known[k.Name]
	if one == nil || one.link.Index != k.Index {
		if one != nil {
			one.stop()
		}
		one = &carrier{up: k.Up}
		c.known[k.Name] = one
	}
	one.link = k
	one.link.Lost = netip.Prefix{}
	k.Up = c.settle(one, later)
	return k
}

// settle returns whether an interface counts as up.
func (c *carriers) settle(one *carrier, later func(name string, turn int)) bool {
	raw, name := one.raw(), one.link.Name
	if raw == one.up {
		one.stop()
		return raw
	}
	wait := c.delays[name].Down
	if raw {
		wait = c.delays[name].Up
	}
	switch {
	case wait == 0:
		one.stop()
		one.up = raw
	case one.timer == nil:
		one.turn++
		turn := one.turn
		one.timer = time.AfterFunc(wait, func() { later(name, turn) })
	}
	return one.up
}

// due lets the change that an interface waits for count.
func (c *carriers) due(name string, turn int) (k Link, changed bool) {
	one := c.known[name]
	if one == nil || one.timer == nil || one.turn != turn {
		return Link{}, false
	}
	one.stop()
	changed = one.raw() != one.up
	one.up = one.raw()
	k = one.link
	k.Up = one.up
	return k, changed
}

// hear takes what drivers said of the interfaces that were asked; of the others the
// kernel's word alone counts. It returns those of which something else counts now.
func (c *carriers) hear(carrier map[string]bool, later func(name string, turn int)) (changed []Link) {
	for name, one := range c.known {
		up, asked := carrier[name]
		was := one.up
		one.mute = asked && !up
		k := one.link
		if k.Up = c.settle(one, later); k.Up != was {
			changed = append(changed, k)
		}
	}
	return changed
}
