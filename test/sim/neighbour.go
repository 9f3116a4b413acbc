package sim

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/vrrp"
)

// An address is one on a segment.
type address struct {
	segment int
	addr    netip.Addr
}

// announce tells the neighbours whose some addresses are: they take the last one that
// said so for the owner. A cut between routers does not keep them from hearing it.
func (h *host) announce(addrs []vrrp.Address) {
	for n := range addrs {
		if f := h.iface(addrs[n].Device); f != nil && f.up {
			h.w.cache[address{f.segment, addrs[n].Prefix.Addr()}] = h.number
		}
	}
}
