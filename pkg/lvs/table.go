package lvs

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"strings"
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

// A ServiceKey is what a service in the kernel's table is found by.
type ServiceKey struct {
	Protocol Protocol
	Addr     netip.AddrPort
}

// String returns the key as keepalived's log names a virtual server.
// "[198.51.100.1]:tcp:80".
func (k ServiceKey) String() string {
	return fmt.Sprintf("[%s]:%s:%d", k.Addr.Addr(), strings.ToLower(k.Protocol.String()), k.Addr.Port())
}

// Compare orders keys by address, port and protocol.
func (k ServiceKey) Compare(other ServiceKey) int {
	return cmp.Or(k.Addr.Compare(other.Addr), cmp.Compare(k.Protocol, other.Protocol))
}

// A RealKey is what a real server is found by: several services may have the
// same address and port behind them.
type RealKey struct {
	Service ServiceKey
	Addr    netip.AddrPort
}

// String returns the key as keepalived's log names a real server, without its
// service: "[198.51.100.11]:tcp:80".
func (k RealKey) String() string {
	return ServiceKey{k.Service.Protocol, k.Addr}.String()
}

// A Table is the content of the kernel's IPVS table: what is there, or what is
// wanted.
type Table map[ServiceKey]Service

// A Service is one entry of the table.
type Service struct {
	Scheduler   string
	Persistence time.Duration
	// Netmask is the persistence granularity; the zero Addr is one client each.
	Netmask      netip.Addr
	Destinations map[netip.AddrPort]Destination
}

// A Destination is one real server of a service in the table.
type Destination struct {
	Forward Forward
	Weight  int
}

// Clone returns a copy that shares nothing with t.
func (t Table) Clone() Table {
	c := make(Table, len(t))
	for k, s := range t {
		s.Destinations = maps.Clone(s.Destinations)
		c[k] = s
	}
	return c
}
