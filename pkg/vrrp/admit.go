package vrrp

import (
	"crypto/subtle"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// RejectReason says which check an advert failed (RFC 3768 section 7.1).
type RejectReason uint8

// The checks.
const (
	Accepted RejectReason = iota
	RejectTTL
	RejectAuthType
	RejectPassword
	RejectInterval
	RejectAddressCount
	RejectAddress
)

// A Reject is the result of the checks of an advert. Got and Want are what was
// received and expected, in the unit of the field; Addr is the address that
// was missed.
type Reject struct {
	Reason    RejectReason
	Got, Want int
	Addr      netip.Addr
	VRID      uint8
}

// String words the result as keepalived's log does. It shows no password.
func (r Reject) String() string {
	switch r.Reason {
	case Accepted:
		return "accepted"
	case RejectTTL:
		return fmt.Sprintf("invalid TTL/HL. Received %d and expect %d", r.Got, r.Want)
	case RejectAuthType:
		return fmt.Sprintf("received a %d auth, expecting %d!", r.Got, r.Want)
	case RejectPassword:
		return "received an invalid passwd!"
	case RejectInterval:
		return fmt.Sprintf("advertisement interval mismatch mine=%d sec rcv'd=%d sec", r.Want, r.Got)
	case RejectAddressCount:
		return fmt.Sprintf("received an unexpected ip number count %d, expected %d!", r.Got, r.Want)
	case RejectAddress:
		return fmt.Sprintf("ip address associated with VRID %d not present in MASTER advert: %v", r.VRID, r.Addr)
	}
	return "rejected"
}

// wantTTL is what every advert must arrive with: it has crossed no router.
const wantTTL = 255

// admit checks an advert in the order that keepalived does. The version and
// the checksum were the decoder's business.
func (m *Machine) admit(ev Event) Reject {
	a := ev.Advert
	// By unicast an advert may have crossed routers.
	if len(m.cfg.Peers) == 0 && ev.TTL != wantTTL {
		return Reject{Reason: RejectTTL, Got: int(ev.TTL), Want: wantTTL}
	}
	// A repeated advert of the master that was checked before is waved through.
	if !m.cfg.SkipAddressCheck || ev.From != m.master {
		if r := m.admitAddresses(a); r.Reason != Accepted {
			return r
		}
	}
	if a.AuthType != m.cfg.Auth.Type {
		return Reject{Reason: RejectAuthType, Got: int(a.AuthType), Want: int(m.cfg.Auth.Type)}
	}
	if a.AuthType == AuthPassword && subtle.ConstantTimeCompare(a.Key[:], m.cfg.Auth.Key[:]) == 0 {
		return Reject{Reason: RejectPassword}
	}
	if a.Interval != m.cfg.AdvertInterval {
		return Reject{Reason: RejectInterval, Got: int(a.Interval / time.Second), Want: int(m.cfg.AdvertInterval / time.Second)}
	}
	return Reject{}
}

func (m *Machine) admitAddresses(a *Advert) Reject {
	if got, want := len(a.Addresses), len(m.cfg.Addresses); got != want {
		return Reject{Reason: RejectAddressCount, Got: got, Want: want}
	}
	for _, vip := range m.cfg.Addresses {
		if !slices.Contains(a.Addresses, vip.Prefix.Addr()) {
			return Reject{Reason: RejectAddress, Addr: vip.Prefix.Addr(), VRID: m.cfg.VRID}
		}
	}
	return Reject{}
}
