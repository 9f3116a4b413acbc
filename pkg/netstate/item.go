package netstate

import (
	"net/netip"
	"slices"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A Kind is what sort of thing an Item is.
type Kind uint8

// The kinds, in the order in which they are added. They are removed in the
// reverse order: what depends on another thing comes later and goes earlier.
const (
	KindAddress Kind = iota + 1
)

// An Item is one thing that can be on an interface.
type Item struct {
	Kind    Kind
	Address vrrp.Address // of KindAddress
}

// AddressItem is a virtual address as an Item.
func AddressItem(a vrrp.Address) Item { return Item{Kind: KindAddress, Address: a} }

// A key is what the kernel tells the items of one interface apart by.
type key struct {
	kind   Kind
	prefix netip.Prefix
}

func (i *Item) key() key { return key{i.Kind, i.Address.Prefix} }

// Device is the name of the interface that the item is on.
func (i Item) Device() string { return i.Address.Device }

// String returns the item as ip(8) would name it.
func (i Item) String() string { return i.Address.Prefix.String() }

// same reports whether both would be put on an interface in the same way. What
// the kernel has no part in does not count.
func same(a, b *Item) bool {
	if a == b {
		return true
	}
	c := *a
	c.Address.NoTrack, c.Address.TrackGroup = b.Address.NoTrack, b.Address.TrackGroup
	return c == *b
}

// A Part are those items of an owner that are on one interface.
type Part struct {
	Device string
	Items  []Item
}

// ByDevice sorts addresses by interface, both in the order in which they come.
func ByDevice(addrs []vrrp.Address) []Part {
	var parts []Part
	for _, a := range addrs {
		n := slices.IndexFunc(parts, func(p Part) bool { return p.Device == a.Device })
		if n < 0 {
			n = len(parts)
			parts = append(parts, Part{Device: a.Device})
		}
		parts[n].Items = append(parts[n].Items, AddressItem(a))
	}
	return parts
}
