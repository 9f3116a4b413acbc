package lvs

import "net/netip"

// A Group is a virtual_server_group.
type Group struct {
	Name    string
	Entries []Entry
}

// An Entry is one line of a group: a range of addresses, or a firewall mark.
type Entry struct {
	// First and Last are the ends of the range; invalid for a mark.
	First, Last netip.Addr
	// Port is 0 for all ports.
	Port uint16
	Mark uint32
	// Family is 4 or 6 where a mark has one, else 0.
	Family uint8
}
