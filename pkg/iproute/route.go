package iproute

import (
	"net/netip"
	"time"
)

// A Route is a route as ip-route(8) would add it (virtual_routes,
// static_routes).
type Route struct {
	// Type is the name of it: "unicast" unless the file says so, "blackhole",
	// "unreachable", "prohibit" and so on.
	Type string
	// Destination is what the route leads to, its host bits as they were given.
	Destination netip.Prefix
	// Source is the address to prefer for packets sent (src).
	Source netip.Addr
	// From holds the route to packets of these addresses; IPv6 alone has it.
	From netip.Prefix
	// Via is the next router. The zero Addr is none.
	Via netip.Addr
	// Device is the interface to send on, empty for that which Via is on.
	Device string
	// Table is the routing table; 0 is the main one.
	Table uint32
	// Metric orders routes to one destination; the least wins. 0 is the kernel's
	// own choice.
	Metric uint32
	// TOS is the type of service that packets must have; 0 is any.
	TOS uint8
	// Protocol is who put the route there (rtm_protocol).
	Protocol uint8
	// Scope is the kernel's number, as that of an [Address]. Nil leaves it to
	// the kernel.
	Scope *uint8
	// Realms are the realms of the route; IPv4 alone has them.
	Realms Realms
	// Metrics are further properties, in the order that they were given.
	Metrics []Metric
	// Congestion is the name of the congestion control algorithm, and
	// CongestionLocked keeps sockets from choosing another.
	Congestion       string
	CongestionLocked bool
	// ECN turns explicit congestion notification on.
	ECN bool
	// Preference is that of router discovery, RFC 4191: "low", "medium" or
	// "high". IPv6 alone has it.
	Preference string
	// Expires is the time that the kernel keeps the route; 0 is for ever. IPv6
	// alone has it.
	Expires time.Duration
	// TTLPropagate says whether MPLS copies the TTL. Nil leaves it to the kernel.
	TTLPropagate *bool
	// OnLink takes Via for a neighbour whatever its address is.
	OnLink bool
	// Encap are the words of a tunnel's header, its type first.
	Encap []string
	// VRF is the interface whose table the route goes into.
	VRF string
	// NextHops are the routers of a route that has several.
	NextHops []NextHop
	// Order is where the route goes among those that it is equal to: "prepend",
	// "append", or "add" where there must be none.
	Order string
	// NoTrack keeps the route's deletion by somebody else from having
	// consequences.
	NoTrack bool
	// TrackGroup names the group of instances that depend on a static route.
	TrackGroup string
}

// Realms are those of a route, 0 for none.
type Realms struct{ From, To uint8 }

// A Metric is a property of a route by ip-route(8)'s name, "mtu" or "cwnd".
// Those that are times (rtt, rttvar, rto_min) are in milliseconds.
type Metric struct {
	Name  string
	Value uint32
	// Locked keeps the kernel from changing it.
	Locked bool
}

// A NextHop is one router of a Route that has several.
type NextHop struct {
	Via    netip.Addr
	Device string
	// Weight is its share of the packets, 1 to 256; 0 is not given.
	Weight int
	OnLink bool
	Realms Realms
	Encap  []string
}
