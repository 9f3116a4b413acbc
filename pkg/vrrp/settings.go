package vrrp

import (
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/secret"
)

// Settings is the VRRP part of a configuration, decoded, with every default
// filled in: nothing that runs on it looks at a configuration file.
type Settings struct {
	Instances []Instance
	Groups    []SyncGroup
	Scripts   []Script
	// Static is what is there besides, for as long as the daemon runs.
	Static Static
	// Files and Processes are what instances track besides.
	Files     []File
	Processes []Process
	// Delays and Polled are about interfaces. PollAll asks all of them for their state.
	Delays  []LinkDelay
	Polled  []PolledLink
	PollAll bool
	// NoLocalIGMP keeps the kernel from reporting memberships in 224.0.0.0/24.
	NoLocalIGMP bool
	// StartupDelay and BootDelay are how long after the start of the daemon, and that
	// of the machine, no instance becomes master.
	StartupDelay, BootDelay time.Duration
	// GARPGroups are interfaces that keep a pause together.
	GARPGroups []GARPGroup
	// TellLower asks for an event of each advert of lower priority that a master hears,
	// of all instances.
	TellLower bool
	// LogUnknown logs adverts of virtual routers that are not configured.
	LogUnknown bool
}

// A GARPGroup is a set of interfaces behind one switch (garp_group): after an
// announcement on one of them by gratuitous ARP, or by neighbour advertisement, there is
// none on any for that time.
type GARPGroup struct {
	Interfaces []string
	ARP, NA    time.Duration
}

// A LinkDelay is how long an interface must be down or up before it counts
// (interface_up_down_delays).
type LinkDelay struct {
	Interface string
	Down, Up  time.Duration
}

// A PolledLink is an interface to ask for its state (linkbeat_interfaces).
type PolledLink struct {
	Interface string
	// Method is "MII", "ETHTOOL" or "IOCTL"; empty is the first of these that
	// works.
	Method string
}

// An Instance is one virtual router on one interface (vrrp_instance).
type Instance struct {
	Name string
	// Interface is where adverts are sent and received. Empty is wherever the routes
	// lead, which takes Peers and a Source.
	Interface string
	VRID      uint8
	// Version of the protocol: 2 or 3.
	Version uint8
	// Family is 4 or 6: that of the adverts, of Source, Group and Peers, and of
	// Addresses. Those of Excluded may be of the other one too.
	Family uint8
	// InitialState is Master or Backup, as the keyword state has it. Master
	// makes a difference with priority 255 only.
	InitialState State
	// Priority is the base priority, 1 to 255; 255 is the address owner.
	Priority uint8
	// AdvertInterval is the time between two adverts of a master. Version 2
	// puts whole seconds on the wire, version 3 hundredths.
	AdvertInterval time.Duration
	// DownAdverts is how many advert intervals a master may be silent, before
	// the skew.
	DownAdverts int
	// NoPreempt lets a master of lower priority stay.
	NoPreempt bool
	// PreemptDelay is how long a master of lower priority is left alone after
	// it was first heard. 0 preempts it as the RFC does.
	PreemptDelay time.Duration
	// LowerPriorityNoAdvert keeps a master that hears one of lower priority
	// from answering with an advert at once.
	LowerPriorityNoAdvert bool
	// HigherPrioritySendAdvert makes a master that gives way to a higher
	// priority send a last advert, upon which the other announces again.
	HigherPrioritySendAdvert bool
	// Accept says that the addresses take packets even where they are not the
	// router's own (RFC 9568 section 6.1, Accept_Mode).
	Accept bool
	// Filter drops packets to them otherwise.
	Filter Filter

	// Auth is for version 2 alone.
	Auth Auth
	// ChecksumAsV2 leaves the pseudo-header out of version 3's checksum over
	// IPv4.
	ChecksumAsV2 bool

	// Source is the source address of adverts. The zero Addr is the first
	// primary address of the interface, over IPv6 its own link-local one.
	Source netip.Addr
	// Group is the multicast group of adverts, unless there are Peers.
	Group netip.Addr
	// Peers are the routers that adverts are sent to by unicast.
	Peers []Peer
	// PeersOnly refuses unicast adverts from anybody who is not one of Peers.
	PeersOnly bool
	// TTL is what adverts are sent with, over IPv6 the hop limit: 255 by
	// multicast.
	TTL uint8

	// Addresses are in the adverts; Excluded are held alike but not announced
	// in them. Both carry the device that they belong on.
	Addresses, Excluded []Address

	GARP GARP

	// DontTrackPrimary lets the instance run on when its interface is down.
	DontTrackPrimary bool
	// SkipAddressCheck accepts an advert without comparing its address list.
	SkipAddressCheck bool
	// Tracks are what else the priority or the FAULT state depends on.
	Tracks []Track

	Notify Notify

	// Routes and Rules are what a master adds to the routing tables.
	Routes []iproute.Route
	Rules  []iproute.Rule
	// VMAC and IPVLAN are an interface of the instance's own.
	VMAC   VMAC
	IPVLAN IPVLAN
	// Own are the interfaces that are made for the instance, those that VMAC, IPVLAN
	// and Addresses ask for. The addresses that belong there carry them as device.
	Own []OwnLink
	// Sender is the one of them that adverts are sent on, empty for Interface.
	Sender string
	// VRF is the interface of the VRF to work in, for an instance without an
	// interface.
	VRF string
	// HMAC is for version 3 alone.
	HMAC HMAC
	// Strict holds the instance to the RFC (strict_mode, vrrp_strict).
	Strict bool
	// TrackSource makes the loss of the source address a FAULT.
	TrackSource bool
	// OldChecksum is how the checksum of unicast adverts of version 3 is made
	// and taken.
	OldChecksum OldChecksum
	// FaultWithoutPeers makes a FAULT of unicast without Peers, where adverts
	// would go to the group otherwise.
	FaultWithoutPeers bool
	// PromoteSecondaries sets the sysctl of that name on the interface.
	PromoteSecondaries bool
	// ReceiveBuffer is the size of the socket's buffer in bytes; 0 is the
	// kernel's.
	ReceiveBuffer uint32
	// Linkbeat polls the interface instead of listening for its changes.
	Linkbeat bool
	// OwnerIgnoresAdverts makes the address owner ignore other masters.
	OwnerIgnoresAdverts bool
	// NoAddresses says that there are no addresses on purpose.
	NoAddresses bool
	// HighestOther makes a master with NoPreempt a backup where it was late for so
	// long that another router of that priority has taken over; 0 does not.
	HighestOther uint8
	// NotifyPriority writes changes of the priority to FIFOs.
	NotifyPriority bool
	// SMTPAlert sends mails about transitions; nil leaves that to global_defs.
	SMTPAlert *bool
}

// IPv6 says that the adverts go over IPv6.
func (i *Instance) IPv6() bool { return i.Family == 6 }

// OldChecksum is about the checksum of keepalived up to 1.3.6, which left the
// pseudo-header out.
type OldChecksum uint8

// What is done about it. OldChecksumDetect answers those that are heard to use
// it likewise.
const (
	OldChecksumDetect OldChecksum = iota
	OldChecksumAlways
	OldChecksumNever
)

// checksum is what the checksum of the instance's adverts covers.
func (i *Instance) checksum() Checksum {
	if i.Version == 2 || i.ChecksumAsV2 && !i.IPv6() {
		return ChecksumMessage
	}
	return ChecksumPseudoHeader
}

// A Peer is a router that adverts are exchanged with by unicast. Its own may
// arrive with a TTL from MinTTL to MaxTTL.
type Peer struct {
	Addr           netip.Addr
	MinTTL, MaxTTL uint8
}

// AuthType is the authentication type field of a VRRPv2 advert (RFC 2338
// section 5.3.6).
type AuthType uint8

// The types that adverts carry. RFC 3768 removed all but AuthNone.
const (
	AuthNone     AuthType = 0
	AuthPassword AuthType = 1
	AuthAH       AuthType = 2
)

// Auth is what adverts are authenticated with.
type Auth struct {
	Type AuthType
	// Password has 8 bytes at the most.
	Password secret.Secret
}

// String returns the type as the keyword auth_type has it.
func (t AuthType) String() string {
	switch t {
	case AuthNone:
		return "none"
	case AuthPassword:
		return "PASS"
	case AuthAH:
		return "AH"
	}
	return "unknown"
}

// data is the password as an advert carries it: padded with zeros.
func (a *Auth) data() (d AuthData) {
	copy(d[:], a.Password.Reveal())
	return d
}

// An Address is a virtual address.
type Address = iproute.Address

// GARP says how often a new master announces its addresses, by gratuitous ARP or by
// unsolicited neighbour advertisements.
type GARP struct {
	// Repeat is how many times each address is announced at a time.
	Repeat int
	// Delay is the time from becoming master to the second announcement; 0
	// means that there is none.
	Delay time.Duration
	// Refresh is the time between later announcements; 0 means never.
	Refresh time.Duration
	// RefreshRepeat is Repeat for those.
	RefreshRepeat int
	// LowerPriorityRepeat and LowerPriorityDelay are Repeat and Delay for the
	// announcements after an advert of lower priority was heard as master.
	LowerPriorityRepeat int
	LowerPriorityDelay  time.Duration
	// Interval is the pause between two ARP messages on one interface, NAInterval
	// that between two neighbour advertisements.
	Interval, NAInterval time.Duration
	// Extra is the time between announcements of addresses on other interfaces
	// than the instance's, 0 for none: those on VMACs, or all if ExtraAll is set.
	Extra    time.Duration
	ExtraAll bool
}

// TrackKind says what a Track watches.
type TrackKind uint8

// What can be tracked.
const (
	TrackInterface TrackKind = iota + 1
	TrackScript
	TrackFile
	TrackProcess
	TrackBFD
	// TrackStatic is a track_group of what is static.
	TrackStatic
)

// A Track is one thing that an instance watches.
type Track struct {
	Kind TrackKind
	// Name is the interface's, or that of the script, file, process or BFD session
	// in its own block.
	Name string
	// Weight is -253 to 253, that of a file or a process -254 to 254: see
	// Change. 0 makes a failure a FAULT.
	Weight int
	// Reverse turns the sign of what the weight adds. With a weight of 0 it
	// swaps up and down.
	Reverse bool
}

// A Script is a program whose exit status instances track (vrrp_script).
type Script struct {
	Name    string
	Command command.Command
	// Interval is the time between two starts, Timeout what one run may take.
	Interval, Timeout time.Duration
	// Rise and Fall are the results in a row that change the verdict.
	Rise, Fall int
	// InitFail makes the verdict "failed" until the first result, which decides
	// alone.
	InitFail bool
}

// Notify names the programs that are run at an instance's transitions. A nil
// command is not configured.
type Notify struct {
	Master, Backup, Fault, Stop *command.Command
	// Any is run at every transition, with keepalived's four arguments
	// appended: INSTANCE or GROUP, the name, the state, the priority.
	Any *command.Command
	// MasterHeardLower is run when a master hears an advert of lower priority.
	MasterHeardLower *command.Command
	// Deleted is run when a reload drops the instance.
	Deleted *command.Command
	// NotifyDeleted runs Any with the state DELETED instead of FAULT when a reload
	// drops the instance.
	NotifyDeleted bool
}

// A SyncGroup is a set of instances that change state together.
type SyncGroup struct {
	Name    string
	Members []string
	Notify  Notify
	// Tracks are what all members depend on.
	Tracks []Track
	// Weights lets members keep the weights of what they track.
	Weights bool
	// NotifyPriority writes changes of the priority to FIFOs.
	NotifyPriority bool
	// SMTPAlert sends mails about transitions; nil leaves that to global_defs.
	SMTPAlert *bool
}

// A File holds a number that instances track (track_file).
type File struct {
	Name, Path string
	// Weight multiplies the number; 0 makes any number but 0 a FAULT.
	Weight  int
	Reverse bool
	// Init is written to a file that does not exist at the start; nil writes
	// none. Overwrite writes it in any case.
	Init      *int
	Overwrite bool
}

// A Process is counted in the table of processes (vrrp_track_process).
type Process struct {
	Name string
	// Command is the process's name, and its parameters if they count.
	Command []string
	// Match says which parameters count.
	Match ParameterMatch
	// FullCommand looks at the command line instead of the name.
	FullCommand bool
	Weight      int
	Reverse     bool
	// Quorum and Most are the least and the greatest number of processes that
	// are fine; nil is any number.
	Quorum int
	Most   *int
	// ForkDelay and TerminateDelay are the time that a change must last.
	ForkDelay, TerminateDelay time.Duration
}

// ParameterMatch says how the parameters of a process are compared.
type ParameterMatch uint8

// The ways.
const (
	// MatchAny compares the parameters if the Command has some.
	MatchAny ParameterMatch = iota
	// MatchExact wants those and no others.
	MatchExact
	// MatchPartial wants those, and takes more.
	MatchPartial
	// MatchInitial wants the start of the last one.
	MatchInitial
)
