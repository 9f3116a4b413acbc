package sim

import (
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// retrySocket is the time until a socket that was not to be had is tried again.
const retrySocket = 5 * time.Second

// slot is the index of a family.
func slot(ipv6 bool) int {
	if ipv6 {
		return 1
	}
	return 0
}

// setSocket opens a socket or changes one. What fails is tried again.
func (h *host) setSocket(e *vrrp.Effect) {
	f := h.iface(e.Interface)
	if f == nil {
		return // the news of its end is on its way
	}
	n := slot(e.IPv6)
	f.wanted[n] = e.Socket
	switch {
	case e.Socket == nil:
		f.sockets[n] = nil
	case f.index != e.Socket.Index:
	case f.sockets[n] != nil:
		f.sockets[n] = e.Socket
	default:
		h.openSocket(f, e.IPv6)
	}
}

// openSocket tries to open the socket that is wanted.
func (h *host) openSocket(f *iface, ipv6 bool) {
	n := slot(ipv6)
	s := f.wanted[n]
	if s == nil || s.Index != f.index || f.sockets[n] != nil {
		return
	}
	if !h.noSocket {
		f.sockets[n] = s
	} else {
		h.w.later(h, retrySocket, func() { h.openSocket(f, ipv6) })
	}
	h.w.post(h, 0, vrrp.RouterEvent{Kind: vrrp.SocketChanged, Interface: f.name, IPv6: ipv6, Index: s.Index, Up: !h.noSocket})
}

// restSocket checks that the interface of an instance has the socket that it needs, as
// far as it is to be had.
func (h *host) restSocket(cfg *vrrp.Instance, m *vrrp.Machine) {
	f := h.iface(cfg.Interface)
	if f == nil || f.news != nil {
		return // the news of the interface is on its way
	}
	s := f.wanted[slot(cfg.IPv6())]
	switch {
	case s == nil || s.Index != f.index:
		h.w.fail("%s has %s, and wants the socket %v", f.name, cfg.Name, s)
	case len(cfg.Peers) == 0 && !slices.Contains(s.Groups, cfg.Group):
		h.w.fail("%s: %s needs the group %v, the socket has %v", f.name, cfg.Name, cfg.Group, s.Groups)
	case m.Listening() && !s.Tap:
		h.w.fail("%s: %s listens, the socket has no tap", f.name, cfg.Name)
	}
}

// checkSockets looks for sockets that no instance needs, or more of them than any
// needs.
func (h *host) checkSockets(when string) {
	for _, f := range h.ifaces {
		for n, s := range f.wanted {
			if s == nil {
				continue
			}
			needed, tap := 0, false
			h.router.Instances(func(cfg *vrrp.Instance, m *vrrp.Machine) bool {
				if cfg.Interface == f.name && slot(cfg.IPv6()) == n {
					needed++
					tap = tap || m.Listening()
				}
				return true
			})
			if needed == 0 || s.Tap && !tap {
				h.w.fail("%s: host %d wants the socket %v on %s with %d instances, tap %v", when, h.number, *s, f.name, needed, tap)
			}
		}
	}
}
