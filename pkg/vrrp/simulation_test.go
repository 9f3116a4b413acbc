package vrrp

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// TestSimulation lets networks of several routers live through random faults:
// adverts are lost and late, links are cut in parts, packet filters keep routers
// from hearing or from sending, routers stop, crash and come back. While anything
// is wrong only what must hold always is checked. Where nothing but packet filters
// is wrong there must soon be one master at the most, and one if any router hears
// and sends; in every quiet period one master, the right one.
func TestSimulation(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			n := newNetwork(t, seed)
			for range 8 {
				n.trouble(20 * time.Second)
				n.filtered(15 * time.Second)
				n.quiet(15 * time.Second)
			}
		})
	}
}

// A network is a set of routers of one VRID and the adverts on their way.
type network struct {
	t       *testing.T
	rand    *rand.Rand
	now     Time
	routers []*router
	flights []flight
	loss    float64
	cut     map[[2]int]bool
}

type router struct {
	*Machine
	cfg   Instance
	addr  netip.Addr
	alive bool
	audit audit
	// Packet filters drop what comes in, or what goes out.
	deaf, mute, failed bool
}

type flight struct {
	at       Time
	from, to int
	advert   Advert
}

func newNetwork(t *testing.T, seed uint64) *network {
	n := &network{t: t, rand: rand.New(rand.NewPCG(seed, 1)), now: Time(time.Hour), cut: map[[2]int]bool{}}
	for i := range 2 + n.rand.IntN(4) {
		r := &router{cfg: testInstance(uint8(1 + n.rand.IntN(254))), addr: netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)})}
		if seed%2 == 1 { // version 3, where each may have an interval of its own
			r.cfg.Version, r.cfg.Auth = 3, Auth{}
			r.cfg.AdvertInterval = time.Duration(2+n.rand.IntN(99)) * 10 * time.Millisecond
		}
		n.routers = append(n.routers, r)
		n.boot(i)
	}
	return n
}

func (n *network) boot(i int) {
	r := n.routers[i]
	r.Machine, r.alive, r.audit = NewMachine(&r.cfg), true, audit{}
	n.step(i, Event{Kind: InterfaceChanged, Up: true})
	n.step(i, Event{Kind: SourceChanged, From: r.addr})
	n.step(i, Event{Kind: Startup})
}

// step runs one event and acts on its effects.
func (n *network) step(i int, ev Event) {
	r := n.routers[i]
	effects := r.Step(n.now, ev, nil)
	if err := r.audit.see(r.Machine, n.now, ev, effects); err != nil {
		n.t.Fatalf("router %d: %v", i, err)
	}
	tried := false
	for _, e := range effects {
		if e.Kind == SendAdvert {
			n.send(i, e.Priority)
		}
		tried = tried || e.Kind == SendAdvert || e.Kind == Probe
	}
	if tried && (r.mute || r.failed) {
		r.failed = r.mute
		n.step(i, Event{Kind: SendChanged, Up: !r.mute})
	}
}

func (n *network) send(from int, priority uint8) {
	if n.routers[from].mute {
		return
	}
	a := NewAdvert(&n.routers[from].cfg)
	a.Priority = priority
	for to := range n.routers {
		if to == from || n.cut[[2]int{from, to}] || n.rand.Float64() < n.loss {
			continue
		}
		delay := time.Duration(n.rand.Int64N(int64(2 * time.Millisecond)))
		n.flights = append(n.flights, flight{n.now.Add(delay), from, to, a})
	}
}

// run lets time pass, event by event.
func (n *network) run(d time.Duration) {
	end := n.now.Add(d)
	for {
		next, timerOf, arrival := end, -1, -1
		for i, r := range n.routers {
			if at, ok := r.Deadline(); r.alive && ok && at < next {
				next, timerOf = max(at, n.now), i
			}
		}
		for i, f := range n.flights {
			if f.at < next {
				next, arrival = f.at, i
			}
		}
		n.now = next
		switch {
		case arrival >= 0:
			f := n.flights[arrival]
			n.flights = slices.Delete(n.flights, arrival, arrival+1)
			to := n.routers[f.to]
			if to.alive && to.Listening() {
				n.step(f.to, Event{Kind: Overheard, Advert: &f.advert, From: n.routers[f.from].addr, TTL: 255})
			}
			if to.alive && !to.deaf {
				n.step(f.to, Event{Kind: Received, Advert: &f.advert, From: n.routers[f.from].addr, TTL: 255})
			}
		case timerOf >= 0:
			n.step(timerOf, Event{Kind: Timer})
		default:
			return
		}
	}
}

// trouble is a time of random faults.
func (n *network) trouble(d time.Duration) {
	n.loss = n.rand.Float64() * 0.8
	for end := n.now.Add(d); n.now < end; {
		n.run(time.Duration(n.rand.Int64N(int64(2 * time.Second))))
		i := n.rand.IntN(len(n.routers))
		r := n.routers[i]
		switch n.rand.IntN(8) {
		case 0:
			n.cut[[2]int{i, n.rand.IntN(len(n.routers))}] = true
		case 1:
			clear(n.cut)
		case 2: // a crash: the addresses stay, nobody looks after them
			r.alive = false
		case 3:
			if !r.alive {
				n.boot(i)
			}
		case 4:
			if r.alive {
				n.step(i, Event{Kind: InterfaceChanged, Up: n.rand.IntN(2) == 0})
			}
		case 5:
			if r.alive {
				n.step(i, Event{Kind: Shutdown})
				r.alive = false
			}
		case 6:
			r.deaf = !r.deaf
		case 7:
			r.mute = !r.mute
		}
	}
	n.loss = 0
	clear(n.cut)
	for i, r := range n.routers {
		if !r.alive {
			n.boot(i)
		}
		n.step(i, Event{Kind: InterfaceChanged, Up: true})
	}
}

// filtered is a time in which nothing is wrong but the packet filters.
func (n *network) filtered(d time.Duration) {
	n.run(2 * listenRest * listenAtLeast) // a master listens now and then
	healthy := slices.ContainsFunc(n.routers, func(r *router) bool { return !r.deaf && !r.mute })
	for end := n.now.Add(d); n.now < end; n.run(100 * time.Millisecond) {
		if masters := n.masters(); len(masters) > 1 || healthy && len(masters) == 0 {
			for i, r := range n.routers {
				n.t.Logf("router %d: %v, priority %d every %v, deaf %v, mute %v", i, r.State(), r.Priority(), r.cfg.AdvertInterval, r.deaf, r.mute)
			}
			n.t.Fatalf("at %v, with packet filters: masters %v", n.now.Sub(Time(time.Hour)), masters)
		}
	}
	for _, r := range n.routers {
		r.deaf, r.mute = false, false
	}
}

// masters are those that are alive and master.
func (n *network) masters() (masters []int) {
	for i, r := range n.routers {
		if r.State() == Master {
			masters = append(masters, i)
		}
	}
	return masters
}

// quiet is a time without faults. It is long enough for an election, and then
// the best router must be the only master, in every moment.
func (n *network) quiet(d time.Duration) {
	n.run(8 * time.Second) // twice the longest master down timer: out of FAULT, and an election
	n.run(time.Second)     // and one advert that says so
	best := 0
	for i, r := range n.routers {
		b := n.routers[best]
		if r.cfg.Priority > b.cfg.Priority {
			best = i
		}
	}
	for end := n.now.Add(d); n.now < end; n.run(100 * time.Millisecond) {
		masters := n.masters()
		if len(masters) != 1 {
			n.t.Fatalf("at %v: masters %v", n.now.Sub(Time(time.Hour)), masters)
		}
		m, b := n.routers[masters[0]], n.routers[best]
		if m.cfg.Priority != b.cfg.Priority {
			n.t.Fatalf("at %v: master has priority %d, the best %d", n.now.Sub(Time(time.Hour)), m.cfg.Priority, b.cfg.Priority)
		}
	}
}
