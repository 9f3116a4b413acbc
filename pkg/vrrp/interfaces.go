package vrrp

import (
	"net/netip"
	"slices"
)

// An iface is an interface that exists, or that members run on, or both.
type iface struct {
	Link
	exists   bool
	families [2]family // of IPv4 and of IPv6
}

// A family is what an interface has of one family of addresses: members of both
// may have one VRID there, and each family has a socket.
type family struct {
	// source is what adverts come from that have no source of their own.
	source netip.Addr

	members []*member       // that run on it, in the order of the settings
	byVRID  *[256][]*member // the same, to look up; nil if there are none
	senders []*member       // that send by it, and run on another one
	socket  socketState
	wanted  *Socket // as of the last SetSocket
}

// of returns what an interface has of IPv4 or of IPv6.
func (f *iface) of(ipv6 bool) *family {
	if ipv6 {
		return &f.families[1]
	}
	return &f.families[0]
}

// used says that members run on the interface, or send by it.
func (f *iface) used() bool {
	return slices.ContainsFunc(f.families[:], func(a family) bool { return len(a.members)+len(a.senders) > 0 })
}

// A droppedLink is an interface that is gone and that addresses were on.
type droppedLink struct {
	name  string
	index int
}

// iface returns the interface of a name, made anew if it is not known.
func (r *Router) iface(name string) *iface {
	f := r.called[name]
	if f == nil {
		f = &iface{Link: Link{Name: name}}
		if name == noInterface {
			f.exists, f.Up = true, true
		}
		r.called[name] = f
		r.ifaces = append(r.ifaces, f)
	}
	return f
}

// noInterface is the interface of the instances that have none: they send and receive by
// unicast on whatever interface the routes take. This one is always there and up.
const noInterface = ""

// prune forgets an interface that neither exists nor is needed.
func (r *Router) prune(f *iface) {
	if f.exists || f.used() {
		return
	}
	delete(r.called, f.Name)
	r.ifaces = slices.DeleteFunc(r.ifaces, func(o *iface) bool { return o == f })
}

// linkChanged takes note of an interface that is new or has changed, and tells
// the members that depend on it.
func (r *Router) linkChanged(now Time, ev *RouterEvent, out []Effect) []Effect {
	f := r.iface(ev.Link.Name)
	old, existed := f.Link, f.exists
	oldSources := [2]netip.Addr{f.families[0].source, f.families[1].source}
	f.Link, f.exists = *ev.Link, true
	r.countLocal(f.Name, old.Addrs, f.Addrs)
	if !r.known {
		return out
	}
	out = r.takeOwn(out, f)
	if existed && old.Up != f.Up {
		out = append(out, Effect{Kind: Note, Reason: upOrDown(f.Up), Interface: f.Name})
	}
	if !existed {
		out = r.clearRenamed(f, out)
	}
	out = r.wantSockets(f, out)
	changed := old.Up != f.Up
	for n := range f.families {
		a := &f.families[n]
		if before := oldSources[n]; before != a.source {
			changed = true
			if len(a.members) > 0 && before.IsValid() && a.source.IsValid() {
				out = append(out, Effect{Kind: Note, Reason: ReasonFirstAddress, Interface: f.Name, Source: a.source, Peer: before})
			}
		}
	}
	if changed {
		out = r.tellDependents(f, now, out)
	}
	if old.Index != f.Index {
		for n := range f.families {
			for _, m := range f.families[n].members {
				out = r.tellRoom(m, now, out)
			}
		}
	}
	if !slices.Equal(old.Addrs, f.Addrs) {
		out = r.tellSources(now, out)
	}
	switch {
	case old.Index != f.Index:
		out = append(out, Effect{Kind: RestoreInterface, Interface: f.Name})
	case old.MAC != f.MAC:
		out = append(out, Effect{Kind: AnnounceInterface, Interface: f.Name})
	}
	if ev.Kind == AddressLost && r.virtual[scoped(ev.Lost.Addr(), f.Name)] {
		out = append(out, Effect{Kind: RestoreAddress, Interface: f.Name, Lost: ev.Lost})
	}
	return out
}

func upOrDown(up bool) Reason {
	if up {
		return ReasonLinkUp
	}
	return ReasonLinkDown
}

// linkRemoved takes note that an interface is gone. Another one may have its name
// by now.
func (r *Router) linkRemoved(now Time, k *Link, out []Effect) []Effect {
	f := r.called[k.Name]
	if f == nil || !f.exists || f.Index != k.Index {
		return out
	}
	r.countLocal(f.Name, f.Addrs, nil)
	f.Link, f.exists = Link{Name: f.Name}, false
	r.findSources(f)
	if !r.known {
		r.prune(f)
		return out
	}
	if slices.ContainsFunc(r.members, func(m *member) bool { return m.holdsOn(f.Name) }) {
		r.dropped = append(r.dropped, droppedLink{f.Name, k.Index})
	}
	for _, m := range r.members {
		m.placed = m.placed && m.iface != f
	}
	out = append(out, Effect{Kind: Note, Reason: ReasonLinkGone, Interface: f.Name})
	out = r.wantSockets(f, out)
	out = r.tellDependents(f, now, out)
	out = r.tellSources(now, out)
	r.prune(f)
	return out
}

// clearRenamed has our addresses taken off an interface that had another name
// before: what knows them by that finds them no more.
func (r *Router) clearRenamed(f *iface, out []Effect) []Effect {
	n := slices.IndexFunc(r.dropped, func(d droppedLink) bool { return d.index == f.Index })
	if n < 0 {
		return out
	}
	before := r.dropped[n].name
	r.dropped = slices.Delete(r.dropped, n, n+1)
	if before == f.Name {
		return out
	}
	return append(out, Effect{Kind: ClearInterface, Interface: f.Name, Was: before, There: f.Addrs})
}

func (m *member) holdsOn(device string) bool {
	return slices.ContainsFunc(m.held, func(a Address) bool { return a.Device == device })
}

// countLocal takes note that an interface has other addresses.
func (r *Router) countLocal(device string, old, now []netip.Prefix) {
	// Most changes are at the end: hundreds of addresses come one by one.
	for len(old) > 0 && len(now) > 0 && old[0] == now[0] {
		old, now = old[1:], now[1:]
	}
	for _, p := range now {
		r.local[scoped(p.Addr(), device)]++
	}
	for _, p := range old {
		a := scoped(p.Addr(), device)
		if r.local[a]--; r.local[a] == 0 {
			delete(r.local, a)
		}
	}
}

// scoped returns an address as the host tells it apart: each interface may have the
// same link-local address of IPv6.
func scoped(a netip.Addr, device string) netip.Addr {
	if a.Is6() && a.IsLinkLocalUnicast() {
		return a.WithZone(device)
	}
	return a
}

// tellDependents tells every member that runs on an interface, or tracks it.
func (r *Router) tellDependents(f *iface, now Time, out []Effect) []Effect {
	for _, m := range r.members {
		if m.iface == f {
			out = r.tellLink(m, now, out)
		}
		out = r.tellTracks(m, TrackInterface, f.Name, now, out)
	}
	return out
}

// tellSources tells the members whose configured source has come or gone, on
// whatever interface.
func (r *Router) tellSources(now Time, out []Effect) []Effect {
	for _, m := range r.members {
		if m.cfg.Source.IsValid() && m.machine.Source() != r.sourceOf(m) {
			out = r.tellLink(m, now, out)
		}
	}
	return out
}

// tellLink gives a member the state of its own interface. One on which it can
// neither hear nor send is as good as down. While the socket is on its way there
// is nothing to tell.
func (r *Router) tellLink(m *member, now Time, out []Effect) []Effect {
	socket := m.socket()
	if socket == socketAsked {
		return out
	}
	out = r.step(m, now, Event{Kind: InterfaceChanged, Up: m.iface.Up && socket == socketOpen}, out)
	return r.step(m, now, Event{Kind: SourceChanged, From: r.sourceOf(m)}, out)
}

// tellRoom gives a member the room that an advert has on its interface. Routers
// agree on what adverts carry, so that follows the MTU only where settings are
// applied, or an interface is new.
func (r *Router) tellRoom(m *member, now Time, out []Effect) []Effect {
	f := m.iface
	if !f.exists {
		return out
	}
	room := m.cfg.Room(f.MTU)
	if room != m.room {
		m.room = room
		if left := len(m.cfg.Addresses) - room; left > 0 {
			out = append(out, Effect{Kind: Note, Reason: ReasonRoom, Instance: m.cfg, Interface: f.Name, Count: left, Room: room, MTU: f.MTU})
		}
	}
	return r.step(m, now, Event{Kind: RoomChanged, Room: room}, out)
}

// sourceOf returns the configured source if this host has it, or the first
// address of the interface.
func (r *Router) sourceOf(m *member) netip.Addr {
	source := m.cfg.Source
	if !source.IsValid() {
		return m.family().source
	}
	if r.local[scoped(source, m.iface.Name)] == 0 {
		return netip.Addr{}
	}
	return source
}

// findSources finds the addresses that adverts come from: the first IPv4 address,
// and the link-local IPv6 address that has been there longest, which is the last one
// in the kernel's order. Virtual addresses do not count: they come and go with the
// state.
func (r *Router) findSources(f *iface) {
	v4, v6 := netip.Addr{}, netip.Addr{}
	for _, p := range f.Addrs {
		a := p.Addr()
		_, virtual := r.virtual[scoped(a, f.Name)]
		switch {
		case virtual:
		case a.Is4() && !v4.IsValid():
			v4 = a
		case a.Is6() && a.IsLinkLocalUnicast():
			v6 = a
		}
	}
	f.families[0].source, f.families[1].source = v4, v6
}
