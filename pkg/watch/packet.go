package watch

import (
	"net"
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A Packet is one frame that was captured, taken apart as far as it goes: a
// VRRP advert, whatever is wrong with it, or an announcement of an address (ARP
// or neighbour discovery). It is large and meant to be reused: the dissector
// overwrites it, and with it what its slices hold.
type Packet struct {
	// Time is when the frame was captured.
	Time time.Time
	// Interface is where, empty where a file does not tell.
	Interface string
	// VLANs are the VLAN identifiers that the frame was tagged with, the
	// outermost first. A tag for priority alone, which has the identifier 0, is
	// not among them.
	VLANs []uint16
	// SourceMAC is the sender's link-layer address; nil where the link has none.
	SourceMAC net.HardwareAddr

	Kind Kind

	// Source and Destination are the addresses in the IP header, and TTL its
	// time to live or hop limit. They are not set for ARP.
	Source, Destination netip.Addr
	TTL                 uint8

	// Advert is set for the kind Advert.
	Advert vrrp.Advert
	// Fault is why the message is no sound advert, as far as the decoder tells;
	// vrrp.Accepted is none. With any other Advert has the version and the VRID
	// alone. What else a receiver checks (TTL, interval ...) is not judged here.
	Fault vrrp.RejectReason
	// Fragment is set where the message came in fragments of an IP packet,
	// which no VRRP router sends: the first has a header, the others nothing
	// that can be read.
	Fragment bool
	// CutShort is set where the capture kept too little of the frame: the
	// Fault RejectShort is not the sender's then.
	CutShort bool
	// AH is set where the message came within an authentication header (RFC
	// 2402); HMAC where a signature follows it (auth_hmac).
	AH   *AH
	HMAC *HMAC

	// Announced is the address that a gratuitous ARP or an unsolicited
	// neighbour advertisement claims, and Claimant the link-layer address that
	// it is claimed for.
	Announced netip.Addr
	Claimant  net.HardwareAddr

	store store
}

// store is the memory that a packet's slices and pointers show.
type store struct {
	vlans            [maxTags]uint16
	source, claimant [maxMAC]byte
	ah               AH
	hmac             HMAC
}

// Kind is what a packet is.
type Kind uint8

// The kinds.
const (
	// Other is of no interest: it passed a filter by accident.
	Other Kind = iota
	Advert
	// GratuitousARP is an ARP request or reply over IPv4 whose sender and
	// target address are the same (RFC 5227 section 3).
	GratuitousARP
	// UnsolicitedNA is a neighbour advertisement without the solicited flag
	// (RFC 4861 section 7.2.6).
	UnsolicitedNA
)

// An AH is what is to be told of an authentication header.
type AH struct {
	SPI, Sequence uint32
}

// An HMAC is the signature behind an advert.
type HMAC struct {
	KeyID uint8
	// Stamp is the sender's clock, and Counter grows where that does not.
	Stamp   time.Time
	Counter uint16
	Verdict Verdict
}

// Verdict is what verifying a signature gave.
type Verdict uint8

// The verdicts.
const (
	// Unverified: no key of that id is known.
	Unverified Verdict = iota
	Valid
	Forged
)
