package netstate

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// A device makes one interface what its owners want. It has a goroutine that
// changes it, and a garpScheduler beside that.
type device struct {
	name   string
	layer  layer
	state  *State
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{} // holds one when there may be something to do

	announcer announcer
	garp      *garpScheduler

	// alert asks the goroutine to be awake, for that many nanoseconds, when the
	// next order comes, and waiting says that there are orders.
	alert   atomic.Int64
	waiting atomic.Bool
	// silenced says that a claim was silenced, at any time.
	silenced atomic.Bool

	mu     sync.Mutex
	orders orders // guarded by mu
	closed bool   // guarded by mu

	// These belong to the goroutine.
	model model
	conn  changer
	taken orders
	used  bool // there have been orders
	moved moved
	since time.Time // when the model learnt last that something had moved

	// Room that is used again and again.
	ops      []op
	asked    []*Item
	answered []bool
}

// orders are what a device has yet to act upon.
type orders struct {
	claims  []*claim // those with a decision, or with rounds to announce
	lost    []loss
	left    []leftover
	unsaid  []netip.Addr // whose announcements were dropped with an owner's decision
	moved   moved        // what routes depend on has changed
	renewed bool         // the interface is another one under its name
	changed bool         // its hardware address is another one
	calls   []func()     // when these orders were acted upon
	early   []func()     // when what was taken before was
}

// A leftover is an item that got under another name with its interface.
type leftover struct {
	item Item
	name string // of its owner
}

func (o *orders) reset() {
	clear(o.claims)
	clear(o.calls)
	clear(o.early)
	*o = orders{claims: o.claims[:0], lost: o.lost[:0], left: o.left[:0], unsaid: o.unsaid[:0], calls: o.calls[:0], early: o.early[:0]}
}

func newDevice(name string, s *State) *device {
	d := &device{
		name: name, layer: layerOf(name), state: s, done: make(chan struct{}), wake: make(chan struct{}, 1),
		announcer: announcer{device: name, sys: s.sys, report: s.report},
		model:     *newModel(),
	}
	d.garp = newGARPScheduler(&d.announcer)
	d.garp.pace.Store(s.paces[name])
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// prepare opens what the device needs, before run. An interface that is not
// there yet is an error of the announcer.
func (d *device) prepare() error {
	if err := d.open(); err != nil || d.layer != interfaceLayer {
		return err
	}
	return d.announcer.warm()
}

// what is what the device changes, for an error.
func (d *device) what() string {
	switch d.layer {
	case tablesLayer:
		return "routes and rules"
	case filterLayer:
		return "what the packet filter drops"
	}
	return "addresses on " + d.name
}

func (d *device) open() error {
	if d.conn != nil {
		return nil
	}
	conn, err := d.state.openChanger(d.layer)
	if err != nil {
		return fmt.Errorf("change %s: %w", d.what(), err)
	}
	d.conn = conn
	return nil
}

// order changes what is to be done. It never blocks.
func (d *device) order(f func(*orders)) {
	d.mu.Lock()
	f(&d.orders)
	d.waiting.Store(true)
	d.mu.Unlock()
	poke(d.wake)
}

// decide makes next the decision of a claim.
func (d *device) decide(c *claim, next decision) {
	d.mu.Lock()
	if c.queued {
		next = next.replaces(c.next)
	}
	c.next, c.queued = next, true
	d.queue(c)
	d.orders.unsaid = append(d.orders.unsaid, c.unsaid...)
	c.silent, c.unsaid = false, nil
	if !next.held { // now, and not only when the goroutine has time for it
		d.orders.unsaid = append(d.orders.unsaid, d.garp.drop(c)...)
	}
	d.waiting.Store(true)
	d.mu.Unlock()
	poke(d.wake)
}

// silence stops the announcements of a claim before the decision that gives its
// addresses up.
func (d *device) silence(c *claim) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.silent = true
	c.unsaid = append(c.unsaid, d.garp.drop(c)...)
	d.silenced.Store(true)
}

// silent says that the claim was silenced.
func (d *device) silent(c *claim) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return c.silent
}

// queue lets the goroutine look at a claim. d.mu is held.
func (d *device) queue(c *claim) {
	if !c.listed {
		c.listed = true
		d.orders.claims = append(d.orders.claims, c)
	}
}

// standBy lets the goroutine be awake for a moment, because an order is about to
// come: to wake a thread takes longer than to add an address.
func (d *device) standBy(within time.Duration) {
	d.alert.Store(int64(within))
	poke(d.wake)
}

// end lets the device do what is ordered, and no more.
func (d *device) end() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	poke(d.wake)
}

// ended says that the device has come to its end.
func (d *device) ended() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}

// wait waits for the end, or makes one when ctx ends.
func (d *device) wait(ctx context.Context) error {
	defer d.cancel()
	select {
	case <-d.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("clear the %s: %w", d.what(), context.Cause(ctx))
	}
}

func (d *device) run() {
	defer close(d.done)
	ctx, cancel := context.WithCancel(d.ctx)
	var garp sync.WaitGroup
	garp.Go(func() { d.garp.run(ctx) })
	retry := time.NewTimer(0)
	defer func() {
		retry.Stop()
		cancel()
		garp.Wait()
		d.close()
	}()
	if d.layer == interfaceLayer {
		_ = d.announcer.warm() // if that fails, so will the first announcement, and report it
	}
	for {
		closing := d.take()
		if d.ctx.Err() != nil {
			return
		}
		if d.apply(closing); closing || d.state.retire(d) {
			return
		}
		if at, ok := d.deadline(); ok {
			retry.Reset(time.Until(at))
		}
		if d.waiting.Load() && !d.state.gated.Load() {
			continue
		}
		select {
		case <-d.wake:
			d.watch()
		case <-retry.C:
		case <-d.ctx.Done():
		}
	}
}

// watch stays awake for a moment, if that was asked for, until there are orders.
func (d *device) watch() {
	within := time.Duration(d.alert.Swap(0))
	if within == 0 {
		return
	}
	for start := time.Now(); time.Since(start) < within && !d.waiting.Load(); {
	}
}

// after calls f once the claim's newest decision has been applied, or has failed. It
// may already be applied, or be under way.
func (d *device) after(c *claim, f func()) {
	d.order(func(o *orders) {
		if c.queued {
			o.calls = append(o.calls, f)
		} else {
			o.early = append(o.early, f)
		}
	})
}

// call calls what waits for what was done. What follows from a newer decision comes
// behind that.
func (d *device) call() {
	for _, f := range d.taken.calls {
		f()
	}
	d.mu.Lock()
	early := d.orders.early
	d.orders.early = nil
	d.mu.Unlock()
	for _, f := range early {
		f()
	}
}

// take takes the orders. closing says that there will be no more.
func (d *device) take() (closing bool) {
	d.taken.reset()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state.gated.Load() {
		return false
	}
	d.orders, d.taken = d.taken, d.orders
	d.used = d.used || d.waiting.Load()
	d.waiting.Store(false)
	for _, c := range d.taken.claims {
		c.listed = false
		c.taken, c.decided = c.next, c.queued
		c.again, c.rounds = c.rounds, 0
		c.queued = false
	}
	return d.closed
}

// superseded reports whether a newer decision of the owner is waiting, or to come, that
// gives the addresses up, or announces them again.
func (d *device) superseded(c *claim) bool {
	if !d.waiting.Load() && !d.silenced.Load() {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return c.silent || c.queued && (!c.next.held || c.next.takeOver || !sameSlice(c.next.items, c.now.items))
}

func (d *device) close() {
	d.announcer.close()
	if d.conn != nil {
		d.conn.Close()
		d.conn = nil
	}
}
