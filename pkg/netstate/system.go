package netstate

import (
	"context"
	"net/netip"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A System is what a State does to the machine that it runs on.
type System interface {
	// OpenAnnouncer opens what announces addresses on an interface.
	OpenAnnouncer(ifname string) (Announcer, error)
	// OpenAddresses opens what puts addresses on interfaces and takes them off, and
	// makes interfaces.
	OpenAddresses() (Addresses, error)
	// OpenTables opens what changes the routing tables.
	OpenTables() (Tables, error)
	// OpenFilter opens what drops packets.
	OpenFilter() (Filter, error)
}

// An Announcer announces addresses on one interface: by gratuitous ARP, or by
// unsolicited neighbour advertisements.
type Announcer interface {
	Announce(addr netip.Addr) error
	Close() error
}

// Addresses changes the addresses of interfaces. An error that a method returns
// says that the connection failed: what was not acknowledged by then may or may
// not have been done.
type Addresses interface {
	AddAddresses(ctx context.Context, addrs []vrrp.Address, ack Ack) error
	RemoveAddresses(ctx context.Context, addrs []vrrp.Address, ack Ack) error
	// AddLink makes an interface and switches it on; RemoveLink removes it. changed is
	// false where there was nothing to do.
	AddLink(ctx context.Context, l iproute.Link) (changed bool, err error)
	RemoveLink(ctx context.Context, l iproute.Link) (changed bool, err error)
	// SwitchLink switches one off, with which its IPv6 addresses go, or on.
	SwitchLink(ctx context.Context, l iproute.Link, on bool) error
	Close() error
}

// Tables changes routes and rules, as Addresses does addresses.
type Tables interface {
	AddRoutes(ctx context.Context, routes []*iproute.Route, ack Ack) error
	RemoveRoutes(ctx context.Context, routes []*iproute.Route, ack Ack) error
	AddRules(ctx context.Context, rules []*iproute.Rule, ack Ack) error
	RemoveRules(ctx context.Context, rules []*iproute.Rule, ack Ack) error
	Close() error
}

// Filter drops packets to addresses. What was not acknowledged with success is as it
// was before. After Close nothing is dropped any more.
type Filter interface {
	AddDrops(ctx context.Context, drops []vrrp.Drop, ack Ack)
	RemoveDrops(ctx context.Context, drops []vrrp.Drop, ack Ack)
	Close() error
}

// An Ack is called for each item as soon as the kernel has answered. changed
// is false if it was as it should be before.
type Ack = func(i int, changed bool, err error)
