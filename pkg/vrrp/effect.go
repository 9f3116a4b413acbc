package vrrp

import (
	"net/netip"
	"time"
)

// EffectKind names what an instance wants done.
type EffectKind uint8

// The effects of a machine, which returns them in the order in which they must
// happen. A router passes them on with the operands that it adds: Instance and,
// for SendAdvert and Probe, Source and Room, and Sequence for the first; it makes SetAddresses of the first
// three about addresses.
const (
	// SendAdvert sends an advert with Priority.
	SendAdvert EffectKind = iota + 1
	// AddAddresses puts the virtual addresses on their interfaces, and announces each
	// as soon as it is there, Repeat times.
	AddAddresses
	// RemoveAddresses takes off those that are there.
	RemoveAddresses
	// Announce announces every address that is there Repeat times.
	Announce
	// Transition tells the log and the notify scripts that the state is now
	// To, and why: From, To, Priority (the effective one), Reason, and for
	// some reasons Peer, PeerPriority and Track. If a timer decided, For is how
	// long no advert had been accepted, Late by how much it fired late, and Count
	// how many were refused meanwhile, the last one for Reject.Reason; if another
	// master did, For is how long we had been master.
	Transition
	// Stopped tells them that the instance has ended: From, Priority.
	Stopped
	// Probe sends something that others take no notice of, to learn whether
	// adverts can be sent; SendChanged has the result.
	Probe
	// TryAddresses finds out, without adding one, whether addresses could be
	// added now; AddressesChanged has the result if they could.
	TryAddresses
	// Note tells the log something that is not a transition: Reason and what
	// goes with it.
	Note

	// The effects that only a router has.

	// SetAddresses says which of its addresses the instance wants now: Addresses,
	// which are all, or nil for none. Those that come to be there are announced
	// Repeat times, and all are by one that wanted none before.
	SetAddresses
	// RestoreAddress says that Lost was removed from Interface: it is put back if
	// an instance wants it.
	RestoreAddress
	// RestoreInterface says that Interface is another one under the same name: what
	// instances want there is put back.
	RestoreInterface
	// AnnounceInterface says that Interface has another hardware address: what
	// instances want there is announced anew.
	AnnounceInterface
	// ClearInterface says that Interface had the name Was before, and has There:
	// what instances wanted there is taken off.
	ClearInterface
	// KeepAddresses says that Addresses were there before us and are to stay,
	// whatever instances want and at the end.
	KeepAddresses
	// SetSocket says which socket an interface needs now for a family: IPv6, Socket;
	// none if it is nil. SocketChanged has the result.
	SetSocket
	// Added says that there is a new instance.
	Added
	// Changed says that Before goes on as Instance: under other settings, and
	// maybe another name.
	Changed
	// Removed says that the instance is no more.
	Removed
	// GroupTransition says that all members of Group are in the state To now, and
	// no longer in From. Member is the one whose step brought them there, nil if
	// that was a reload.
	GroupTransition
)

// A Reason says why a machine did something.
type Reason uint8

// The reasons, of transitions first (two are of notes too) and of notes then.
const (
	_ Reason = iota
	// ReasonStartup: the instance began.
	ReasonStartup
	// ReasonTimer: the master down timer ran out. Peer is whom it waited for,
	// if that is known.
	ReasonTimer
	// ReasonResigned: Peer sent priority 0. Of a transition: and the skew time
	// is over; of a note, From is the state that it found the instance in.
	ReasonResigned
	// ReasonLowerPriority: Peer announced PeerPriority, which we preempt. Of a
	// transition: and the master down timer ran out meanwhile.
	ReasonLowerPriority
	// ReasonOwner: the address owner begins as master.
	ReasonOwner
	// ReasonHigherPriority: Peer announced PeerPriority, which beats ours.
	ReasonHigherPriority
	// ReasonHigherAddress: Peer has our priority and the higher address.
	ReasonHigherAddress
	// ReasonInterface: the instance's interface is down.
	ReasonInterface
	// ReasonNoSource: the interface has no address to send from.
	ReasonNoSource
	// ReasonUnrouted: no unicast peer is reached through the interface.
	ReasonUnrouted
	// ReasonCannotSend: as master, no advert could be sent for a master down time.
	ReasonCannotSend
	// ReasonNoAddresses: as master, the addresses could not be had.
	ReasonNoAddresses
	// ReasonFiltered: the adverts of Peer, of PeerPriority, reach the interface
	// but not the socket.
	ReasonFiltered
	// ReasonTrack: the thing tracked as Track failed.
	ReasonTrack
	// ReasonNoSocket: there is no socket on the instance's interface.
	ReasonNoSocket
	// ReasonNoPeer: the instance is to send by unicast, and has no peer.
	ReasonNoPeer
	// ReasonGroup: another member of the sync group decided: it is in FAULT, or
	// became master or backup.
	ReasonGroup
	// ReasonLate: as master, no advert was sent for so long, For, that another router
	// has taken over.
	ReasonLate
	// ReasonRecovered: the last fault is gone.
	ReasonRecovered

	// ReasonPriority: the effective priority went from OldPriority to Priority.
	ReasonPriority
	// ReasonNewElection: as master, heard one that we beat.
	ReasonNewElection
	// ReasonOneMaster: a master that we beat has fallen silent. For is the time
	// from its first advert to its last, Count how many there were.
	ReasonOneMaster
	// ReasonInterval: the master announces another advert interval, For, and
	// its silence is measured by that from now on, no longer by Old.
	ReasonInterval
	// ReasonPreemptDelay: the wait before a preemption began.
	ReasonPreemptDelay
	// ReasonRejected: an advert was not accepted; see Reject.
	ReasonRejected
	// ReasonGroupWaits: the master down timer ran out, and the sync group waits
	// for those of its other members.
	ReasonGroupWaits

	// Notes of a router about an interface, Interface.

	// ReasonLinkUp, ReasonLinkDown and ReasonLinkGone: it went up or down, or was
	// removed.
	ReasonLinkUp
	ReasonLinkDown
	ReasonLinkGone
	// ReasonFirstAddress: its first address is Source now, no longer Peer.
	ReasonFirstAddress
	// ReasonRoom: Count addresses of the instance do not fit into an advert at
	// its MTU, MTU.
	ReasonRoom

	// Reasons is how many there are.
	Reasons
)

// An Effect is one thing that an instance wants done, or told.
type Effect struct {
	Kind         EffectKind
	From, To     State
	Reason       Reason
	Priority     uint8
	OldPriority  uint8
	PeerPriority uint8
	Peer         netip.Addr
	Repeat       int
	Track        int
	Count        int
	For, Late    time.Duration
	Old          time.Duration
	Reject       Reject

	// These are set by a router. An instance is named by its settings, which may
	// be compared: there is one Instance for each.
	Instance, Before *Instance
	Member           *Instance
	Group            *SyncGroup
	Tracked          *Track // as Track says
	Source           netip.Addr
	Room             int
	// Sequence is the number for the authentication header, if there is one.
	Sequence  uint32
	Addresses []Address

	// About an interface.
	Interface, Was string
	MTU            int
	IPv6           bool
	Socket         *Socket
	Lost           netip.Prefix
	There          []netip.Prefix
}
