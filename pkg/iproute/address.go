package iproute

import (
	"net/netip"
	"time"
)

// An Address is an address as ip-address(8) would add it (virtual_ipaddress,
// static_ipaddress).
type Address struct {
	// Prefix is the address with its mask; without one in the file it is /32.
	Prefix netip.Prefix
	// Broadcast is unset unless the file names it (brd).
	Broadcast netip.Addr
	// Device is the interface that the address is put on.
	Device string
	// Scope is the kernel's number: 0 global, 200 site, 253 link, 254 host.
	Scope uint8
	// Label is the name of the alias, "eth0:1", or empty.
	Label string
	// Peer is the other end of a point-to-point link. The zero Addr is none.
	Peer netip.Addr
	// Home, ManageTemporary, NoPrefixRoute and AutoJoin are the flags of
	// ip-address(8): home, mngtmpaddr, noprefixroute and autojoin.
	Home, ManageTemporary, NoPrefixRoute, AutoJoin bool
	// DAD lets the kernel look for an IPv6 address on the link before it is used
	// (-nodad); without it the address is nodad.
	DAD bool
	// Preferred is how long an IPv6 address is preferred; 0 is for ever.
	Preferred time.Duration
	// Deprecated is an IPv6 address that is not preferred at all, such as any
	// with a mask of 128 bits.
	Deprecated bool
	// VMAC puts the address on a VMAC on its device (use_vmac).
	VMAC bool
	// NoTrack keeps the address's deletion by somebody else from having
	// consequences.
	NoTrack bool
	// TrackGroup names the group of instances that depend on a static address.
	TrackGroup string
}
