package netstate

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A Kind is what sort of thing an Item is.
type Kind uint8

// The kinds, in the order in which they are added. They are removed in the
// reverse order: what depends on another thing comes later and goes earlier.
const (
	KindDrop Kind = iota + 1
	KindLink
	KindAddress
	KindRoute
	KindRule
)

// An Item is one thing that can be on an interface, in the routing tables, or in the
// packet filter, or an interface that we make.
type Item struct {
	Kind    Kind
	Drop    *vrrp.Drop     // of KindDrop
	Link    *iproute.Link  // of KindLink
	Address vrrp.Address   // of KindAddress
	Route   *iproute.Route // of KindRoute
	Rule    *iproute.Rule  // of KindRule
	text    string         // all of a route, a rule or a drop
}

// LinkItem is an interface to make as an Item, which is on itself. It must not be
// changed any more.
func LinkItem(l *iproute.Link) Item { return Item{Kind: KindLink, Link: l} }

// AddressItem is a virtual address as an Item.
func AddressItem(a vrrp.Address) Item { return Item{Kind: KindAddress, Address: a} }

// DropItem is an address that takes no packets as an Item. It must not be changed any
// more.
func DropItem(d *vrrp.Drop) Item { return Item{Kind: KindDrop, Drop: d, text: fmt.Sprint(*d)} }

// RouteItem is a route as an Item. It must not be changed any more.
func RouteItem(r *iproute.Route) Item { return Item{Kind: KindRoute, Route: r, text: r.String()} }

// RuleItem is a rule as an Item. It must not be changed any more.
func RuleItem(r *iproute.Rule) Item { return Item{Kind: KindRule, Rule: r, text: r.String()} }

// A key is what the kernel tells the items of one interface apart by. Of another kind
// than addresses that is all of them: two that differ in anything may be there together.
type key struct {
	kind   Kind
	prefix netip.Prefix
	text   string
}

func (i *Item) key() key { return key{i.Kind, i.Address.Prefix, i.text} }

// leftAlone says that what somebody else does to it has no consequences (no_track).
func (i *Item) leftAlone() bool {
	switch i.Kind {
	case KindRoute:
		return i.Route.NoTrack
	case KindRule:
		return i.Rule.NoTrack
	}
	return i.Address.NoTrack
}

// Device is the name of the device that the item is on: that of an interface, or of
// one that is none.
func (i Item) Device() string {
	switch i.Kind {
	case KindDrop:
		return filterName
	case KindLink:
		return i.Link.Name
	}
	return i.Address.Device
}

// String returns the item as ip(8) would name it.
func (i Item) String() string {
	switch i.Kind {
	case KindLink:
		return "interface " + i.Link.Name
	case KindRoute:
		return "route " + i.text
	case KindRule:
		return "rule " + i.text
	case KindDrop:
		return "drop " + i.Drop.Addr.String()
	}
	return i.Address.Prefix.String()
}

// same reports whether both would be put on an interface in the same way. What
// the kernel has no part in does not count.
func same(a, b *Item) bool {
	if a.Kind == KindLink {
		return a.Link.Equal(*b.Link)
	}
	if a == b || a.Kind != KindAddress {
		return true // all that counts of another kind is in its key
	}
	c := *a
	c.Address.NoTrack, c.Address.TrackGroup = b.Address.NoTrack, b.Address.TrackGroup
	return c == *b
}

// foreign says that the item has the mark of another program, by its owner's wish:
// what is there like that before it was wanted may not be a predecessor's.
func (i *Item) foreign() bool {
	return i.Route != nil && i.Route.Protocol != iproute.Protocol || i.Rule != nil && i.Rule.Protocol != iproute.Protocol
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
