package vrrp

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// A host is a simulated machine: its interfaces with their addresses, and a
// router that may be alive, with a driver that does what it wants.
type host struct {
	n      *network
	number int
	router *Router // nil is none
	life   int     // how many there have been
	// Packet filters drop what comes in, or what goes out.
	deaf, mute bool
	// refusing says that the kernel takes no addresses, noSocket that it gives no
	// sockets.
	refusing, noSocket, refused bool
	script, file                int

	ifaces []*simIface
	index  int // the last one

	// What the driver knows, by the instance's name.
	driven  []*driven
	effects []Effect
	stamp   Timestamp // of the last signature
}

// A driven is an instance as its driver sees it.
type driven struct {
	cfg   *Instance
	state State
	known []Address // all that were ever its business, until it gave them up
	wants []Address
	sent  bool // an advert, in this step
}

type simIface struct {
	Name    string
	segment int
	index   int
	up      bool
	based   bool // has its own address
	vips    []netip.Prefix
	sockets [2]*Socket // what the driver has open, for IPv4 and IPv6
}

func newHost(n *network, number int) *host {
	h := &host{n: n, number: number, script: 1}
	for s := range segments {
		h.index++
		h.ifaces = append(h.ifaces, &simIface{Name: fmt.Sprintf("eth%d", s), segment: s, index: h.index, up: true, based: true})
	}
	return h
}

func (h *host) String() string {
	text := fmt.Sprintf("alive %v deaf %v mute %v refusing %v no socket %v script %d:", h.router != nil, h.deaf, h.mute, h.refusing, h.noSocket, h.script)
	for _, f := range h.ifaces {
		text += fmt.Sprintf(" %s(%d) up %v based %v %v socket %v;", f.Name, f.index, f.up, f.based, f.vips, f.sockets)
	}
	if h.router != nil {
		h.router.Instances(func(cfg *Instance, m *Machine) bool {
			text += fmt.Sprintf(" %s %v priority %d;", cfg.Name, m.State(), m.Priority())
			return true
		})
	}
	return text
}

func (h *host) iface(name string) *simIface {
	for _, f := range h.ifaces {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func (h *host) link(f *simIface) *Link {
	k := &Link{Name: f.Name, Index: f.index, Up: f.up, MTU: 1500}
	if f.based {
		k.Addrs = append(k.Addrs, netip.PrefixFrom(base(h.number, f.segment, false), 24), netip.PrefixFrom(base(h.number, f.segment, true), 64))
	}
	k.Addrs = append(k.Addrs, f.vips...)
	return k
}

// changed reports an interface.
func (h *host) changed(f *simIface) {
	h.n.post(h.number, 0, RouterEvent{Kind: LinkChanged, Link: h.link(f)})
}

func (h *host) deadline(now Time) (Time, bool) {
	if h.router == nil {
		return 0, false
	}
	return h.router.Deadline(now)
}

// boot begins the life of a router.
func (n *network) boot(i int) {
	h := n.hosts[i]
	h.life++
	h.router, h.driven, h.stamp = NewRouter(), nil, 0
	settings := n.plan.settings(i)
	for _, f := range h.ifaces {
		f.sockets = [2]*Socket{}
		// Of what a predecessor has left only what is configured still is found.
		f.vips = slices.DeleteFunc(slices.Clone(f.vips), func(p netip.Prefix) bool {
			return !slices.ContainsFunc(settings.Instances, func(i Instance) bool {
				return slices.ContainsFunc(slices.Concat(i.Addresses, i.Excluded), func(a Address) bool { return a.Prefix == p && a.Device == f.Name })
			})
		})
		n.step(i, RouterEvent{Kind: LinkChanged, Link: h.link(f)})
	}
	n.step(i, RouterEvent{Kind: Reload, Settings: settings})
	n.step(i, RouterEvent{Kind: LinksKnown})
	n.step(i, RouterEvent{Kind: TrackReported, Track: TrackScript, Name: "chk", Value: h.script})
	n.step(i, RouterEvent{Kind: TrackReported, Track: TrackFile, Name: "f", Value: h.file})
}

// end is the end of one, with or without a farewell.
func (n *network) end(i int, stop bool) {
	h := n.hosts[i]
	if stop {
		n.step(i, RouterEvent{Kind: Stop})
	}
	h.router = nil
	h.life++
	for _, f := range h.ifaces {
		f.sockets = [2]*Socket{}
	}
}

func (h *host) find(name string) *driven {
	for _, d := range h.driven {
		if d.cfg.Name == name {
			return d
		}
	}
	return nil
}

// instance returns the machine of a virtual router.
func (h *host) instance(vr int) (*Instance, *Machine) {
	if h.router == nil {
		return nil, nil
	}
	return h.router.Instance(h.n.plan.vrs[vr].name)
}

// apply does what an effect asks for.
func (h *host) apply(e Effect) {
	d := (*driven)(nil)
	if e.Instance != nil {
		d = h.find(e.Instance.Name)
	}
	switch e.Kind {
	case Removed:
		h.driven = slices.DeleteFunc(h.driven, func(o *driven) bool { return o == d })
	case SendAdvert, Probe:
		h.send(e)
	case SetAddresses:
		before := d.known
		d.wants, d.known = e.Addresses, slices.Concat(e.Instance.Addresses, e.Instance.Excluded)
		h.clear(before)
		h.clear(d.known)
		h.put(d, e.Addresses)
	case RestoreAddress, RestoreInterface:
		for _, d := range h.driven {
			for _, a := range d.wants {
				if a.Device == e.Interface && (e.Kind == RestoreInterface || a.Prefix == e.Lost) {
					h.put(d, []Address{a})
				}
			}
		}
	case ClearInterface:
		for _, d := range h.driven {
			for _, a := range d.known {
				if a.Device == e.Was && slices.Contains(e.There, a.Prefix) {
					a.Device = e.Interface
					h.clear([]Address{a})
				}
			}
		}
	case SetSocket:
		h.setSocket(e)
	case TryAddresses:
		if !h.refusing {
			h.n.post(h.number, time.Millisecond, RouterEvent{Kind: AddressesPossible, Instance: e.Instance.Name})
		}
	}
}

// clear takes addresses off that nobody wants.
func (h *host) clear(addrs []Address) {
	for _, a := range addrs {
		f := h.iface(a.Device)
		if f == nil || slices.ContainsFunc(h.driven, func(d *driven) bool { return slices.Contains(d.wants, a) }) {
			continue
		}
		if n := slices.Index(f.vips, a.Prefix); n >= 0 {
			f.vips = slices.Delete(slices.Clone(f.vips), n, n+1)
			h.n.post(h.number, 0, RouterEvent{Kind: AddressLost, Link: h.link(f), Lost: a.Prefix})
		}
	}
}

// put adds addresses for an instance.
func (h *host) put(d *driven, addrs []Address) {
	for _, a := range addrs {
		f := h.iface(a.Device)
		switch {
		case f == nil || h.refusing:
			h.refused = h.refused || h.refusing
			h.n.post(h.number, time.Millisecond, RouterEvent{
				Kind: AddressesReported, Instance: d.cfg.Name, Up: !h.refusing && len(d.cfg.Addresses) > 0,
			})
		case slices.Contains(d.wants, a) && !slices.Contains(f.vips, a.Prefix):
			f.vips = append(slices.Clone(f.vips), a.Prefix)
			h.changed(f)
		}
	}
}

// again puts what masters want, when the kernel takes it again.
func (h *host) again() {
	for _, d := range h.driven {
		h.put(d, d.wants)
		h.n.post(h.number, 0, RouterEvent{Kind: AddressesReported, Instance: d.cfg.Name, Up: true})
	}
}

// socket is the one for a family.
func (f *simIface) socket(ipv6 bool) **Socket {
	if ipv6 {
		return &f.sockets[1]
	}
	return &f.sockets[0]
}

// setSocket opens a socket or changes one. What fails is tried again.
func (h *host) setSocket(e Effect) {
	f := h.iface(e.Interface)
	if e.Socket == nil {
		if f != nil {
			*f.socket(e.IPv6) = nil
		}
		return
	}
	if f == nil || f.index != e.Socket.Index {
		return // the news of its end is on its way
	}
	s := f.socket(e.IPv6)
	if *s != nil {
		*s = e.Socket
		return
	}
	up := !h.noSocket
	if up {
		*s = e.Socket
	}
	ev := RouterEvent{Kind: SocketChanged, Interface: e.Interface, IPv6: e.IPv6, Index: e.Socket.Index, Up: up}
	h.n.post(h.number, 0, ev)
	if !up {
		h.n.enqueue(happening{at: h.n.now.Add(5 * time.Second), to: h.number, life: h.life, do: func() {
			f := h.router.called[e.Interface]
			if f == nil {
				return
			}
			if w := f.of(e.IPv6); w.wanted != nil && w.socket == socketFailed {
				h.setSocket(Effect{Interface: e.Interface, IPv6: e.IPv6, Socket: w.wanted})
			}
		}})
	}
}

// send sends an advert, or a probe, to everybody on the segment who gets it.
func (h *host) send(e Effect) {
	f := h.iface(e.Instance.Interface)
	sent := f != nil && *f.socket(e.Instance.IPv6()) != nil && f.up && !h.mute && e.Source.IsValid()
	h.n.post(h.number, 0, RouterEvent{Kind: AdvertSent, Instance: e.Instance.Name, Up: sent})
	if !sent || e.Kind == Probe {
		return
	}
	a := NewAdvert(e.Instance)
	a.Priority = e.Priority
	to := []netip.Addr{e.Instance.Group}
	if len(e.Instance.Peers) > 0 {
		to = to[:0]
		for _, p := range e.Instance.Peers {
			to = append(to, p.Addr)
		}
	}
	for _, dst := range to {
		message, err := a.Append(nil, e.Source, dst)
		if err != nil {
			h.n.fail("%v", err)
		}
		ev := h.prove(e, RouterEvent{Kind: MessageReceived, From: e.Source, To: dst, TTL: 255, Message: message})
		for i := range h.n.hosts {
			if i != h.number && (dst.IsMulticast() || dst == base(i, f.segment, e.Instance.IPv6())) {
				h.n.deliver(h.number, i, f.segment, ev)
			}
		}
	}
}

// wall is the time of day, the same for all.
func (n *network) wall() time.Time { return time.Unix(1_700_000_000, int64(n.now)) }

// prove authenticates an advert, if it is to be.
func (h *host) prove(e Effect, ev RouterEvent) RouterEvent {
	ev.Wall = h.n.wall()
	cfg := e.Instance
	switch {
	case cfg.Auth.Type == AuthAH:
		ip := IPHeader{AHIdentification(e.Sequence), ev.TTL, ev.From, ev.To}
		ev.Protocol, ev.ID = ProtocolAH, ip.ID
		ev.Message = NewAHSigner(cfg.Auth).Append(nil, ev.Message, e.Sequence, ip)
	case len(cfg.HMAC.Keys) > 0:
		h.stamp = h.stamp.Next(ev.Wall)
		ev.Message = NewHMACSigner(cfg.HMAC.Keys[cfg.HMAC.Active-1]).Append(ev.Message, ev.From, h.stamp)
	}
	return ev
}

// deliver brings a message to a host, or loses it.
func (n *network) deliver(from, to, segment int, ev RouterEvent) {
	if n.cut[[3]int{segment, from, to}] || n.rand.Float64() < n.loss {
		return
	}
	for _, f := range n.hosts[to].ifaces {
		if f.segment == segment {
			ev.Interface = f.Name
			delay := time.Duration(n.rand.Int64N(int64(2 * time.Millisecond)))
			n.enqueue(happening{at: n.now.Add(delay), to: to, life: n.hosts[to].life, event: ev, lossy: true})
		}
	}
}

// rob takes the first address of a virtual router from its master.
func (h *host) rob(vr int) {
	cfg, _ := h.instance(vr)
	a := cfg.Addresses[0]
	f := h.iface(a.Device)
	f.vips = slices.DeleteFunc(slices.Clone(f.vips), func(p netip.Prefix) bool { return p == a.Prefix })
	h.n.post(h.number, 0, RouterEvent{Kind: AddressLost, Link: h.link(f), Lost: a.Prefix})
}
