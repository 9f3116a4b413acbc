package iproute

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
}
