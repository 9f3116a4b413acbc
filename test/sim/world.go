package sim

import (
	"math/rand/v2"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// beginning is when every history begins.
const beginning = vrrp.Time(time.Hour)

// A world is a history that is being told: a set of routers, the segments that connect
// them and what is on its way.
type world struct {
	*Simulator
	number uint64
	rand   *rand.Rand // of what is not drawn from an act
	now    vrrp.Time
	hosts  []*host
	plan   plan
	ways   ways
	// calm says that nobody has a reason to change state.
	calm bool
	// settled says that nothing was wrong since all was well.
	settled bool
	log     func(string)
	// cache is who a neighbour on the segment takes for the owner of an address.
	cache map[address]int
}

func newWorld(s *Simulator, number uint64) *world {
	s.queue.reset()
	s.arena = s.arena[:0]
	return &world{Simulator: s, number: number, rand: rand.New(rand.NewPCG(number, 1)), now: beginning, log: s.Log, cache: map[address]int{}}
}

// begin makes the hosts and boots them.
func (w *world) begin() {
	routers := 2 + w.rand.IntN(4)
	w.plan = newPlan(w.rand, routers)
	for i := range routers {
		w.hosts = append(w.hosts, newHost(w, i))
	}
	for _, h := range w.hosts {
		h.boot()
	}
}

// everybody is all hosts.
func everybody(*host) bool { return true }

// post lets an event happen to a host in a moment of its life.
func (w *world) post(h *host, delay time.Duration, ev vrrp.RouterEvent) {
	to := w.queue.add(w.now.Add(delay))
	to.to, to.life, to.event = h.number, h.life, ev
}

// later has something done to a host in its life.
func (w *world) later(h *host, delay time.Duration, do func()) {
	to := w.queue.add(w.now.Add(delay))
	to.to, to.life, to.do = h.number, h.life, do
}

// run lets time pass, event by event.
func (w *world) run(d time.Duration) {
	end := w.now.Add(d)
	for moment := 0; ; moment++ {
		next, of := end, (*host)(nil)
		for _, h := range w.hosts {
			if h.wakes && h.wake < next {
				next, of = max(h.wake, w.now), h
			}
		}
		at, arrives := w.queue.next()
		if arrives = arrives && at <= next; arrives {
			next = at
		}
		switch {
		case next > w.now:
			moment = 0
		case moment > 5000:
			w.fail("time stands still")
		}
		w.now = max(w.now, next)
		switch {
		case arrives:
			w.arrive(w.queue.take())
		case of != nil:
			of.due()
		default:
			return
		}
	}
}

// arrive lets something happen that was on its way. A frozen host takes it later.
func (w *world) arrive(slot int32) {
	p := &w.queue.slots[slot]
	h := w.hosts[p.to]
	if h.router == nil || h.life != p.life {
		w.queue.release(slot)
		return
	}
	if h.frozen && !p.outside {
		h.keep(slot)
		return
	}
	do := p.do
	switch {
	case do != nil:
		w.queue.release(slot)
		do()
	case p.packet.message != nil:
		packet := p.packet
		w.queue.release(slot)
		h.receive(&packet)
	default:
		ev := p.event
		w.queue.release(slot)
		h.step(&ev)
	}
}
