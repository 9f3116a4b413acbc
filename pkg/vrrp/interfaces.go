package vrrp

import (
	"net/netip"
	"slices"
)

// An iface is an interface that exists, or that members run on, or both.
type iface struct {
	Link
	exists bool
	// source is the first of its addresses that is not a virtual one.
	source netip.Addr

	members []*member       // that run on it, in the order of the settings
	byVRID  *[256][]*member // the same, to look up; nil if there are none
	socket  socketState
	wanted  *Socket // as of the last SetSocket
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
		r.called[name] = f
		r.ifaces = append(r.ifaces, f)
	}
	return f
}

// prune forgets an interface that neither exists nor is needed.
func (r *Router) prune(f *iface) {
	if f.exists || len(f.members) > 0 {
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
	oldSource := f.source
	f.Link, f.exists = *ev.Link, true
	f.source = r.firstAddress(f.Addrs)
	r.countLocal(old.Addrs, f.Addrs)
	if !r.known {
		return out
	}
	if existed && old.Up != f.Up {
		out = append(out, Effect{Kind: Note, Reason: upOrDown(f.Up), Interface: f.Name})
	}
	if !existed {
		out = r.clearRenamed(f, out)
	}
	out = r.wantSocket(f, out)
	if len(f.members) > 0 && oldSource.IsValid() && f.source.IsValid() && oldSource != f.source {
		out = append(out, Effect{Kind: Note, Reason: ReasonFirstAddress, Interface: f.Name, Source: f.source, Peer: oldSource})
	}
	if old.Up != f.Up || oldSource != f.source {
		out = r.tellDependents(f, now, out)
	}
	if old.Index != f.Index {
		for _, m := range f.members {
			out = r.tellRoom(m, now, out)
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
	if ev.Kind == AddressLost && r.virtual[ev.Lost.Addr()] {
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
	r.countLocal(f.Addrs, nil)
	f.Link, f.exists, f.source = Link{Name: f.Name}, false, netip.Addr{}
	if !r.known {
		r.prune(f)
		return out
	}
	if slices.ContainsFunc(r.members, func(m *member) bool { return m.holdsOn(f.Name) }) {
		r.dropped = append(r.dropped, droppedLink{f.Name, k.Index})
	}
	out = append(out, Effect{Kind: Note, Reason: ReasonLinkGone, Interface: f.Name})
	out = r.wantSocket(f, out)
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
func (r *Router) countLocal(old, now []netip.Prefix) {
	// Most changes are at the end: hundreds of addresses come one by one.
	for len(old) > 0 && len(now) > 0 && old[0] == now[0] {
		old, now = old[1:], now[1:]
	}
	for _, a := range now {
		r.local[a.Addr()]++
	}
	for _, a := range old {
		if r.local[a.Addr()]--; r.local[a.Addr()] == 0 {
			delete(r.local, a.Addr())
		}
	}
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
	f := m.iface
	if f.socket == socketAsked {
		return out
	}
	out = r.step(m, now, Event{Kind: InterfaceChanged, Up: f.Up && f.socket == socketOpen}, out)
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
		return m.iface.source
	}
	if r.local[source] == 0 {
		return netip.Addr{}
	}
	return source
}

// firstAddress returns the first IPv4 address that is not a virtual one: those
// come and go with the state.
func (r *Router) firstAddress(addrs []netip.Prefix) netip.Addr {
	for _, a := range addrs {
		if _, virtual := r.virtual[a.Addr()]; a.Addr().Is4() && !virtual {
			return a.Addr()
		}
	}
	return netip.Addr{}
}
