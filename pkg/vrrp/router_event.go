package vrrp

import (
	"net/netip"
	"time"
)

// RouterEventKind names what can happen to a router.
type RouterEventKind uint8

// The events. Only those fields of RouterEvent count that are named here.
const (
	// Reload gives the router its settings: Settings, which must not be changed
	// any more. The first is the start. Nothing is decided before LinksKnown.
	Reload RouterEventKind = iota + 1
	// LinksKnown says that every interface that there is has been reported. No
	// instance becomes master before Delay has passed.
	LinksKnown
	// LinkChanged reports an interface that is new or has changed: Link.
	LinkChanged
	// LinkRemoved says that the interface of that name and index is gone: Link.
	LinkRemoved
	// AddressLost is LinkChanged of an interface that has just lost an address: Lost.
	AddressLost
	// SocketChanged says whether the socket of an interface, wanted by
	// SetSocket, is there: Interface, IPv6, Index, Up.
	SocketChanged
	// OwnLinkFailed says that an interface of Instance.Own could not be made: Interface.
	OwnLinkFailed
	// MessageReceived is a VRRP message that a socket has received: Interface,
	// From, To, TTL, Message; Protocol, ID and Wall, which authentication needs.
	MessageReceived
	// MessageOverheard is one that has reached the interface; the socket may
	// have it too.
	MessageOverheard
	// DeadlineReached says that the time of Router.Deadline may have come. The instance
	// that has waited longest gets its turn; the others take further events.
	DeadlineReached
	// AdvertSent says whether the last SendAdvert or Probe of an instance went
	// out to anybody: Instance, Up.
	AdvertSent
	// AddressesReported says whether a master has its addresses: Instance, Up. It
	// has not if there are none of them, or if some are missing for this machine's
	// own trouble, so that another router may do better.
	AddressesReported
	// AddressesPossible answers TryAddresses: Instance.
	AddressesPossible
	// TrackReported gives the value of what is tracked: Track, Name, Value.
	// Interfaces are known by LinkChanged.
	TrackReported
	// RoutesReported says which of the ways of Router.Ways lead to no peer: Ways.
	RoutesReported
	// Stop ends the life of every instance. Keep leaves the addresses.
	Stop
)

// A RouterEvent is something that happened to a router.
type RouterEvent struct {
	Kind RouterEventKind

	Settings *Settings
	Link     *Link
	Lost     netip.Prefix

	Interface string
	// IPv6 says that the socket is one for IPv6.
	IPv6     bool
	Index    int
	From, To netip.Addr
	TTL      uint8
	// Message is what follows the IP header, which has ID and Protocol; that is
	// Protocol where it is 0.
	Message  []byte
	Protocol uint8
	ID       uint16
	// Wall is the time of day at which it came.
	Wall time.Time

	// Instance is the name of one. What comes too late for it is ignored.
	Instance string
	Up       bool

	Track TrackKind
	Name  string
	Value int

	Ways []Way
	Keep bool

	Delay time.Duration
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
	// Addrs are its addresses, those of each family in the kernel's order. An IPv6
	// address that the kernel still looks for on the link is none yet.
	Addrs []netip.Prefix
}

// A Socket is what receives and sends the VRRP messages of an interface over one
// family. That of no interface, with an empty name and the index 0, has those of all.
type Socket struct {
	Index int
	// Send says that nothing is received by it.
	Send bool
	// Groups are the multicast groups to join.
	Groups []netip.Addr
	// AH says that adverts in authentication headers are wanted too.
	AH bool
	// Tap says that what reaches the interface is wanted too, whatever a packet
	// filter makes of it then.
	Tap bool
}

// A Way is a route that an instance depends on: to a unicast peer, through the
// interface with an index; 0 is any.
type Way struct {
	Index int
	Peer  netip.Addr
}
