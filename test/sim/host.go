package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A host is a simulated machine: its interfaces with their addresses, its clock, and a
// router that may be alive, with a driver that does what it wants.
type host struct {
	w      *world
	number int
	router *vrrp.Router // nil is none
	life   int          // how many there have been
	clock  clock

	// wake is when the router may have something to do, if wakes.
	wake  vrrp.Time
	wakes bool

	// Packet filters drop what comes in, or what goes out.
	deaf, mute bool
	// refusing says that the kernel takes no addresses, refused that it did not,
	// noSocket that it gives no sockets.
	refusing, noSocket, refused bool
	// What is tracked.
	script, file int
	// The process is stopped, and backlog is what waits for it. The clock stands
	// still besides while the machine is suspended.
	frozen    bool
	backlog   []int32
	suspended vrrp.Time

	ifaces []*iface
	index  int // of the last interface

	driver
}

type iface struct {
	name    string
	seen    string     // its name as the driver knows it, empty for none
	news    *vrrp.Link // that it is another one, on the way to the router
	segment int
	index   int
	up      bool
	based   bool // has its own address
	vips    []netip.Prefix
	sockets [2]*vrrp.Socket // what the driver has open, for IPv4 and IPv6
	wanted  [2]*vrrp.Socket // what the router wants
}

func newHost(w *world, number int) *host {
	h := &host{w: w, number: number, script: 1}
	if w.rand.IntN(2) == 0 { // it has a bad clock
		h.clock.perMillion = w.rand.Int64N(4001) - 2000
	}
	for s := range segments {
		h.index++
		h.ifaces = append(h.ifaces, &iface{name: deviceNames[s], segment: s, index: h.index, up: true, based: true})
	}
	return h
}

func (h *host) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "alive %v frozen %v deaf %v mute %v refusing %v no socket %v script %d:",
		h.router != nil, h.frozen, h.deaf, h.mute, h.refusing, h.noSocket, h.script)
	for _, f := range h.ifaces {
		fmt.Fprintf(&b, " %s(%d) up %v based %v %v sockets %v;", f.name, f.index, f.up, f.based, f.vips, f.sockets)
	}
	if h.router != nil {
		h.router.Instances(func(cfg *vrrp.Instance, m *vrrp.Machine) bool {
			fmt.Fprintf(&b, " %s %v priority %d;", cfg.Name, m.State(), m.Priority())
			return true
		})
	}
	return b.String()
}

// iface finds the interface that the driver knows by a name, which may have another
// one by now.
func (h *host) iface(name string) *iface {
	for _, f := range h.ifaces {
		if f.seen == name {
			return f
		}
	}
	return nil
}

// look takes note of the name of an interface.
func (h *host) look(ev *vrrp.RouterEvent) {
	if ev.Kind != vrrp.LinkChanged && ev.Kind != vrrp.LinkRemoved {
		return
	}
	for _, f := range h.ifaces {
		if f.news == ev.Link {
			f.news = nil
		}
		switch {
		case ev.Kind == vrrp.LinkChanged && f.index == ev.Link.Index:
			f.seen = ev.Link.Name
		case ev.Kind == vrrp.LinkRemoved && f.seen == ev.Link.Name:
			f.seen = ""
		}
	}
}

func (h *host) link(f *iface) *vrrp.Link {
	k := &vrrp.Link{Name: f.name, Index: f.index, Up: f.up, MTU: 1500, Addrs: make([]netip.Prefix, 0, 2+len(f.vips))}
	if f.based {
		k.Addrs = append(k.Addrs, netip.PrefixFrom(base(h.number, f.segment, false), 24), netip.PrefixFrom(base(h.number, f.segment, true), 64))
	}
	k.Addrs = append(k.Addrs, f.vips...)
	return k
}

// changed reports an interface.
func (h *host) changed(f *iface) *vrrp.Link {
	if h.router == nil {
		return nil
	}
	k := h.link(f)
	h.w.post(h, 0, vrrp.RouterEvent{Kind: vrrp.LinkChanged, Link: k})
	return k
}

// has says whether an instance of the settings has the address on the device.
func has(s *vrrp.Settings, p netip.Prefix, device string) bool {
	return slices.ContainsFunc(s.Instances, func(i vrrp.Instance) bool {
		same := func(a vrrp.Address) bool { return a.Prefix == p && a.Device == device }
		return slices.ContainsFunc(i.Addresses, same) || slices.ContainsFunc(i.Excluded, same)
	})
}

// boot begins the life of a router.
func (h *host) boot() {
	h.life++
	h.router, h.driver = vrrp.NewRouter(), driver{effects: h.effects}
	settings := h.w.plan.settings(h.number)
	for _, f := range h.ifaces {
		f.news, f.sockets, f.wanted = nil, [2]*vrrp.Socket{}, [2]*vrrp.Socket{}
		// Of what a predecessor has left only what is configured still is found.
		f.vips = slices.DeleteFunc(slices.Clone(f.vips), func(p netip.Prefix) bool { return !has(settings, p, f.name) })
		h.step(&vrrp.RouterEvent{Kind: vrrp.LinkChanged, Link: h.link(f)})
	}
	h.step(&vrrp.RouterEvent{Kind: vrrp.Reload, Settings: settings})
	h.step(&vrrp.RouterEvent{Kind: vrrp.LinksKnown})
	h.report()
}

// report gives the values of what is tracked.
func (h *host) report() {
	if h.router != nil {
		h.w.post(h, 0, vrrp.RouterEvent{Kind: vrrp.TrackReported, Track: vrrp.TrackScript, Name: scriptName, Value: h.script})
		h.w.post(h, 0, vrrp.RouterEvent{Kind: vrrp.TrackReported, Track: vrrp.TrackFile, Name: fileName, Value: h.file})
	}
}

// end is the end of a life, with or without a farewell.
func (h *host) end(farewell bool) {
	if farewell {
		h.thaw()
		h.step(&vrrp.RouterEvent{Kind: vrrp.Stop})
	}
	h.forget()
	h.router, h.wakes, h.frozen = nil, false, false
	h.life++
	for _, f := range h.ifaces {
		f.sockets, f.wanted = [2]*vrrp.Socket{}, [2]*vrrp.Socket{}
	}
}

func (h *host) reload() {
	if h.router != nil {
		h.w.post(h, 0, vrrp.RouterEvent{Kind: vrrp.Reload, Settings: h.w.plan.settings(h.number)})
	}
}

// due lets the router act on its deadline, if it has come.
func (h *host) due() {
	now := h.now()
	if at, ok := h.router.Deadline(now); !ok || at > now {
		h.sleep(at, ok)
		return
	}
	h.step(&vrrp.RouterEvent{Kind: vrrp.DeadlineReached})
}

func (h *host) sleep(at vrrp.Time, ok bool) {
	if h.wakes = ok && !h.frozen; ok {
		h.wake = h.clock.when(at)
	}
}

// step runs one event, checks what follows from it and does it.
func (h *host) step(ev *vrrp.RouterEvent) {
	if h.router == nil {
		return
	}
	if h.w.log != nil && ev.Kind != vrrp.MessageReceived && ev.Kind != vrrp.DeadlineReached {
		h.w.note("%d: event %d %s%s%s up=%v", h.number, ev.Kind, ev.Interface, ev.Name, ev.Instance, ev.Up)
	}
	h.look(ev)
	h.reported(ev)
	now := h.now()
	h.checkLate(now)
	h.effects = h.router.Step(now, *ev, h.effects[:0])
	h.see(ev, now)
	for n := range h.effects {
		e := &h.effects[n]
		if h.w.log != nil {
			name := ""
			if e.Instance != nil {
				name = e.Instance.Name
			}
			h.w.note("%d: %s: %v", h.number, name, *e)
		}
		h.do(e)
	}
	h.rest(ev, now)
	at, ok := h.router.Deadline(now)
	if ok && at < now.Add(-time.Hour) {
		h.w.fail("a deadline long past: %v", at)
	}
	h.sleep(at, ok)
}
