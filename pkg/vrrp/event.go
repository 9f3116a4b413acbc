package vrrp

import "net/netip"

// EventKind names what can happen to an instance.
type EventKind uint8

// The events. Only those fields of Event count that are named here.
const (
	// Startup begins the life of the instance. Interface, Source and Track
	// events may come before it and are what it starts from.
	Startup EventKind = iota + 1
	// Timer says that the time of Deadline may have come. One that comes too
	// early does nothing.
	Timer
	// Received is a message for this VRID: Advert, Malformed, From, TTL, Proof.
	Received
	// InterfaceChanged says that the instance's own interface went up or down: Up.
	InterfaceChanged
	// SourceChanged gives the address that adverts are sent from: From. The
	// zero Addr means that the interface has none.
	SourceChanged
	// TrackChanged gives the value of Tracks[Track]: Value, which for all but a
	// file is 0 if it is down.
	TrackChanged
	// RouteChanged says whether any unicast peer is reached through the
	// instance's interface: Up. It is until the first of these says otherwise.
	RouteChanged
	// SendChanged says whether the last advert reached any peer's network: Up.
	SendChanged
	// AddressesChanged says that a master has its addresses, or that it could
	// not be given them: Up. In FAULT, Up says that it could be now.
	AddressesChanged
	// RoomChanged gives the number of addresses that an advert has room for:
	// Room. It is MaxAddresses until then.
	RoomChanged
	// Overheard is a message for this VRID that reached the interface while the
	// machine was Listening; it may be Received too: as that.
	Overheard
	// Shutdown ends the life of the instance.
	Shutdown
	// GroupChanged gives the state of the rest of the instance's sync group:
	// Group.
	GroupChanged
	// TakeOver makes a backup that was Waiting master: the whole group is.
	TakeOver
	// GiveUp makes a master backup: another member of its group is.
	GiveUp
)

// An Event is something that happened to an instance.
type Event struct {
	Kind   EventKind
	Advert *Advert
	// Malformed is why Advert could not be decoded, Accepted if it could.
	Malformed RejectReason
	From      netip.Addr
	// TTL is that of the IP header of an advert.
	TTL   uint8
	Proof Proof
	Up    bool
	Track int
	Value int
	Room  int
	Group GroupState
}
