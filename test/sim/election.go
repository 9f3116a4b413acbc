package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// longestElection is the time to open a socket again, for two of the longest master
// down timers, for the longest delay of a preemption, and for one advert that says so.
const longestElection = retrySocket + 2*4*time.Second + 3*time.Second + 2*time.Second

// settle ends all trouble, waits for an election and holds what has come of it against
// what should: the best router is the only master, and after that nothing happens.
func (w *world) settle(when string) {
	w.mendAll()
	w.run(longestElection)
	w.check(when, everybody)
	w.quiet(time.Second)
	w.settled = true
}

func (w *world) mendAll() {
	w.ways = ways{}
	for _, h := range w.hosts {
		h.mend()
	}
}

// unlessSettled settles if there was trouble since that was done.
func (w *world) unlessSettled() {
	if !w.settled {
		w.settle("before a trial")
	}
}

// quiet is a time in which nobody changes state.
func (w *world) quiet(d time.Duration) {
	w.calm = true
	w.run(d)
	w.calm = false
	w.check("after a quiet time", everybody)
}

// machine returns what a host has of a virtual router.
func (h *host) machine(vr int) (*vrrp.Instance, *vrrp.Machine) {
	if h.router == nil {
		return nil, nil
	}
	return h.router.Instance(h.w.plan.vrs[vr].name)
}

// masters are the hosts that are a virtual router's masters, of those that count.
func (w *world) masters(vr int, of func(*host) bool) (masters []*host) {
	for _, h := range w.hosts {
		if _, m := h.machine(vr); of(h) && m != nil && m.State() == vrrp.Master {
			masters = append(masters, h)
		}
	}
	return masters
}

// check holds the masters of those that count against what an election gives: one,
// of the highest priority unless the settings let another one stay, and it has the
// addresses.
func (w *world) check(when string, of func(*host) bool) {
	for vr := range w.plan.vrs {
		if w.plan.vrs[vr].absent {
			continue
		}
		best := 0
		for _, h := range w.hosts {
			if of(h) {
				best = max(best, w.plan.priority(h.number, vr))
			}
		}
		got := w.masters(vr, of)
		stays := w.plan.vrs[w.plan.leader(vr)].noPreempt && best != vrrp.PriorityOwner
		if len(got) != 1 || !stays && w.plan.priority(got[0].number, vr) != best {
			w.fail("%s: masters of %s are %v, want one of priority %d", when, w.plan.vrs[vr].name, numbers(got), best)
		}
		for _, h := range w.hosts {
			if of(h) {
				h.checkAddresses(when, vr, h == got[0])
			}
		}
	}
}

func numbers(hosts []*host) (list []int) {
	for _, h := range hosts {
		list = append(list, h.number)
	}
	return list
}

// checkAddresses says whether a host has the addresses of a virtual router if it is
// the master, and none if it is not.
func (h *host) checkAddresses(when string, vr int, master bool) {
	cfg, _ := h.machine(vr)
	for _, list := range [2][]vrrp.Address{cfg.Addresses, cfg.Excluded} {
		for n := range list {
			f := h.iface(list[n].Device)
			if there := slices.Contains(f.vips, list[n].Prefix); there != master && !(there && h.wanted(&list[n])) {
				h.w.fail("%s: host %d, master of %s %v: %s has %v", when, h.number, cfg.Name, master, f.name, f.vips)
			}
		}
	}
	h.checkLeft(when)
	h.checkSockets(when)
}

// checkNeighbours says whether the neighbours know the masters: where who gives way
// says so once more, the one that stays announces itself again. A member of a group
// that follows another one says nothing.
func (w *world) checkNeighbours(when string) {
	for vr := range w.plan.vrs {
		v := &w.plan.vrs[vr]
		if v.absent || !v.lastAdvert || w.plan.grouped && vr < 2 {
			continue
		}
		master := w.masters(vr, everybody)[0]
		for _, a := range v.vips {
			if knows, ok := w.cache[address{v.segment, a}]; ok && knows != master.number {
				w.fail("%s: the neighbours take host %d for the owner of %v, it is %d", when, knows, a, master.number)
			}
		}
	}
}

// filtered is a time in which nothing is wrong but packet filters: there is soon
// one master at the most, and one if any router hears and sends.
func (w *world) filtered(random *rand.Rand) {
	w.unlessSettled()
	for _, h := range w.hosts {
		h.deaf, h.mute = random.IntN(3) == 0, random.IntN(4) == 0
	}
	w.run(masterListens)
	healthy := slices.ContainsFunc(w.hosts, func(h *host) bool { return !h.deaf && !h.mute })
	for range 24 {
		for vr := range w.plan.vrs {
			masters := w.masters(vr, everybody)
			if len(masters) > 1 || healthy && len(masters) == 0 && !w.plan.vrs[vr].absent {
				w.fail("with packet filters: masters of %s are %v", w.plan.vrs[vr].name, numbers(masters))
			}
		}
		w.run(250 * time.Millisecond)
	}
	for _, h := range w.hosts {
		h.deaf, h.mute = false, false
	}
	w.run(longestElection)
	w.check("without packet filters", everybody)
}

// masterListens is twice the time after which a master listens to what reaches its
// interface.
const masterListens = 2 * 10 * 1500 * time.Millisecond

// parted is a time in which the network is in two parts, each with its master, and
// one in which it is whole again.
func (w *world) parted(random *rand.Rand) {
	w.unlessSettled()
	at := 1 + random.IntN(len(w.hosts)-1)
	left := func(h *host) bool { return h.number < at }
	right := func(h *host) bool { return !left(h) }
	for s := range segments {
		for _, h := range w.hosts {
			for _, o := range w.hosts {
				w.ways.cut[s][h.number][o.number] = left(h) != left(o)
			}
		}
	}
	w.run(longestElection)
	for range 2 {
		w.check("in one part", left)
		w.check("in the other part", right)
		w.calm = true
		w.run(time.Second)
		w.calm = false
	}
	stays := w.winners()
	w.ways = ways{}
	w.run(longestElection)
	w.check("after the parts came together", everybody)
	w.checkNeighbours("after the parts came together")
	for vr, h := range stays {
		if h != nil && w.masters(vr, everybody)[0] != h {
			w.fail("after the parts came together: of the masters of %s host %d should have stayed", w.plan.vrs[vr].name, h.number)
		}
	}
}

// winners are, for each virtual router, the master that beats the others: by the
// priority, or by the address, which follows the number of the host.
func (w *world) winners() []*host {
	list := make([]*host, len(w.plan.vrs))
	for vr := range list {
		for _, h := range w.masters(vr, everybody) {
			if b := list[vr]; b == nil || w.plan.priority(h.number, vr) >= w.plan.priority(b.number, vr) {
				list[vr] = h
			}
		}
	}
	return list
}

// robbed takes addresses from masters: they come back, and nothing else happens.
func (w *world) robbed() {
	w.unlessSettled()
	for vr := range w.plan.vrs {
		for _, h := range w.masters(vr, everybody) {
			h.rob(h.find(w.plan.vrs[vr].name))
		}
	}
	w.calm = true
	w.run(20 * time.Millisecond)
	w.calm = false
	w.check("after addresses were taken", everybody)
}
