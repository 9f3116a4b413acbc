package vrrp

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var (
	histories = flag.Int("histories", 2000, "how many histories the simulation has")
	history   = flag.Int("history", -1, "simulate this history alone, and log it")
)

// TestSimulation lets networks of several routers live through random histories.
// In a time of trouble adverts are lost and late, links are cut, go down, are
// renamed or made anew, packet filters keep routers from hearing or sending,
// routers stop, crash, come back and get other settings, tracked things fail,
// sockets and addresses are not to be had or are taken away. After every event
// is checked what must hold always. Where nothing but packet filters is wrong there
// must soon be one master at the most, and one if any router hears and sends; in
// each part of a network that is cut in two, and in every quiet period, one
// master, the right one, and it has the addresses.
//
// It is run with -histories=100000 for long, and with -history=N to see one.
func TestSimulation(t *testing.T) {
	n := *histories
	if testing.Short() {
		n /= 10
	}
	if *history >= 0 {
		live(t, uint64(*history), true)
		return
	}
	const parts = 4
	for part := range parts {
		t.Run(fmt.Sprint("part ", part), func(t *testing.T) {
			t.Parallel()
			for seed := part; seed < n && !t.Failed(); seed += parts {
				live(t, uint64(seed), false)
			}
		})
	}
}

// live is one history.
func live(t *testing.T, seed uint64, log bool) {
	n := newNetwork(t, seed)
	n.verbose = log
	n.trouble(20 * time.Second)
	n.settled("after trouble", 0)
	n.filtered(6 * time.Second)
	n.parted(3 * time.Second)
	n.robbed()
	n.trouble(10 * time.Second)
	n.settled("at the end", time.Second)
}

// A network is a set of routers, the segments that connect them and what is on its
// way.
type network struct {
	t       *testing.T
	seed    uint64
	rand    *rand.Rand
	now     Time
	hosts   []*host
	queue   []happening
	count   int // of happenings, which keeps the order of those of one moment
	plan    plan
	loss    float64
	cut     map[[3]int]bool // segment, from, to
	verbose bool
}

// A happening is an event on its way to a host: a life ends with it.
type happening struct {
	at     Time
	number int
	to     int
	life   int
	event  RouterEvent
	do     func() // instead of an event
	lossy  bool   // a packet: a filter may drop it
}

func newNetwork(t *testing.T, seed uint64) *network {
	n := &network{t: t, seed: seed, rand: rand.New(rand.NewPCG(seed, 1)), now: Time(time.Hour), cut: map[[3]int]bool{}}
	routers := 2 + n.rand.IntN(4)
	n.plan = newPlan(n.rand, routers)
	for i := range routers {
		n.hosts = append(n.hosts, newHost(n, i))
		n.boot(i)
	}
	return n
}

func (n *network) note(format string, args ...any) {
	if n.verbose {
		n.t.Logf("%10.4f "+format, append([]any{n.now.Sub(Time(time.Hour)).Seconds()}, args...)...)
	}
}

func (n *network) fail(format string, args ...any) {
	n.t.Helper()
	for i, h := range n.hosts {
		n.t.Logf("host %d: %v", i, h)
	}
	n.t.Fatalf("history %d at %v: %s; see it with -history=%d", n.seed, n.now.Sub(Time(time.Hour)), fmt.Sprintf(format, args...), n.seed)
}

// post lets an event happen to a host in a moment.
func (n *network) post(to int, delay time.Duration, ev RouterEvent) {
	n.enqueue(happening{at: n.now.Add(delay), to: to, life: n.hosts[to].life, event: ev})
}

func (n *network) enqueue(h happening) {
	n.count++
	h.number = n.count
	n.queue = append(n.queue, h)
}

// run lets time pass, event by event.
func (n *network) run(d time.Duration) {
	end := n.now.Add(d)
	for moment := 0; ; moment++ {
		next, of, arrival := end, -1, -1
		for i, h := range n.hosts {
			if at, ok := h.deadline(n.now); ok && at < next {
				next, of = max(at, n.now), i
			}
		}
		for i, h := range n.queue {
			if h.at < next || h.at == next && (of >= 0 || arrival >= 0 && h.number < n.queue[arrival].number) {
				next, arrival, of = h.at, i, -1
			}
		}
		if next > n.now {
			moment = 0
		}
		if moment > 2000 {
			why := ""
			if of >= 0 {
				m := n.hosts[of].router.due.first(n.now)
				why = fmt.Sprintf("%s in %v waits for %s", m.cfg.Name, m.machine.State(), m.machine.dueTimer(n.now))
			}
			n.fail("time stands still: %s", why)
		}
		n.now = next
		switch {
		case arrival >= 0:
			h := n.queue[arrival]
			n.queue = slices.Delete(n.queue, arrival, arrival+1)
			n.arrive(h)
		case of >= 0:
			n.step(of, RouterEvent{Kind: DeadlineReached})
		default:
			return
		}
	}
}

func (n *network) arrive(h happening) {
	to := n.hosts[h.to]
	if h.life != to.life || to.router == nil {
		return
	}
	if h.do != nil {
		h.do()
		return
	}
	if !h.lossy {
		n.step(h.to, h.event)
		return
	}
	f := to.iface(h.event.Interface)
	if f == nil || !f.up {
		return
	}
	socket := *f.socket(h.event.From.Is6())
	if socket == nil {
		return
	}
	if socket.Tap {
		over := h.event
		over.Kind = MessageOverheard
		n.step(h.to, over)
	}
	if !to.deaf && (!h.event.To.IsMulticast() || slices.Contains(socket.Groups, h.event.To)) {
		n.step(h.to, h.event)
	}
}

// step runs one event, checks what follows from it and does it.
func (n *network) step(i int, ev RouterEvent) {
	h := n.hosts[i]
	if h.router == nil {
		return
	}
	if n.verbose && ev.Kind != MessageReceived && ev.Kind != DeadlineReached {
		n.note("%d: event %d %s%s%s up=%v", i, ev.Kind, ev.Interface, ev.Name, ev.Instance, ev.Up)
	}
	h.effects = h.router.Step(n.now, ev, h.effects[:0])
	effects := slices.Clone(h.effects)
	h.see(ev, effects)
	for _, e := range effects {
		name := ""
		if e.Instance != nil {
			name = e.Instance.Name
		}
		if n.verbose {
			n.note("%d: %s: %v", i, name, e)
		}
		h.apply(e)
	}
	h.rest(ev)
}

// masters are the hosts that have a virtual router's master, of those that count.
func (n *network) masters(vr int, of func(i int) bool) (masters []int) {
	for i, h := range n.hosts {
		if _, m := h.instance(vr); of(i) && m != nil && m.State() == Master {
			masters = append(masters, i)
		}
	}
	return masters
}

// settled waits for an election without trouble and holds what has come of it
// against what should: the best router of those that count is the only master.
func (n *network) settled(when string, more time.Duration) {
	n.t.Helper()
	n.elect(when, func(int) bool { return true })
	for end := n.now.Add(more); n.now < end; n.run(100 * time.Millisecond) {
		n.check(when, func(int) bool { return true })
	}
}

// longestElection is the time to open a socket again, for two of the longest master
// down timers, and for one advert that says so.
const longestElection = 15 * time.Second

func (n *network) elect(when string, of func(i int) bool) {
	n.t.Helper()
	n.run(longestElection)
	n.check(when, of)
}

func (n *network) check(when string, of func(i int) bool) {
	n.t.Helper()
	for vr := range n.plan.vrs {
		if n.plan.vrs[vr].absent {
			continue
		}
		best := -1
		for i := range n.hosts {
			if of(i) && (best < 0 || n.plan.priority(i, vr) > n.plan.priority(best, vr)) {
				best = i
			}
		}
		if got := n.masters(vr, of); len(got) != 1 || got[0] != best {
			n.fail("%s: masters of %s are %v, want %d", when, n.plan.vrs[vr].name, got, best)
		}
		for i, h := range n.hosts {
			if of(i) {
				h.checkAddresses(when, vr, i == best)
			}
		}
	}
}

// filtered is a time in which nothing is wrong but packet filters.
func (n *network) filtered(d time.Duration) {
	for _, h := range n.hosts {
		h.deaf, h.mute = n.rand.IntN(3) == 0, n.rand.IntN(4) == 0
	}
	n.run(2 * listenRest * listenAtLeast) // a master listens now and then
	healthy := slices.ContainsFunc(n.hosts, func(h *host) bool { return !h.deaf && !h.mute })
	for end := n.now.Add(d); n.now < end; n.run(250 * time.Millisecond) {
		for vr := range n.plan.vrs {
			masters := n.masters(vr, func(int) bool { return true })
			if len(masters) > 1 || healthy && len(masters) == 0 && !n.plan.vrs[vr].absent {
				n.fail("with packet filters: masters of %s are %v", n.plan.vrs[vr].name, masters)
			}
		}
	}
	for _, h := range n.hosts {
		h.deaf, h.mute = false, false
	}
}

// parted is a time in which the network is in two parts.
func (n *network) parted(d time.Duration) {
	left := func(i int) bool { return i < len(n.hosts)/2 }
	for s := range segments {
		for i := range n.hosts {
			for j := range n.hosts {
				n.cut[[3]int{s, i, j}] = left(i) != left(j)
			}
		}
	}
	n.run(longestElection) // out of what the filters have left
	n.elect("in one part", left)
	n.run(d)
	n.check("in the other part", func(i int) bool { return !left(i) })
	clear(n.cut)
	n.settled("after the parts came together", 0)
}

// robbed takes addresses from masters: they come back, and nothing else happens.
func (n *network) robbed() {
	for vr := range n.plan.vrs {
		for _, i := range n.masters(vr, func(int) bool { return true }) {
			n.hosts[i].rob(vr)
		}
	}
	n.run(20 * time.Millisecond)
	n.check("after addresses were taken", func(int) bool { return true })
}
