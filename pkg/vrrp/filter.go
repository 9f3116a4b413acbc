package vrrp

import "net/netip"

// A Filter is where packets are dropped that are to addresses which take none: in
// a table of nftables (global_defs nftables and the keywords that begin like it).
type Filter struct {
	// Table is its name, for either family.
	Table string
	// Priority is that of the table's chains in the hooks of the kernel.
	Priority int32
	// Counters lets the rules count what they drop.
	Counters bool
	// ByIndex names interfaces by their index, not by their name.
	ByIndex bool
}

// A Drop is one address that takes no packets (RFC 9568 section 6.1, Accept_Mode
// False).
type Drop struct {
	Filter Filter
	Addr   netip.Addr
	// Interface is set for a link-local address of IPv6, which is one on its own
	// link alone.
	Interface string
}

// Drops are those of the addresses of x while it is master: none where it accepts
// packets, or owns the addresses.
func (x *Instance) Drops() (list []Drop) {
	if x.Accept || x.Priority == PriorityOwner {
		return nil
	}
	for _, addrs := range [][]Address{x.Addresses, x.Excluded} {
		for _, a := range addrs {
			d := Drop{Filter: x.Filter, Addr: a.Prefix.Addr()}
			if d.Addr.Is6() && d.Addr.IsLinkLocalUnicast() {
				d.Interface = a.Device
			}
			list = append(list, d)
		}
	}
	return list
}
