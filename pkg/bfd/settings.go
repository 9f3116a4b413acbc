// Package bfd is the core of Bidirectional Forwarding Detection (RFC 5880): so
// far, its settings.
package bfd

import (
	"net/netip"
	"time"
)

// Settings is the BFD part of a configuration, decoded, with every default
// filled in.
type Settings struct {
	Instances []Instance
}

// An Instance is one configured session (bfd_instance).
type Instance struct {
	Name string
	// Neighbor is the other end. No two instances have the same one.
	Neighbor netip.Addr
	// Source is the address to send from, of the family of Neighbor. The zero
	// Addr leaves it to the system.
	Source netip.Addr
	// MinRx is the least interval between received packets that this end can
	// do with, MinTx the least that it would like to send at, IdleTx the one
	// that it sends at while the session is not up.
	MinRx, MinTx, IdleTx time.Duration
	// Multiplier is how many packets in a row may be missing until the session
	// is down, 1 to 255.
	Multiplier int
	// TTL is the TTL or hop limit of packets, 1 to 255.
	TTL uint8
	// MaxHops is how far below TTL that of a received packet may be, 0 to 255;
	// 255 takes all.
	MaxHops int
	// Multihop speaks RFC 5883, to a neighbor that is not on the link.
	Multihop bool
	// Passive waits for the neighbor's first packet.
	Passive bool
	// Weight is what instances that track it without a weight of their own
	// apply, -253 to 253. Reverse swaps up and down.
	Weight  int
	Reverse bool
	// VRRP and Checker are who is told of changes.
	VRRP, Checker bool
}
