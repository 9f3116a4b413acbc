package sim

import (
	"net/netip"
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A packet is an advert on its way to a host.
type packet struct {
	segment  int
	from, to netip.Addr
	message  []byte
	protocol uint8
	id       uint16
}

// ways is what the network does to packets.
type ways struct {
	loss, double float64
	late         time.Duration // a packet is so much late at most
	cut          [segments][maxHosts][maxHosts]bool
}

const (
	usualDelay = 2 * time.Millisecond
	ttl        = 255
)

// send sends an advert, or a probe, to everybody on the segment who gets it.
func (h *host) send(e *vrrp.Effect) {
	f, ipv6 := h.iface(e.Instance.Interface), e.Instance.IPv6()
	sent := f != nil && f.sockets[slot(ipv6)] != nil && f.up && !h.mute && e.Source.IsValid()
	h.w.post(h, 0, vrrp.RouterEvent{Kind: vrrp.AdvertSent, Instance: e.Instance.Name, Up: sent})
	if !sent || e.Kind == vrrp.Probe {
		return
	}
	a := &h.of(e.Instance).said
	a.Priority = e.Priority
	if len(e.Instance.Peers) == 0 {
		p := h.packet(a, e, e.Instance.Group, f.segment)
		for _, o := range h.w.hosts {
			if o != h {
				h.w.deliver(h, o, &p)
			}
		}
		return
	}
	for _, peer := range e.Instance.Peers {
		for _, o := range h.w.hosts {
			if o != h && peer.Addr == base(o.number, f.segment, ipv6) {
				p := h.packet(a, e, peer.Addr, f.segment)
				h.w.deliver(h, o, &p)
			}
		}
	}
}

// packet makes a packet, with what authenticates it.
func (h *host) packet(a *vrrp.Advert, e *vrrp.Effect, to netip.Addr, segment int) packet {
	cfg := e.Instance
	p := packet{segment: segment, from: e.Source, to: to}
	begin := len(h.w.arena)
	arena, err := a.Append(h.w.arena, e.Source, to)
	if err != nil {
		h.w.fail("%v", err)
	}
	switch {
	case cfg.Auth.Type == vrrp.AuthAH:
		ip := vrrp.IPHeader{ID: vrrp.AHIdentification(e.Sequence), TTL: ttl, Src: p.from, Dst: to}
		p.protocol, p.id = vrrp.ProtocolAH, ip.ID
		end := len(arena)
		arena = h.w.signers.header().Append(arena, arena[begin:end], e.Sequence, ip)
		begin = end
	case len(cfg.HMAC.Keys) > 0:
		h.stamp = h.stamp.Next(h.wall())
		message := h.w.signers.key(cfg.HMAC.Active).Append(arena[begin:], p.from, h.stamp)
		arena = append(arena[:begin], message...)
	}
	h.w.arena = arena
	p.message = arena[begin:len(arena):len(arena)]
	return p
}

// deliver brings a packet to a host, or loses it, or brings it twice.
func (w *world) deliver(from, to *host, p *packet) {
	y := &w.ways
	if y.cut[p.segment][from.number][to.number] {
		return
	}
	times := 1
	if y.loss > 0 && w.rand.Float64() < y.loss {
		return
	}
	if y.double > 0 && w.rand.Float64() < y.double {
		times = 2
	}
	for range times {
		delay := usualDelay
		if y.late > 0 && w.rand.IntN(4) == 0 {
			delay = y.late
		}
		s := w.queue.add(w.now.Add(time.Duration(w.rand.Int64N(int64(delay)))))
		s.to, s.life, s.packet = to.number, to.life, *p
	}
}

// receive hands a packet to the router, if it gets through to that.
func (h *host) receive(p *packet) {
	f := h.ifaces[p.segment]
	if !f.up {
		return
	}
	socket := f.sockets[slot(p.from.Is6())]
	if socket == nil {
		return
	}
	ev := vrrp.RouterEvent{
		Kind: vrrp.MessageReceived, Interface: f.name, From: p.from, To: p.to, TTL: ttl,
		Message: p.message, Protocol: p.protocol, ID: p.id, Wall: h.wall(),
	}
	if socket.Tap {
		ev.Kind = vrrp.MessageOverheard
		h.step(&ev)
		ev.Kind = vrrp.MessageReceived
	}
	if !h.deaf && (!p.to.IsMulticast() || slices.Contains(socket.Groups, p.to)) {
		h.step(&ev)
	}
}
