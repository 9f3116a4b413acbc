package vrrp

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/subtle"
	"encoding/binary"
	"hash"
	"net/netip"
)

// AHLen is the length of the authentication header of an advert in bytes.
const AHLen = ahFixed + icvLen

const (
	icvLen     = 12 // HMAC-MD5-96 (RFC 2403)
	ipv4Header = 20 // without options
	ahSize     = AHLen/4 - 2
)

// An IPHeader is what an authentication header covers of the IPv4 header before it.
type IPHeader struct {
	ID       uint16
	TTL      uint8
	Src, Dst netip.Addr
}

// AHIdentification is the identification of the IP packet with a sequence number. It
// is never 0: the kernel puts in another one for that (raw(7)), which would not be
// the one that is covered.
func AHIdentification(sequence uint32) uint16 { return max(uint16(sequence), 1) }

// An AHSigner makes authentication headers with one password, and verifies them, as
// keepalived does: HMAC-MD5-96 over the IP header, in which what routers may change
// counts as zero, the authentication header and the message. The TTL counts as zero
// by unicast alone. It is for one goroutine at a time, and allocates nothing once it
// was used.
type AHSigner struct {
	mac hash.Hash

	// What the hash is given and gives; kept, for it would be allocated for
	// each call.
	head [ipv4Header + AHLen]byte
	sum  [md5.Size]byte
}

// NewAHSigner returns a signer for the password of a.
func NewAHSigner(a Auth) *AHSigner {
	key := a.data()
	return &AHSigner{mac: hmac.New(md5.New, key[:])}
}

// Append appends to b a message within an authentication header: the payload of an
// IP packet with that header and without options.
func (s *AHSigner) Append(b, message []byte, sequence uint32, ip IPHeader) []byte {
	h := s.header(ip, len(message))
	h[0], h[1] = Protocol, ahSize
	binary.BigEndian.PutUint32(h[4:], spi(ip.Src))
	binary.BigEndian.PutUint32(h[8:], sequence)
	b = append(b, h[:ahFixed]...)
	b = append(b, s.icv(message)...)
	return append(b, message...)
}

// Verify says whether the payload of an IP packet with that header was made with the
// signer's password. How long it takes says nothing about that.
func (s *AHSigner) Verify(payload []byte, ip IPHeader) bool {
	if len(payload) < AHLen {
		return false
	}
	message := payload[AHLen:]
	copy(s.header(ip, len(message)), payload[:ahFixed])
	return subtle.ConstantTimeCompare(s.icv(message), payload[ahFixed:AHLen]) == 1
}

// header writes the IP header of a packet with a message of size bytes, and returns
// the room for the authentication header behind it, all zeros.
func (s *AHSigner) header(ip IPHeader, size int) []byte {
	clear(s.head[:])
	s.head[0] = 4<<4 | ipv4Header/4
	binary.BigEndian.PutUint16(s.head[2:], uint16(len(s.head)+size))
	binary.BigEndian.PutUint16(s.head[4:], ip.ID)
	if ip.Dst.IsMulticast() {
		s.head[8] = ip.TTL
	}
	s.head[9] = ProtocolAH
	binary.BigEndian.PutUint32(s.head[12:], spi(ip.Src))
	binary.BigEndian.PutUint32(s.head[16:], spi(ip.Dst))
	return s.head[ipv4Header:]
}

// icv returns the authentication data of what header wrote and a message.
func (s *AHSigner) icv(message []byte) []byte {
	s.mac.Reset()
	// A hash returns no errors.
	s.mac.Write(s.head[:])
	s.mac.Write(message)
	return s.mac.Sum(s.sum[:0])[:icvLen]
}
