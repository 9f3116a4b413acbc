package iproute

import "net/netip"

// A Rule says which table routes a packet, as ip-rule(8) would add it
// (virtual_rules, static_rules).
type Rule struct {
	// Not turns the selection round.
	Not bool
	// IPv6 is the family of a rule that no address shows it of.
	IPv6 bool
	// From and To select by address. The zero Prefix is all.
	From, To netip.Prefix
	// In and Out are the interfaces that a packet came and goes on (iif, oif).
	In, Out string
	// TOS is the type of service; 0 is any.
	TOS uint8
	// Mark selects by firewall mark. Nil is any.
	Mark *Mark
	// IPProtocol is the number of the transport protocol; 0 is any.
	IPProtocol uint8
	// SourcePorts, DestinationPorts and UIDs select by ports and by the user of
	// the socket. Nil is any.
	SourcePorts, DestinationPorts, UIDs *Span
	// TunnelID selects by the tunnel's key; 0 is any.
	TunnelID uint64
	// Preference is the rule's place; the least comes first.
	Preference uint32
	// Action is "table", "goto", "l3mdev", "nop", "blackhole", "prohibit" or
	// "unreachable".
	Action string
	// Table is the routing table of the action "table".
	Table uint32
	// Goto is the preference to go on at of the action "goto".
	Goto uint32
	// Realms are given to what the rule selects.
	Realms Realms
	// SuppressPrefixLength refuses routes with a prefix of that length or less,
	// and SuppressGroup those to an interface of that group. Nil refuses none.
	SuppressPrefixLength, SuppressGroup *uint32
	// Protocol is who put the rule there.
	Protocol uint8
	// NoTrack and TrackGroup are those of a [Route].
	NoTrack    bool
	TrackGroup string
}

// A Mark is a firewall mark, and the bits of it that count.
type Mark struct{ Value, Mask uint32 }

// A Span is a range of numbers, both ends included.
type Span struct{ First, Last uint32 }
