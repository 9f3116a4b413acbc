package iproute

import "bytes"

// A Link is an interface on top of another one, as ip-link(8) would add it
// (use_vmac, use_ipvlan).
type Link struct {
	// Name is its own, Below that of the interface that it sends by.
	Name, Below string
	// Kind is "macvlan" or "ipvlan".
	Kind string
	// Mode is "private", "vepa" or "bridge".
	Mode string
	// MAC is the hardware address of a macvlan.
	MAC []byte
	// IPv6 says that IPv6 addresses are to be on it. IPv6 is switched off on others.
	IPv6 bool
}

// Equal says that both are made alike.
func (l Link) Equal(o Link) bool {
	return l.Name == o.Name && l.Below == o.Below && l.Kind == o.Kind && l.Mode == o.Mode && l.IPv6 == o.IPv6 && bytes.Equal(l.MAC, o.MAC)
}
