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

// Sizes of a message, in bytes.
const (
	headerLen = 8
	authLen   = 8 // of version 2
	// MaxLen is the largest message: 255 IPv6 addresses.
	MaxLen = headerLen + 255*16
)

// typeAdvertisement is the only message type that there is.
const typeAdvertisement = 1

// An Advert is one VRRP advertisement, of version 2 (RFC 3768) or 3 (RFC 9568).
//
// The zero Advert is ready to be decoded into; decoding reuses Addresses, so
// that a loop which keeps one Advert allocates nothing.
type Advert struct {
	Version  uint8
	VRID     uint8
	Priority uint8
	// Interval is the sender's advert interval: in version 2 whole seconds, 1
	// to 255; in version 3 hundredths of a second, 0.01 to 40.95 s.
	Interval time.Duration
	// Checksum is what the checksum covers.
	Checksum Checksum
	// AuthType and Key are of version 2 alone. Key is the authentication data.
	AuthType  AuthType
	Key       AuthData
	Addresses []netip.Addr
}

// Checksum is what the checksum of a message is taken over. Version 2 has
// ChecksumMessage, version 3 over IPv6 ChecksumPseudoHeader. Over IPv4 version 3
// is read both ways: RFC 5798 was mostly taken to want the pseudo-header, RFC
// 9568 section 5.2.8 wants none.
type Checksum uint8

// The kinds of checksum. A message that was received may happen to be right by
// both: they are bits.
const (
	// ChecksumMessage covers the message alone.
	ChecksumMessage Checksum = 1 << iota
	// ChecksumPseudoHeader covers the addresses, the protocol and the length
	// of the IP packet too.
	ChecksumPseudoHeader
)

// String says what is covered.
func (c Checksum) String() string {
	switch c {
	case ChecksumMessage:
		return "without a pseudo-header"
	case ChecksumPseudoHeader:
		return "with a pseudo-header"
	}
	return fmt.Sprintf("checksum(%d)", uint8(c))
}

// Why a message cannot be decoded.
var (
	ErrShort    = errors.New("message is shorter than its header says")
	ErrLong     = errors.New("message is longer than its header says")
	ErrVersion  = errors.New("message is of neither version 2 nor 3")
	ErrType     = errors.New("message is not an advertisement")
	ErrChecksum = errors.New("checksum is wrong")
)

// NewAdvert returns the advert that an instance sends, all but its Priority.
func NewAdvert(i *Instance) Advert {
	a := Advert{Version: i.Version, VRID: i.VRID, Interval: i.AdvertInterval, Checksum: i.checksum()}
	if i.Version == 2 {
		a.AuthType = i.Auth.Type
	}
	if a.AuthType == AuthPassword {
		a.Key = i.Auth.data() // with any other type it must not be on the wire
	}
	for _, vip := range i.Addresses {
		a.Addresses = append(a.Addresses, vip.Prefix.Addr())
	}
	return a
}

// DecodeFromBytes reads the payload of an IP packet from src to dst as RFC 3768
// section 5.1 and RFC 9568 section 5.1 lay it out. The fields are undefined
// after an error, except that VRID is set whenever b holds one: it says whose the
// broken message was.
func (a *Advert) DecodeFromBytes(b []byte, src, dst netip.Addr) error {
	a.VRID = 0
	if len(b) < headerLen {
		return ErrShort
	}
	a.VRID, a.Version = b[1], b[0]>>4
	switch {
	case a.Version != 2 && a.Version != 3:
		return ErrVersion
	case b[0]&0xf != typeAdvertisement:
		return ErrType
	}
	size, trailer := a.layout(src)
	want := headerLen + int(b[3])*size + trailer
	switch {
	case len(b) < want:
		return ErrShort
	case len(b) > want:
		return ErrLong
	}
	if a.Checksum = a.verify(b, src, dst); a.Checksum == 0 {
		return ErrChecksum
	}
	a.fill(b, b[headerLen:want-trailer], size)
	if a.Version == 2 {
		a.Key = AuthData(b[want-trailer:])
	}
	return nil
}

// layout returns how many bytes an address has in a message from src, and how
// many stand behind all of them.
func (a *Advert) layout(src netip.Addr) (size, trailer int) {
	switch {
	case a.Version == 2:
		return 4, authLen
	case src.Is6():
		return 16, 0
	}
	return 4, 0
}

// fill reads the header, all but what says whose it is, and the addresses, of
// size bytes each.
func (a *Advert) fill(header, addresses []byte, size int) {
	a.Priority = header[2]
	a.Addresses = a.Addresses[:0]
	for p := addresses; len(p) > 0; p = p[size:] {
		if size == 4 {
			a.Addresses = append(a.Addresses, netip.AddrFrom4([4]byte(p)))
		} else {
			a.Addresses = append(a.Addresses, netip.AddrFrom16([16]byte(p)))
		}
	}
	a.Key = AuthData{}
	if a.Version == 2 {
		a.AuthType, a.Interval = AuthType(header[4]), time.Duration(header[5])*time.Second
		return
	}
	a.AuthType = AuthNone
	a.Interval = time.Duration(binary.BigEndian.Uint16(header[4:])&maxCentiseconds) * centisecond
}

// verify returns by which kinds of checksum a message is right, 0 for none.
func (a *Advert) verify(b []byte, src, dst netip.Addr) (kinds Checksum) {
	message := sum(0, b)
	if (a.Version == 2 || src.Is4()) && fold(message) == 0 {
		kinds |= ChecksumMessage
	}
	if a.Version == 3 && fold(message+pseudoHeader(src, dst, len(b))) == 0 {
		kinds |= ChecksumPseudoHeader
	}
	return kinds
}

const (
	// centisecond is the unit of version 3's interval.
	centisecond = 10 * time.Millisecond
	// maxCentiseconds is the largest: the field has 12 bits.
	maxCentiseconds = 0xfff
)

// Append appends the message, as the payload of an IP packet from src to dst, to
// b and returns the result. It fails when a field does not fit into the message.
func (a *Advert) Append(b []byte, src, dst netip.Addr) ([]byte, error) {
	if err := a.check(src); err != nil {
		return b, fmt.Errorf("encode advert: %w", err)
	}
	start := len(b)
	b = append(b, a.Version<<4|typeAdvertisement, a.VRID, a.Priority, uint8(len(a.Addresses)))
	if a.Version == 2 {
		b = append(b, uint8(a.AuthType), uint8(a.Interval/time.Second))
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(a.Interval/centisecond))
	}
	b = append(b, 0, 0)
	for _, addr := range a.Addresses {
		if addr.Is4() {
			v4 := addr.As4()
			b = append(b, v4[:]...)
		} else {
			v6 := addr.As16()
			b = append(b, v6[:]...)
		}
	}
	if a.Version == 2 {
		b = append(b, a.Key[:]...)
	}
	total := sum(0, b[start:])
	if a.Checksum == ChecksumPseudoHeader {
		total += pseudoHeader(src, dst, len(b)-start)
	}
	binary.BigEndian.PutUint16(b[start+6:], fold(total))
	return b, nil
}

// check says which field does not fit into a message from src.
func (a *Advert) check(src netip.Addr) error {
	unit, most := time.Second, time.Duration(255)
	if a.Version == 3 {
		unit, most = centisecond, maxCentiseconds
	}
	units := a.Interval / unit
	switch {
	case a.Version != 2 && a.Version != 3:
		return fmt.Errorf("version %d: %w", a.Version, ErrVersion)
	case len(a.Addresses) > 255:
		return fmt.Errorf("%d addresses, 255 fit; move some to virtual_ipaddress_excluded", len(a.Addresses))
	case units*unit != a.Interval || units < 1 || units > most:
		return fmt.Errorf("interval %v, version %d sends a multiple of %v up to %v", a.Interval, a.Version, unit, most*unit)
	case a.Version == 2 && !src.Is4():
		return fmt.Errorf("source %v, version 2 needs an IPv4 address", src)
	case a.Checksum != ChecksumMessage && a.Checksum != ChecksumPseudoHeader,
		a.Checksum == ChecksumPseudoHeader && a.Version == 2, a.Checksum == ChecksumMessage && src.Is6():
		return fmt.Errorf("version %d from %v has no checksum %v", a.Version, src, a.Checksum)
	}
	for _, addr := range a.Addresses {
		if addr.Is4() != src.Is4() {
			return fmt.Errorf("address %v is not of the family of the source %v", addr, src)
		}
	}
	return nil
}
