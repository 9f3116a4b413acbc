package netio

import (
	"encoding/binary"
	"net/netip"
	"time"
)

const (
	// protocolVRRP is the IP protocol number of adverts (RFC 9568 section
	// 5.1.1.4).
	protocolVRRP = 112

	protocolAH = 51 // what version 2 may come in (RFC 2402)

	// tosInternetControl is the type of service of adverts: precedence 6.
	tosInternetControl = 0xc0

	headerLen = 20 // of an IPv4 header without options
)

// putHeader writes the IPv4 header of an advert with a payload of size bytes,
// as keepalived sends it: no flags, counting identification. The kernel fills
// in the checksum (raw(7), IP_HDRINCL). b has headerLen bytes at least.
func putHeader(b []byte, id uint16, src, dst netip.Addr, ttl, protocol uint8, size int) {
	b[0] = 4<<4 | headerLen/4
	b[1] = tosInternetControl
	binary.BigEndian.PutUint16(b[2:], uint16(headerLen+size))
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], 0)
	b[8] = ttl
	b[9] = protocol
	binary.BigEndian.PutUint16(b[10:], 0)
	s, d := src.As4(), dst.As4()
	copy(b[12:], s[:])
	copy(b[16:], d[:])
}

// A Packet is one received IP packet. It is large and meant to be reused:
// Receive overwrites it, and with it what Payload returned.
type Packet struct {
	Src, Dst netip.Addr
	TTL      uint8 // over IPv6 the hop limit
	// Protocol is that of the payload, and ID the identification in an IPv4 header.
	Protocol uint8
	ID       uint16
	// IfIndex is the interface that the packet came in on.
	IfIndex int
	// Age is how long before it was read the kernel had taken it in, at most
	// maxAge.
	Age time.Duration

	buf        [maxPacket]byte
	start, end int // of the payload in buf
}

// maxPacket holds any advert: 255 IPv6 addresses, the headers and authentication. Of a
// longer packet the rest is lost.
const maxPacket = 4352

// maxAge bounds Packet.Age: what has waited for longer has done so because this
// machine stood still, and then the time of its arrival says little of what came
// after it; or the clock that tells was set in between.
const maxAge = 50 * time.Millisecond

// Payload is what follows the IP header, its options included. It is part of p.
func (p *Packet) Payload() []byte { return p.buf[p.start:p.end] }

// sound says whether the n bytes in buf are a packet as VRRP sends it and the
// kernel delivers it: whole, in one fragment, without options, its header's
// checksum right (RFC 1122 section 3.2.1).
func (p *Packet) sound(n int) bool {
	if n < headerLen || n > len(p.buf) {
		return false
	}
	b := p.buf[:headerLen]
	size := int(binary.BigEndian.Uint16(b[2:]))
	fragment := binary.BigEndian.Uint16(b[6:]) &^ dontFragment
	var sum uint32
	for i := 0; i < headerLen; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	sum = sum>>16 + sum&0xffff
	return b[0] == 4<<4|headerLen/4 && size >= headerLen && size <= n && fragment == 0 && uint16(sum+sum>>16) == 0xffff
}

const dontFragment = 0x4000 // a flag in the header

// parse takes the header of the n bytes in buf apart and reports whether it is
// a whole IPv4 header.
func (p *Packet) parse(n int) bool {
	b := p.buf[:min(n, len(p.buf))]
	if len(b) < headerLen || b[0]>>4 != 4 {
		return false
	}
	start := int(b[0]&0x0f) * 4
	end := min(int(binary.BigEndian.Uint16(b[2:])), len(b))
	if start < headerLen || end < start {
		return false
	}
	p.start, p.end = start, end
	p.TTL, p.Protocol, p.ID = b[8], b[9], binary.BigEndian.Uint16(b[4:])
	p.Src = netip.AddrFrom4([4]byte(b[12:16]))
	p.Dst = netip.AddrFrom4([4]byte(b[16:20]))
	return true
}
