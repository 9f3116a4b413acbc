package lvs

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
)

// A ServiceID is what a service of the kernel's table is found by: protocol,
// address and port, or a firewall mark and the address family.
type ServiceID struct {
	Protocol Protocol // 0 for a mark
	Addr     netip.AddrPort
	// Mark is above 0 for a service by firewall mark; Protocol and Addr are zero
	// then.
	Mark uint32
	// Family is the address family of a service by mark, 4 or 6. It is 0 for
	// others: their address has one.
	Family uint8
}

// String returns the ID as keepalived's log names a virtual server:
// "[198.51.100.1]:tcp:80", "FWM 7".
func (id ServiceID) String() string {
	if id.Mark != 0 {
		return fmt.Sprintf("FWM %d", id.Mark)
	}
	return fmt.Sprintf("[%s]:%s:%d", id.Addr.Addr(), strings.ToLower(id.Protocol.String()), id.Addr.Port())
}

// Listed returns the ID as ipvsadm lists it: "TCP 198.51.100.1:80",
// "FWM 7 IPv6".
func (id ServiceID) Listed() string {
	switch {
	case id.Mark == 0:
		return fmt.Sprintf("%s %s", id.Protocol, id.Addr)
	case id.Is6():
		return fmt.Sprintf("FWM %d IPv6", id.Mark)
	}
	return fmt.Sprintf("FWM %d", id.Mark)
}

// Compare orders services by address, port and protocol, and puts those by mark
// behind them.
func (id ServiceID) Compare(other ServiceID) int {
	return cmp.Or(cmp.Compare(id.Mark, other.Mark), id.Addr.Compare(other.Addr),
		cmp.Compare(id.Protocol, other.Protocol), cmp.Compare(id.Family, other.Family))
}

// Is6 reports whether the service takes IPv6.
func (id ServiceID) Is6() bool { return id.Family == 6 || id.Addr.Addr().Is6() }

// A VirtualKey is what a configured virtual server is found by: one of a group
// stands for several services of the kernel's table.
type VirtualKey struct {
	ID    ServiceID
	Group string
}

// String returns the key as keepalived's log names a virtual server:
// "[198.51.100.1]:tcp:80", "FWM 7", "[GROUP]:0".
func (k VirtualKey) String() string {
	if k.Group != "" {
		return fmt.Sprintf("[%s]:0", k.Group)
	}
	return k.ID.String()
}

// A RealKey is what a configured real server is found by: several virtual servers
// may have the same address and port behind them.
type RealKey struct {
	Service VirtualKey
	Addr    netip.AddrPort
}

// String returns the key as keepalived's log names a real server, without its
// service: "[198.51.100.11]:tcp:80".
func (k RealKey) String() string { return realName(k.Service.ID, k.Addr) }

func realName(id ServiceID, addr netip.AddrPort) string {
	protocol := "none" // by mark
	if id.Protocol != 0 {
		protocol = strings.ToLower(id.Protocol.String())
	}
	return fmt.Sprintf("[%s]:%s:%d", addr.Addr(), protocol, addr.Port())
}
