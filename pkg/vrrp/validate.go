package vrrp

import (
	"crypto/subtle"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// RejectReason says which check a message failed (RFC 9568 section 7.1, RFC
// 3768 section 7.1).
type RejectReason uint8

// The checks, those of the decoder first.
const (
	Accepted RejectReason = iota
	RejectShort
	RejectLong
	RejectVersion
	RejectType
	RejectChecksum
	// RejectChecksumKind: it is right by the other kind of checksum.
	RejectChecksumKind
	RejectTTL
	// RejectSource: the sender is none of the unicast peers.
	RejectSource
	RejectAuthType
	RejectPassword
	// RejectNoAH: it came without an authentication header. The next three are of
	// that header: the index of the sender, a number that was used before, and the
	// authentication data.
	RejectNoAH
	RejectSPI
	RejectSequence
	RejectICV
	// RejectUnsigned: it is not signed, as auth_hmac wants it. The next ones are of
	// the signature: it is none, of a key that is not known, too old or too new,
	// wrong, or one of before.
	RejectUnsigned
	RejectTrailer
	RejectKey
	RejectTime
	RejectSignature
	RejectReplay
	RejectInterval
	RejectAddressCount
	RejectAddress

	// RejectReasons is how many there are, Accepted included.
	RejectReasons
)

// String names the check that failed.
func (r RejectReason) String() string {
	switch r {
	case Accepted:
		return "none"
	case RejectShort:
		return "too short"
	case RejectLong:
		return "too long"
	case RejectVersion:
		return "version"
	case RejectType:
		return "type"
	case RejectChecksum:
		return "checksum"
	case RejectChecksumKind:
		return "kind of checksum"
	case RejectTTL:
		return "TTL"
	case RejectSource:
		return "not a unicast peer"
	case RejectAuthType:
		return "authentication type"
	case RejectPassword:
		return "password"
	case RejectNoAH:
		return "no authentication header"
	case RejectSPI:
		return "security parameters index"
	case RejectSequence:
		return "sequence number"
	case RejectICV:
		return "authentication data"
	case RejectUnsigned:
		return "not signed"
	case RejectTrailer:
		return "no signature"
	case RejectKey:
		return "unknown key"
	case RejectTime:
		return "time of the signature"
	case RejectSignature:
		return "signature"
	case RejectReplay:
		return "replayed signature"
	case RejectInterval:
		return "advert interval"
	case RejectAddressCount:
		return "number of addresses"
	case RejectAddress:
		return "addresses"
	}
	return fmt.Sprintf("check(%d)", uint8(r))
}

// Malformed returns the reason that stands for an error of DecodeFromBytes.
func Malformed(err error) RejectReason {
	switch err {
	case nil:
		return Accepted
	case ErrLong:
		return RejectLong
	case ErrVersion:
		return RejectVersion
	case ErrType:
		return RejectType
	case ErrChecksum:
		return RejectChecksum
	}
	return RejectShort
}

// A Reject is the result of the checks of a message. Got and Want are what was
// received and expected, in the unit of the field; Addr is the address that was
// missed.
type Reject struct {
	Reason    RejectReason
	Got, Want int
	Addr      netip.Addr
	VRID      uint8
}

// authentic says that whoever sent the message shares the secret: it was refused for its
// number alone, or is one of before.
func (r Reject) authentic() bool { return r.Reason == RejectSequence || r.Reason == RejectReplay }

// String words the result as keepalived's log does, where it has words for it.
// It shows no password.
func (r Reject) String() string {
	switch r.Reason {
	case Accepted:
		return "accepted"
	case RejectShort:
		return ErrShort.Error()
	case RejectLong:
		return ErrLong.Error()
	case RejectVersion:
		return fmt.Sprintf("wrong version. Received %d and expect %d", r.Got, r.Want)
	case RejectType:
		return ErrType.Error()
	case RejectChecksum:
		return fmt.Sprintf("Invalid VRRPv%d checksum", r.Got)
	case RejectChecksumKind:
		return fmt.Sprintf("Invalid VRRPv3 checksum: it is one %v, ours is one %v; %s v3_checksum_as_v2 here, or change the sender",
			Checksum(r.Got), Checksum(r.Want), map[bool]string{true: "remove", false: "add"}[Checksum(r.Want) == ChecksumMessage])
	case RejectTTL:
		return fmt.Sprintf("invalid TTL/HL. Received %d and expect %d", r.Got, r.Want)
	case RejectSource:
		return "unicast source address not a unicast peer"
	case RejectAuthType:
		return fmt.Sprintf("received a %d auth, expecting %d!", r.Got, r.Want)
	case RejectPassword:
		return "received an invalid passwd!"
	case RejectNoAH:
		return "received an advert without an authentication header"
	case RejectSPI:
		return fmt.Sprintf("IPSEC AH : invalid IPSEC SPI value. %d and expect %d", uint32(r.Got), uint32(r.Want))
	case RejectSequence:
		return fmt.Sprintf("IPSEC-AH : sequence number %d already processed. Packet dropped. Local(%d)", uint32(r.Got), uint32(r.Want))
	case RejectICV:
		return "IPSEC-AH : invalid IPSEC HMAC-MD5 value. Due to fields mutation or bad password !"
	case RejectUnsigned:
		return "received an advert without a signature (auth_hmac, mode enforce)"
	case RejectTrailer:
		return ErrHMACTrailer.Error()
	case RejectKey:
		return fmt.Sprintf("received a signature of key %d, which auth_hmac does not have", r.Got)
	case RejectTime:
		return fmt.Sprintf("received a signature from %d s %s, time_window is %d s: are the clocks of both routers right?",
			max(r.Got, -r.Got), map[bool]string{true: "ahead", false: "ago"}[r.Got > 0], r.Want)
	case RejectSignature:
		return fmt.Sprintf("received a wrong signature of key %d: is the key the same on both routers?", r.Got)
	case RejectReplay:
		return "received a signature that is not newer than the last one of this sender"
	case RejectInterval:
		if r.Want == 0 {
			return "received an advert interval of 0"
		}
		return fmt.Sprintf("advertisement interval mismatch mine=%d sec rcv'd=%d sec", r.Want, r.Got)
	case RejectAddressCount:
		return fmt.Sprintf("received an unexpected ip number count %d, expected %d!", r.Got, r.Want)
	case RejectAddress:
		return fmt.Sprintf("ip address associated with VRID %d not present in MASTER advert: %v", r.VRID, r.Addr)
	}
	return "rejected"
}

// multicastTTL is what an advert must arrive with: it has crossed no router.
const multicastTTL = 255

// validate checks a message. What the decoder found goes before all else.
func (m *Machine) validate(ev *Event) Reject {
	a := ev.Advert
	version := Reject{Reason: RejectVersion, Got: int(a.Version), Want: int(m.cfg.Version)}
	switch {
	case ev.Malformed == RejectChecksum:
		return Reject{Reason: RejectChecksum, Got: int(a.Version)}
	case ev.Malformed == RejectVersion:
		return version
	case ev.Malformed != Accepted:
		return Reject{Reason: ev.Malformed}
	}
	if r := m.validateSender(ev); r.Reason != Accepted {
		return r
	}
	if a.Version != m.cfg.Version {
		return version
	}
	if r := m.authenticate(ev); r.Reason != Accepted {
		return r
	}
	if want := m.cfg.checksum(); a.Checksum&want == 0 {
		return Reject{Reason: RejectChecksumKind, Got: int(a.Checksum), Want: int(want)}
	}
	// A repeated advert of the master that was checked before is waved through.
	if !m.cfg.SkipAddressCheck || ev.From != m.master {
		if r := m.validateAddresses(a); r.Reason != Accepted {
			return r
		}
	}
	switch {
	case a.Version == 2:
		return m.validateVersion2(a)
	case a.Interval == 0:
		return Reject{Reason: RejectInterval} // nobody can wait for that
	}
	return Reject{}
}

// validateSender checks where an advert comes from and how far.
func (m *Machine) validateSender(ev *Event) Reject {
	if len(m.cfg.Peers) == 0 {
		if ev.TTL != multicastTTL {
			return Reject{Reason: RejectTTL, Got: int(ev.TTL), Want: multicastTTL}
		}
		return Reject{}
	}
	// By unicast it may have crossed routers.
	n := slices.IndexFunc(m.cfg.Peers, func(p Peer) bool { return p.Addr == ev.From })
	if n < 0 {
		if m.cfg.PeersOnly {
			return Reject{Reason: RejectSource}
		}
		return Reject{}
	}
	switch p := m.cfg.Peers[n]; {
	case ev.TTL < p.MinTTL:
		return Reject{Reason: RejectTTL, Got: int(ev.TTL), Want: int(p.MinTTL)}
	case ev.TTL > p.MaxTTL:
		return Reject{Reason: RejectTTL, Got: int(ev.TTL), Want: int(p.MaxTTL)}
	}
	return Reject{}
}

func (m *Machine) validateAddresses(a *Advert) Reject {
	carried := m.cfg.Addresses[:m.carried()]
	if got, want := len(a.Addresses), len(carried); got != want {
		if m.cutElsewhere(a) {
			return Reject{}
		}
		return Reject{Reason: RejectAddressCount, Got: got, Want: want}
	}
	for i := range carried {
		want := m.cfg.Addresses[i].Prefix.Addr()
		// Routers mostly list them in one order.
		if a.Addresses[i] != want && !slices.Contains(a.Addresses, want) {
			return Reject{Reason: RejectAddress, Addr: want, VRID: m.cfg.VRID}
		}
	}
	return Reject{}
}

// validateVersion2 checks what version 3 has not.
func (m *Machine) validateVersion2(a *Advert) Reject {
	switch {
	case a.AuthType != m.cfg.Auth.Type:
		return Reject{Reason: RejectAuthType, Got: int(a.AuthType), Want: int(m.cfg.Auth.Type)}
	case a.AuthType == AuthPassword && !samePassword(a.Key, m.cfg.Auth.data()):
		return Reject{Reason: RejectPassword}
	case a.Interval != m.cfg.AdvertInterval:
		return Reject{Reason: RejectInterval, Got: int(a.Interval / time.Second), Want: int(m.cfg.AdvertInterval / time.Second)}
	}
	return Reject{}
}

// samePassword takes the same time whatever they are.
func samePassword(a, b AuthData) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }
