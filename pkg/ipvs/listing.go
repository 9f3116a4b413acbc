package ipvs

import (
	"net/netip"
	"time"

	moby "github.com/moby/ipvs"

	"github.com/kactl/kactl/pkg/lvs"
)

// A Listing is the table as the kernel has it, whoever wrote it.
type Listing struct {
	// Version is that of IPVS, "1.2.1".
	Version string
	// Size is how many buckets the table of connections has.
	Size int
	// Services are in the kernel's order, and so are their destinations, until
	// [Listing.Sort].
	Services []Service
}

// A Service is one virtual service of a listing.
type Service struct {
	lvs.ServiceID
	Scheduler string
	// Flags are the kernel's, IP_VS_SVC_F_*, without "hashed".
	Flags Flags
	// Persistence is how long a client stays with its destination, in whole
	// seconds; 0 is off.
	Persistence time.Duration
	// Netmask groups clients for persistence, that of IPv6 by the leading ones
	// of an address; the zero Addr is one by one.
	Netmask netip.Addr
	// Engine is the persistence engine, "sip", or empty.
	Engine       string
	Stats        Stats
	Destinations []Destination
}

// Flags are what a service has set.
type Flags uint32

// The flags of linux/ip_vs.h. What FlagSched1 to FlagSched3 mean hangs on the
// scheduler.
const (
	FlagPersistent Flags = 0x01
	FlagOnePacket  Flags = 0x04
	FlagSched1     Flags = 0x08
	FlagSched2     Flags = 0x10
	FlagSched3     Flags = 0x20

	flagHashed Flags = 0x02 // the kernel's own
	schedFlags       = FlagSched1 | FlagSched2 | FlagSched3
)

// A Destination is one real server of a service in a listing.
type Destination struct {
	Addr   netip.AddrPort
	Method Method
	Weight int
	// Active, Inactive and Persistent count its connections now.
	Active, Inactive, Persistent uint32
	// UpperThreshold stops new connections, and LowerThreshold lets them come
	// again; 0 is none. They are read by a full [Query], as are Persistent,
	// Tunnel and Stats.
	UpperThreshold, LowerThreshold uint32
	// Tunnel is how packets are wrapped where the method is Tunneling.
	Tunnel lvs.Tunnel
	Stats  Stats
}

// Method is how packets reach a destination, as the kernel numbers it.
type Method uint8

// The methods of linux/ip_vs.h.
const (
	Masquerading Method = moby.ConnectionFlagMasq
	Local        Method = moby.ConnectionFlagLocalNode
	Tunneling    Method = moby.ConnectionFlagTunnel
	Routing      Method = moby.ConnectionFlagDirectRoute
	Bypass       Method = 4
)

// String returns the method as ipvsadm lists it.
func (m Method) String() string {
	names := [...]string{"Masq", "Local", "Tunnel", "Route", "Bypass"}
	if int(m) >= len(names) {
		return "?"
	}
	return names[m]
}

// Forward returns the method as package lvs has it, 0 for one that nobody can
// configure, so that it differs from every wanted one.
func (m Method) Forward() lvs.Forward {
	switch m {
	case Masquerading:
		return lvs.NAT
	case Tunneling:
		return lvs.TUN
	case Routing:
		return lvs.DR
	}
	return 0
}

// Stats are what a service or a destination has carried.
type Stats struct {
	Total Counters
	// Rate is each of the same for a second, as the kernel estimates it over the
	// last ones.
	Rate Counters
}

// Counters count new connections, and packets and bytes to the destinations
// (in) and from them (out).
type Counters struct {
	Connections           uint64
	InPackets, OutPackets uint64
	InBytes, OutBytes     uint64
}

// A Query says what of the table to read.
type Query struct {
	// Service is the only service to read; nil reads all.
	Service *lvs.ServiceID
	// Full reads all that the kernel tells of destinations, which takes a
	// request for each service; otherwise address, method, weight, and active
	// and inactive connections, all in one pass.
	Full bool
}

// Timeouts are those of connections without traffic.
type Timeouts = lvs.Timeouts

// A Daemon is one side of the connection synchronization.
type Daemon struct {
	// Backup receives, and the master sends.
	Backup    bool
	Interface string
	SyncID    uint32
	// MaxLength is how long a message may be, in bytes; 0 if the kernel does
	// not tell.
	MaxLength uint16
	// Group is the multicast group, Port its port, and TTL how far its packets
	// go. An old kernel does not tell them.
	Group netip.AddrPort
	TTL   uint8
}

// A Connection is one entry of the table of connections. A template, which
// persistence makes, has no port of the client.
type Connection struct {
	// Protocol is the kernel's name of it, "TCP"; "IP" for a template of a mark.
	Protocol                 string
	Client, Virtual, Address netip.AddrPort
	State                    string
	// Expires is how long it stays without traffic, in whole seconds.
	Expires time.Duration
	// Engine and EngineData are what the persistence engine keeps, if any.
	Engine, EngineData string
}
