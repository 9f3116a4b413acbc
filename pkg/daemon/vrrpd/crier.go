package vrrpd

import (
	"context"
	"sync"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A crier announces what waits to be announced on one interface, beside the
// executor that adds addresses there: by the time that the kernel has added the
// last of a hundred, most of them have been announced. It keeps the pace that is
// set.
type crier struct {
	voice *voice
	wake  chan struct{} // holds one when there may be something to do

	mu    sync.Mutex
	idle  *sync.Cond // uses mu: fresh is empty and none of it under way
	fresh []cry      // guarded by mu
	busy  bool       // guarded by mu: with what was in fresh
	ended bool       // guarded by mu
	calls calls      // guarded by mu

	quietTill vrrp.Time // no repetition before; the goroutine's own
}

// A cry is an address that has yet to be announced for the first time.
type cry struct {
	job  *job
	addr vrrp.Address
}

func newCrier(v *voice) *crier {
	c := &crier{voice: v, wake: make(chan struct{}, 1)}
	c.idle = sync.NewCond(&c.mu)
	return c
}

// first queues the first announcement of an address. Those go before all
// repetitions, and know no pace.
func (c *crier) first(j *job, a vrrp.Address) {
	c.mu.Lock()
	c.fresh = append(c.fresh, cry{j, a})
	c.mu.Unlock()
	poke(c.wake)
}

// call queues rounds of announcements.
func (c *crier) call(j job) {
	c.mu.Lock()
	c.calls.add(j)
	c.mu.Unlock()
	poke(c.wake)
}

// flush returns when there is no first announcement left to make.
func (c *crier) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.ended && (len(c.fresh) > 0 || c.busy) {
		c.idle.Wait()
	}
}

// run announces until ctx ends; the repetitions that still wait then are not
// worth waiting for.
func (c *crier) run(ctx context.Context) {
	defer c.end()
	pace := time.NewTimer(0)
	defer pace.Stop()
	for {
		c.announceFresh()
		if wait := c.announceNext(); wait >= 0 {
			pace.Reset(wait)
		} else {
			pace.Stop()
		}
		select {
		case <-c.wake:
		case <-pace.C:
		case <-ctx.Done():
			return
		}
	}
}

func (c *crier) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.idle.Broadcast()
}

func (c *crier) announceFresh() {
	var done []cry
	for {
		c.mu.Lock()
		list := c.fresh
		c.fresh, c.busy = done[:0], len(list) > 0
		if !c.busy {
			c.idle.Broadcast()
		}
		c.mu.Unlock()
		if len(list) == 0 {
			return
		}
		for _, f := range list {
			if !f.job.stale() {
				c.voice.announce(f.job.name, f.addr)
			}
		}
		clear(list) // or it would keep the jobs
		done = list
	}
}

// burst is how many repetitions without a pause are sent before the first
// announcements get their turn.
const burst = 64

// announceNext sends what repetitions are due and returns the time until the
// next one; a negative one is never.
func (c *crier) announceNext() time.Duration {
	if wait := c.quietTill.Sub(monotonic()); wait > 0 {
		return wait
	}
	for range burst {
		c.mu.Lock()
		j, addr, ok := c.calls.next()
		c.mu.Unlock()
		if !ok {
			return -1
		}
		c.voice.announce(j.name, addr)
		if j.pause > 0 {
			c.quietTill = monotonic().Add(j.pause)
			return j.pause
		}
	}
	return 0
}

// poke puts one into a channel that has room for one.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
