package vrrpd

import (
	"context"
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/netstate"
)

// A System is what the router does to the machine that it runs on.
type System interface {
	// OpenSocket opens a VRRP socket of an interface, for IPv4 or for IPv6: that for
	// plain adverts or, with ah, that for those in authentication headers.
	OpenSocket(ifname string, ifindex int, ipv6, ah bool) (Socket, error)
	// OpenSender opens a VRRP socket as OpenSocket does, which receives nothing and
	// whose FD is -1.
	OpenSender(ifname string, ifindex int, ipv6, ah bool) (Socket, error)
	// OpenTap opens what receives the VRRP messages that reach an interface over
	// IPv4 or IPv6.
	OpenTap(ifname string, ifindex int, ipv6 bool) (Tap, error)
	// OpenRoutes opens what looks up routes.
	OpenRoutes() (Routes, error)
	netstate.System
	// SetSysctl sets a kernel parameter by its path below /proc/sys, and returns what
	// it was.
	SetSysctl(path, value string) (before string, err error)
	// Uptime is the time since the machine was started.
	Uptime() time.Duration
	// OpenLinks opens what watches the interfaces.
	OpenLinks() (Links, error)
}

// A Socket sends and receives VRRP messages of one interface over one family.
// Nothing of it blocks, and it belongs to one thread.
type Socket interface {
	FD() int
	Join(group netip.Addr) error
	Leave(group netip.Addr) error
	// Receive reads one message; unix.EAGAIN means that there is none left.
	Receive(p *netio.Packet) error
	Send(src, dst netip.Addr, ttl uint8, payload []byte) error
	// SendIdentified is Send with an identification for the IP header.
	SendIdentified(id uint16, src, dst netip.Addr, ttl uint8, payload []byte) error
	Close() error
}

// A Tap receives the VRRP messages that reach an interface, whatever a packet
// filter makes of them then. Nothing of it blocks but Close, and it belongs to
// one thread.
type Tap interface {
	FD() int
	// Receive reads one message; unix.EAGAIN means that there is none left.
	Receive(p *netio.Packet) error
	Close() error
}

// Routes looks up routes.
type Routes interface {
	// Reaches says whether dst has a route that leaves by the interface.
	Reaches(ctx context.Context, ifindex int, dst netip.Addr) (bool, error)
	Close() error
}

// Links watches the interfaces.
type Links interface {
	// Run reports every interface that there is, then one Link that says
	// Synced, then each change, until ctx ends.
	Run(ctx context.Context, report func(Link)) error
	Close() error
}

// A Link is the state of one interface.
type Link struct {
	Name  string
	Index int
	// Up says that it is up and has a carrier.
	Up bool
	// MAC is its hardware address, or empty.
	MAC string
	// MTU is the size of its largest packet in bytes; 0 is not known.
	MTU int
	// Addrs are its addresses that can be used, those of each family in the kernel's
	// order.
	Addrs []netip.Prefix
	// Lost is the address that has just been removed, if that is what happened.
	Lost netip.Prefix
	// WithPrimary says that the kernel removed Lost with the primary address of its
	// subnet.
	WithPrimary bool
	// Grown says that an address came, and that nothing else has changed.
	Grown bool
	// Route and Rule say nothing of an interface, but what is known of a route or
	// rule that has just been removed; a Route without a destination is any.
	Route *iproute.Route
	Rule  *iproute.Rule
	// Gone says that there is no such interface any more.
	Gone bool
	// Synced says nothing of an interface, but that all have been reported.
	Synced bool
}
