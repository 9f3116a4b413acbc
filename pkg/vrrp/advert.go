package vrrp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Protocol is the IP protocol number of VRRP.
const Protocol = 112

// Sizes of a VRRPv2 message, in bytes.
const (
	headerLen = 8
	authLen   = 8
	// MaxLen is the largest message: 255 addresses.
	MaxLen = headerLen + 255*4 + authLen
)

// typeAdvertisement is the only message type that there is.
const typeAdvertisement = 1

// An Advert is one VRRP advertisement.
//
// The zero Advert is ready to be decoded into; decoding reuses Addresses, so
// that a loop which keeps one Advert allocates nothing.
type Advert struct {
	Version  uint8
	VRID     uint8
	Priority uint8
	AuthType AuthType
	// Interval is the sender's advert interval: whole seconds, at most 255.
	Interval time.Duration
	// Key is the authentication data, sent as it is. It is a secret.
	Key       [authLen]byte
	Addresses []netip.Addr
}

// Why a message cannot be decoded.
var (
	ErrShort    = errors.New("message is shorter than its header says")
	ErrLong     = errors.New("message is longer than its header says")
	ErrVersion  = errors.New("message is not of version 2")
	ErrType     = errors.New("message is not an advertisement")
	ErrChecksum = errors.New("checksum is wrong")
)

// NewAdvert returns the advert that an instance sends, all but its Priority.
func NewAdvert(i *Instance) Advert {
	a := Advert{Version: 2, VRID: i.VRID, AuthType: i.Auth.Type, Interval: i.AdvertInterval}
	if i.Auth.Type == AuthPassword {
		a.Key = i.Auth.Key // with any other type it must not be on the wire
	}
	for _, vip := range i.Addresses {
		a.Addresses = append(a.Addresses, vip.Prefix.Addr())
	}
	return a
}

// DecodeFromBytes reads a message as RFC 3768 section 5.1 lays it out, without
// the IP header. The fields are undefined after an error, except that VRID is
// set whenever b holds one: it says whose the broken message was.
func (a *Advert) DecodeFromBytes(b []byte) error {
	a.VRID = 0
	if len(b) < headerLen {
		return ErrShort
	}
	a.VRID = b[1]
	a.Version = b[0] >> 4
	switch {
	case a.Version != 2:
		return ErrVersion
	case b[0]&0xf != typeAdvertisement:
		return ErrType
	}
	want := headerLen + int(b[3])*4 + authLen
	switch {
	case len(b) < want:
		return ErrShort
	case len(b) > want:
		return ErrLong
	case checksum(b) != 0:
		return ErrChecksum
	}
	a.Priority = b[2]
	a.AuthType = AuthType(b[4])
	a.Interval = time.Duration(b[5]) * time.Second
	a.Addresses = a.Addresses[:0]
	for p := b[headerLen : want-authLen]; len(p) > 0; p = p[4:] {
		a.Addresses = append(a.Addresses, netip.AddrFrom4([4]byte(p)))
	}
	a.Key = [authLen]byte(b[want-authLen:])
	return nil
}

// Append appends the message to b and returns the result. It fails when a field
// does not fit into the message.
func (a *Advert) Append(b []byte) ([]byte, error) {
	seconds := a.Interval / time.Second
	switch {
	case a.Version != 2:
		return b, fmt.Errorf("encode advert of version %d: %w", a.Version, ErrVersion)
	case len(a.Addresses) > 255:
		return b, fmt.Errorf("encode advert: %d addresses, 255 fit; move some to virtual_ipaddress_excluded", len(a.Addresses))
	case seconds*time.Second != a.Interval || seconds < 1 || seconds > 255:
		return b, fmt.Errorf("encode advert: interval %v, version 2 sends 1 to 255 whole seconds", a.Interval)
	}
	start := len(b)
	b = append(b, a.Version<<4|typeAdvertisement, a.VRID, a.Priority, uint8(len(a.Addresses)),
		uint8(a.AuthType), uint8(seconds), 0, 0)
	for _, addr := range a.Addresses {
		if !addr.Is4() {
			return b[:start], fmt.Errorf("encode advert: %v is not an IPv4 address", addr)
		}
		v4 := addr.As4()
		b = append(b, v4[:]...)
	}
	b = append(b, a.Key[:]...)
	binary.BigEndian.PutUint16(b[start+6:], checksum(b[start:]))
	return b, nil
}

// checksum is the Internet checksum of RFC 1071 over b. Over a message that
// carries its own it is 0.
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
