package vrrpd

import (
	"fmt"
	"net/netip"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

// unknownAtMost bounds how many senders of adverts for nobody are remembered: whoever
// invents more of them is not logged.
const unknownAtMost = 256

// unknown are the virtual routers that were heard and are not configured, where they
// are to be logged (log_unknown_vrids); nil logs none.
type unknown map[unknownRouter]struct{}

// An unknownRouter is one, and who announces it.
type unknownRouter struct {
	ifname string
	vrid   uint8
	src    netip.Addr
}

// logUnknown logs a message that is for no instance on its interface, once for each
// virtual router and sender.
func (l *loop) logUnknown(s *ifaceSocket, packet *netio.Packet) {
	message := vrrp.Within(packet.Protocol, packet.Payload())
	if l.unknown == nil || len(l.unknown) >= unknownAtMost || len(message) < 2 || message[1] == 0 {
		return
	}
	r := unknownRouter{s.name, message[1], packet.Src}
	if _, said := l.unknown[r]; said {
		return
	}
	l.unknown[r] = struct{}{}
	l.log.Info(fmt.Sprintf("Unknown VRID(%d) received on interface(%s). ignoring... (from %v; each is logged once)", r.vrid, r.ifname, r.src))
	if len(l.unknown) == unknownAtMost {
		l.log.Info("Unknown VRIDs: no more of them are logged")
	}
}
