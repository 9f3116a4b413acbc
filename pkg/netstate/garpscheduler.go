package netstate

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// A garpScheduler announces what waits to be announced on one interface, beside
// the goroutine that adds addresses there: by the time that the kernel has added
// the last of a hundred, most of them have been announced. It keeps the pause
// that is set between repetitions.
type garpScheduler struct {
	announcer *announcer
	wake      chan struct{} // holds one when there may be something to do
	// pace is one that is shared with other interfaces, nil for none.
	pace atomic.Pointer[pace]

	mu     sync.Mutex
	idle   *sync.Cond           // uses mu: no first announcement waits or is under way
	queues [protocols]garpQueue // guarded by mu
	busy   bool                 // guarded by mu: a first announcement is under way
	ended  bool                 // guarded by mu

	// These are the goroutine's own: when there may be the next repetition, and whose
	// turn it is.
	quietUntil [protocols]time.Time
	turn       protocol
}

func newGARPScheduler(a *announcer) *garpScheduler {
	g := &garpScheduler{announcer: a, wake: make(chan struct{}, 1)}
	g.idle = sync.NewCond(&g.mu)
	return g
}

// first queues the first announcement of an address. Those go before all
// repetitions, without a pause.
func (g *garpScheduler) first(p pendingGARP) {
	g.mu.Lock()
	g.queues[protocolOf(p.addr)].addFirst(p)
	g.mu.Unlock()
	poke(g.wake)
}

// repeat queues rounds of announcements.
func (g *garpScheduler) repeat(r garpRounds) {
	if len(r.addrs) == 0 {
		return
	}
	g.mu.Lock()
	g.queues[protocolOf(r.addrs[0])].addRounds(r)
	g.mu.Unlock()
	poke(g.wake)
}

// keep drops what waits for an owner, but for the addresses that stay, and returns
// the other ones.
func (g *garpScheduler) keep(c *claim, stays func(netip.Addr) bool) (dropped []netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for n := range g.queues {
		dropped = append(dropped, g.queues[n].keep(c, stays)...)
	}
	return dropped
}

// drop drops all that waits for an owner, and returns it.
func (g *garpScheduler) drop(c *claim) []netip.Addr {
	return g.keep(c, func(netip.Addr) bool { return false })
}

// flush returns when there is no first announcement left to make.
func (g *garpScheduler) flush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for !g.ended && (g.waiting() || g.busy) {
		g.idle.Wait()
	}
}

// waiting says that there is a first announcement to make. g.mu is held.
func (g *garpScheduler) waiting() bool {
	for n := range g.queues {
		if q := &g.queues[n]; q.at < len(q.first) {
			return true
		}
	}
	return false
}

// run announces until ctx ends; the repetitions that still wait then are not
// worth waiting for.
func (g *garpScheduler) run(ctx context.Context) {
	defer g.end()
	pace := time.NewTimer(0)
	defer pace.Stop()
	for ctx.Err() == nil {
		p, wait, ok := g.next()
		if ok {
			g.announcer.announce(p.name, p.addr)
			if p.pause > 0 {
				g.quietUntil[protocolOf(p.addr)] = time.Now().Add(p.pause)
			}
			continue
		}
		if wait > 0 {
			pace.Reset(wait)
		}
		select {
		case <-g.wake:
		case <-pace.C:
		case <-ctx.Done():
		}
	}
}

// next takes what is to be announced now. If that is nothing, wait is the time
// until the next repetition, 0 if none waits.
func (g *garpScheduler) next() (p pendingGARP, wait time.Duration, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for n := range g.queues {
		if p, ok = g.queues[n].nextFirst(); ok {
			g.busy = true
			return p, 0, true
		}
	}
	g.busy = false
	g.idle.Broadcast()
	for range protocols {
		by := g.turn
		g.turn = (by + 1) % protocols
		if quiet := g.paced(by); quiet > 0 {
			if wait == 0 || quiet < wait {
				wait = quiet
			}
			continue
		}
		if p, ok = g.queues[by].nextRepetition(); ok {
			return p, 0, true
		}
	}
	return p, wait, false
}

// paced is quiet, or how long there is to be no repetition on any of the interfaces that
// share a pause: where that is over, the next one begins. g.mu is held.
func (g *garpScheduler) paced(by protocol) time.Duration {
	p := g.pace.Load()
	switch {
	case p == nil:
		return g.quiet(by)
	case len(g.queues[by].rounds) == 0 || p.pause.of(by) == 0:
		return 0
	}
	return p.take(by)
}

// quiet is how long there is to be no repetition by a protocol.
func (g *garpScheduler) quiet(by protocol) time.Duration {
	if g.quietUntil[by].IsZero() {
		return 0
	}
	if wait := time.Until(g.quietUntil[by]); wait > 0 {
		return wait
	}
	g.quietUntil[by] = time.Time{}
	return 0
}

func (g *garpScheduler) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = true
	g.idle.Broadcast()
}

// poke puts one into a channel that has room for one.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
