package sim

import (
	"math/rand/v2"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// act does what an act says.
func (w *world) act(a Act) {
	random := a.draw()
	w.note("%v", a)
	switch a.Deed {
	case settle:
		w.settle("after trouble")
	case filter:
		w.filtered(random)
	case part:
		w.parted(random)
	case robAll:
		w.robbed()
	default:
		w.settled = false
		w.fault(a, w.hosts[a.Host%len(w.hosts)], random)
	}
}

// fault does something to a host, or to the network.
func (w *world) fault(a Act, h *host, random *rand.Rand) {
	f := h.ifaces[a.Segment]
	switch a.Deed {
	case cutOneWay:
		w.ways.cut[a.Segment][h.number][random.IntN(len(w.hosts))] = true
	case cutOff:
		for _, o := range w.hosts {
			w.ways.cut[a.Segment][h.number][o.number], w.ways.cut[a.Segment][o.number][h.number] = true, true
		}
	case joinAll:
		w.ways.cut = ways{}.cut
	case weather:
		w.weather(random)
	case crash: // the addresses stay, nobody looks after them
		h.end(false)
	case boot:
		if h.router == nil {
			h.boot()
		}
	case stop:
		h.end(true)
	case plug:
		f.up = !f.up
		h.changed(f)
	case deafen:
		h.deaf = !h.deaf
	case mute:
		h.mute = !h.mute
	case replan:
		w.plan.change(random)
	case reload:
		h.reload()
	case script:
		h.script = 1 - h.script
		h.report()
	case file:
		h.file = []int{0, -20, -254, 30}[random.IntN(4)]
		h.report()
	case rename:
		h.rename(f)
	case renew:
		h.renew(f, random.IntN(2) == 0)
	case rebase:
		f.based = !f.based
		h.changed(f)
	case sockets:
		h.noSocket = !h.noSocket
	case refuse:
		if h.refusing = !h.refusing; !h.refusing && h.router != nil {
			h.again()
		}
	case freeze, suspend:
		h.freeze(freezeTime(random), a.Deed == suspend)
	case wallJump: // within what two routers may be apart
		h.clock.wall = time.Duration(random.Int64N(4*int64(time.Second))) - 2*time.Second
	case rob:
		if len(h.driven) > 0 {
			h.rob(h.driven[random.IntN(len(h.driven))])
		}
	}
}

// freezeTime is from a millisecond to half a minute, in each order of magnitude alike.
func freezeTime(random *rand.Rand) time.Duration {
	d := time.Millisecond << random.IntN(15)
	return d + time.Duration(random.Int64N(int64(d)))
}

// weather changes how packets are lost, late and doubled.
func (w *world) weather(random *rand.Rand) {
	y := &w.ways
	y.loss, y.double, y.late = random.Float64()*0.8, 0, 0
	if random.IntN(3) == 0 {
		y.loss = 0
	}
	if random.IntN(2) == 0 {
		y.double = random.Float64() * 0.3
	}
	if random.IntN(2) == 0 {
		y.late = usualDelay << random.IntN(9)
	}
}

// rename gives an interface another name, or its own again.
func (h *host) rename(f *iface) {
	old := h.link(f)
	if f.name == deviceNames[f.segment] {
		f.name = "wan" + f.name[3:]
	} else {
		f.name = deviceNames[f.segment]
	}
	f.sockets, f.wanted = [2]*vrrp.Socket{}, [2]*vrrp.Socket{}
	if h.router == nil {
		return
	}
	if !h.w.forgetful || !h.frozen {
		h.w.post(h, 0, vrrp.RouterEvent{Kind: vrrp.LinkRemoved, Link: old})
	}
	f.news = h.changed(f)
}

// renew makes an interface anew, without its addresses, or replaces it under our eyes.
func (h *host) renew(f *iface, replace bool) {
	old := h.link(f)
	h.index++
	f.index, f.vips, f.sockets, f.wanted = h.index, nil, [2]*vrrp.Socket{}, [2]*vrrp.Socket{}
	if h.router == nil {
		return
	}
	if !replace {
		h.w.post(h, 0, vrrp.RouterEvent{Kind: vrrp.LinkRemoved, Link: old})
	}
	f.news = h.changed(f)
}

// mend ends all that is wrong with a host. One that has lacked addresses begins
// anew, for it waits for minutes else.
func (h *host) mend() {
	w := h.w
	h.thaw()
	h.deaf, h.mute, h.noSocket, h.refusing, h.script, h.file = false, false, false, false, 1, 0
	h.clock.wall = 0
	for _, f := range h.ifaces {
		if f.name != deviceNames[f.segment] {
			h.rename(f)
		}
		if !f.up || !f.based {
			f.up, f.based = true, true
			h.changed(f)
		}
	}
	w.run(0)
	if h.refused && h.router != nil {
		h.end(w.rand.IntN(2) == 0)
	}
	h.refused = false
	if h.router == nil {
		h.boot()
		return
	}
	h.reload()
	h.report()
}
