package lvs

import (
	"cmp"
	"fmt"
	"net/netip"
	"time"
)

// A FullTable is the content of the kernel's IPVS table with what a [Table]
// leaves out: services by firewall mark, flags, tunnels and thresholds.
type FullTable map[ID]FullService

// An ID is what a service of any kind is found by: protocol, address and port,
// or a firewall mark and the address family.
type ID struct {
	Protocol Protocol // 0 for a mark
	Addr     netip.AddrPort
	// Mark is above 0 for a service by mark, and Mark6 says that it is one of
	// IPv6; Protocol and Addr are zero then.
	Mark  uint32
	Mark6 bool
}

// String returns the ID as ipvsadm lists it, "TCP 198.51.100.1:80", and
// "FWM 7 IPv6".
func (id ID) String() string {
	switch {
	case id.Mark == 0:
		return fmt.Sprintf("%s %s", id.Protocol, id.Addr)
	case id.Mark6:
		return fmt.Sprintf("FWM %d IPv6", id.Mark)
	}
	return fmt.Sprintf("FWM %d", id.Mark)
}

// Compare orders services by address, port and protocol, and puts those by mark
// behind them.
func (id ID) Compare(other ID) int {
	six := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(id.Mark, other.Mark), id.Addr.Compare(other.Addr),
		cmp.Compare(id.Protocol, other.Protocol), cmp.Compare(six(id.Mark6), six(other.Mark6)))
}

// Is6 says that the service takes IPv6.
func (id ID) Is6() bool { return id.Mark6 || id.Addr.Addr().Is6() }

// Key returns the ID as a [Table] has it. ok is false for a mark, which that does
// not know.
func (id ID) Key() (key ServiceKey, ok bool) {
	return ServiceKey{Protocol: id.Protocol, Addr: id.Addr}, id.Mark == 0
}

// A FullService is one service with all that can be configured of it.
type FullService struct {
	Scheduler string
	// Persistence, in whole seconds, and Netmask are as in a [Service].
	Persistence time.Duration
	Netmask     netip.Addr
	// Engine is the persistence engine, "sip", or empty.
	Engine string
	// OnePacket and Flags are as in [ServiceOptions].
	OnePacket    bool
	Flags        uint8
	Destinations map[netip.AddrPort]FullDestination
}

// A FullDestination is one real server with all that can be configured of it.
type FullDestination struct {
	Destination
	// Tunnel is how packets are wrapped where the method is TUN.
	Tunnel Tunnel
	// UpperThreshold stops new connections, and LowerThreshold lets them come
	// again; 0 is no limit.
	UpperThreshold, LowerThreshold int
}
