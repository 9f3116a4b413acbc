package vrrp

import (
	"net/netip"
	"slices"
)

// A socketState is what is known of the socket of an interface.
type socketState uint8

const (
	// socketNone: none is wanted, or the interface is not there.
	socketNone socketState = iota
	// socketAsked: one is wanted, and nobody has said yet whether it is there.
	socketAsked
	socketOpen
	// socketFailed: it is not to be had. For the members that is as good as an
	// interface that is down.
	socketFailed
)

// attach puts a member on its interface, and on the one that it sends by.
func (r *Router) attach(m *member) {
	m.iface = r.iface(m.cfg.Interface)
	a := m.family()
	a.members = append(a.members, m)
	if a.byVRID == nil {
		a.byVRID = new([256][]*member)
	}
	a.byVRID[m.cfg.VRID] = append(a.byVRID[m.cfg.VRID], m)
	m.sender = nil
	if m.cfg.Sender != "" {
		m.sender = r.iface(m.cfg.Sender)
		out := m.sender.of(m.cfg.IPv6())
		out.senders = append(out.senders, m)
	}
}

// socket is what is known of the sockets that the member hears and sends by. One that is
// on its way is not worth waiting for where the other is not to be had.
func (m *member) socket() socketState {
	s := m.family().socket
	if s != socketOpen && s != socketAsked || m.sender == nil {
		return s
	}
	if out := m.sender.of(m.cfg.IPv6()).socket; out != socketOpen {
		return out
	}
	return s
}

// uses says that the member hears or sends by a socket.
func (m *member) uses(f *iface, ipv6 bool) bool {
	return m.cfg.IPv6() == ipv6 && (m.iface == f || m.sender == f)
}

// wantSockets is wantSocket for both families.
func (r *Router) wantSockets(f *iface, out []Effect) []Effect {
	return r.wantSocket(f, true, r.wantSocket(f, false, out))
}

// wantSocket asks for the socket that an interface needs by now for a family, if
// that is another one than before.
func (r *Router) wantSocket(f *iface, ipv6 bool, out []Effect) []Effect {
	a := f.of(ipv6)
	if !f.exists || len(a.members)+len(a.senders) == 0 {
		switch {
		case len(a.senders) == 0:
			a.socket = socketNone
		case a.wanted != nil || a.socket == socketNone:
			a.socket = socketAsked // the interface is ours: it is about to come, or to come back
		}
		if a.wanted == nil {
			return out
		}
		a.wanted = nil
		return append(out, Effect{Kind: SetSocket, Interface: f.Name, IPv6: ipv6})
	}
	want := Socket{Index: f.Index, Send: len(a.members) == 0}
	for _, m := range a.senders {
		want.AH = want.AH || m.cfg.Auth.Type == AuthAH
	}
	for _, m := range a.members {
		if g := m.cfg.Group; !m.unicast() && !slices.Contains(want.Groups, g) {
			want.Groups = append(want.Groups, g)
		}
		want.AH = want.AH || m.cfg.Auth.Type == AuthAH
		want.Tap = want.Tap || m.listening && f.Name != noInterface
	}
	if w := a.wanted; w != nil && w.Index == want.Index && w.Send == want.Send && w.AH == want.AH && w.Tap == want.Tap && slices.Equal(w.Groups, want.Groups) {
		return out
	}
	if a.wanted == nil || a.wanted.Index != want.Index || a.wanted.Send != want.Send {
		a.socket = socketAsked
	}
	a.wanted = &want
	return append(out, Effect{Kind: SetSocket, Interface: f.Name, IPv6: ipv6, Socket: &want})
}

// socketChanged takes note of whether a socket is there, and lets those begin who
// have waited for that.
func (r *Router) socketChanged(now Time, ev *RouterEvent, out []Effect) []Effect {
	f := r.called[ev.Interface]
	if f == nil {
		return out
	}
	a := f.of(ev.IPv6)
	if a.wanted == nil || a.wanted.Index != ev.Index {
		return out // it is wanted no more
	}
	state := socketFailed
	if ev.Up {
		state = socketOpen
	}
	return r.setSocket(now, f, ev.IPv6, state, out)
}

// ownLinkFailed takes note that an interface of ours could not be made: a socket on it
// is not to be had.
func (r *Router) ownLinkFailed(now Time, ev *RouterEvent, out []Effect) []Effect {
	f := r.called[ev.Interface]
	if f == nil || f.exists {
		return out
	}
	for n := range f.families {
		out = r.setSocket(now, f, n == 1, socketFailed, out)
	}
	return out
}

// setSocket takes note of what is known of a socket now.
func (r *Router) setSocket(now Time, f *iface, ipv6 bool, state socketState, out []Effect) []Effect {
	a := f.of(ipv6)
	if state == a.socket {
		return out
	}
	a.socket = state
	for _, m := range r.members {
		switch {
		case !m.uses(f, ipv6):
		case m.started:
			out = r.tellLink(m, now, out)
		case m.socket() != socketAsked:
			out = r.start(m, now, out)
		}
	}
	return out
}

// Expects says whether any instance on an interface has the family and the VRID of the
// message in the payload of an IP packet. Of one that is for nobody nothing else has to
// be known.
func (r *Router) Expects(ifname string, ipv6 bool, protocol uint8, payload []byte) bool {
	f, message := r.called[ifname], Within(protocol, payload)
	if f == nil || len(message) < 2 {
		return false
	}
	a := f.of(ipv6)
	return a.byVRID != nil && len(a.byVRID[message[1]]) > 0
}

// hear hands a message to the member that it is for.
func (r *Router) hear(now Time, ev *RouterEvent, out []Effect) []Effect {
	if !r.Expects(ev.Interface, ev.From.Is6(), ev.Protocol, ev.Message) {
		return out
	}
	f, message := r.called[ev.Interface], Within(ev.Protocol, ev.Message)
	kind, of := Received, r.recipient
	if ev.Kind == MessageOverheard {
		kind, of = Overheard, r.concerned
	}
	m := of(f, message[1], ev.From, ev.To)
	if m == nil {
		return out
	}
	proof := Proof{Protocol: ev.Protocol, ID: ev.ID, To: ev.To, Payload: ev.Message, Wall: ev.Wall}
	if len(m.cfg.HMAC.Keys) > 0 {
		message, proof.Trailer = splitTrailer(message, ev.From)
	}
	err := r.advert.DecodeFromBytes(message, ev.From, ev.To)
	return r.step(m, now, Event{Kind: kind, Advert: &r.advert, Malformed: Malformed(err), From: ev.From, TTL: ev.TTL, Proof: proof}, out)
}

// recipient returns the member that a message is for, nil if there is none.
func (r *Router) recipient(f *iface, vrid uint8, src, dst netip.Addr) *member {
	on := f.of(src.Is6()).byVRID[vrid]
	for _, m := range on {
		if m.listensTo(src, dst, len(on) == 1) {
			return m
		}
	}
	return nil
}

// listensTo says whether a message can be for the member. Several may have one
// VRID on an interface if what they listen to is not the same.
func (m *member) listensTo(src, dst netip.Addr, alone bool) bool {
	if !m.unicast() {
		return dst == m.cfg.Group
	}
	if dst.IsMulticast() {
		return false
	}
	// With a peer in common, the address that it sends to tells them apart. Without an
	// interface the socket has what is for others on this host too.
	source := m.machine.Source()
	if m.cfg.Interface == noInterface && dst != source {
		return false
	}
	return alone || m.hasPeer(src) && (!source.IsValid() || dst == source)
}

func (m *member) hasPeer(a netip.Addr) bool {
	return slices.ContainsFunc(m.cfg.Peers, func(p Peer) bool { return p.Addr == a })
}

// concerned returns the member that a message which reached the interface is for, if
// it comes from one of the masters that the member has to know of: by multicast from
// the interface's own networks, where the kernel lets their packets in (rp_filter),
// by unicast from its peers. From others a packet filter may well protect us.
func (r *Router) concerned(f *iface, vrid uint8, src, dst netip.Addr) *member {
	for _, m := range f.of(src.Is6()).byVRID[vrid] {
		if m.unicast() && dst == m.machine.Source() && m.hasPeer(src) ||
			!m.unicast() && dst == m.cfg.Group && r.isNeighbour(f, src) {
			return m
		}
	}
	return nil
}

// isNeighbour says whether an address is of a network that the interface is on,
// and not this host's.
func (r *Router) isNeighbour(f *iface, a netip.Addr) bool {
	return r.local[scoped(a, f.Name)] == 0 && slices.ContainsFunc(f.Addrs, func(p netip.Prefix) bool { return p.Contains(a) })
}
