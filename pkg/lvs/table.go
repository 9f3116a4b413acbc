package lvs

import (
	"fmt"
	"maps"
	"net/netip"
	"time"
)

// Protocol is the IP protocol number of a service.
type Protocol uint8

// The protocols that IPVS balances and a virtual_server can name.
const (
	TCP  Protocol = 6
	UDP  Protocol = 17
	SCTP Protocol = 132
)

// String returns the protocol as keepalived's and ipvsadm's output have it.
func (p Protocol) String() string {
	switch p {
	case TCP:
		return "TCP"
	case UDP:
		return "UDP"
	case SCTP:
		return "SCTP"
	}
	return fmt.Sprintf("protocol(%d)", uint8(p))
}

// Forward is how packets reach a real server.
type Forward uint8

// The forwarding methods.
const (
	NAT Forward = iota + 1
	DR
	TUN
)

// String returns the method as the keyword lb_kind has it.
func (f Forward) String() string {
	switch f {
	case NAT:
		return "NAT"
	case DR:
		return "DR"
	case TUN:
		return "TUN"
	}
	return fmt.Sprintf("forward(%d)", uint8(f))
}

// A Table is the content of the kernel's IPVS table, with all that can be
// configured of it: what is there, or what is wanted.
type Table map[ServiceID]Service

// A Service is one entry of the table.
type Service struct {
	Scheduler string
	// Flags are flag-1 to flag-3 of the scheduler, bit 0 being the first; those
	// of sh and mh by name are the first two of them.
	Flags uint8
	// OnePacket schedules each datagram by itself (ops).
	OnePacket bool
	// Persistence is how long a client stays with its real server, in whole
	// seconds; 0 is off.
	Persistence time.Duration
	// Netmask is the persistence granularity; the zero Addr is one client each.
	Netmask netip.Addr
	// Engine is the kernel's name of the persistence engine, "sip", or empty.
	Engine       string
	Destinations map[netip.AddrPort]Destination
}

// A Destination is one real server of a service in the table.
type Destination struct {
	Forward Forward
	Weight  int
	// Tunnel is how packets are wrapped where Forward is TUN.
	Tunnel Tunnel
	// UpperThreshold is how many connections stop new ones, and LowerThreshold
	// below how many they come again; 0 is no limit.
	UpperThreshold, LowerThreshold int
}

// sameService reports whether the kernel does the same for a and b, their
// destinations aside.
func sameService(a, b Service) bool {
	return a.Scheduler == b.Scheduler && a.Flags == b.Flags && a.OnePacket == b.OnePacket && a.Persistence == b.Persistence &&
		(a.Persistence == 0 || a.Netmask == b.Netmask && a.Engine == b.Engine)
}

// sameDestination reports whether the kernel does the same for a and b.
func sameDestination(a, b Destination) bool {
	if a.Forward != TUN {
		a.Tunnel = b.Tunnel // which has no effect
	}
	return a == b
}

// Clone returns a copy that shares nothing with t.
func (t Table) Clone() Table {
	c := make(Table, len(t))
	for k, s := range t { // any order: each has its own place
		s.Destinations = maps.Clone(s.Destinations)
		c[k] = s
	}
	return c
}
