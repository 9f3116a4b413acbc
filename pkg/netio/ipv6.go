package netio

import (
	"encoding/binary"
	"net/netip"
)

const (
	header6Len  = 40 // of an IPv6 header
	fragmentLen = 8  // of the header of a fragment

	nextFragment = 44 // what announces that (RFC 8200 section 4.5)
)

// putHeader6 writes an IPv6 header as keepalived sends it, but for the flow label,
// which is 0: a payload of size bytes follows that begins with what next says. b
// has header6Len bytes at least.
func putHeader6(b []byte, src, dst netip.Addr, hopLimit, next uint8, size int) {
	binary.BigEndian.PutUint32(b, 6<<28|tosInternetControl<<20)
	putLength6(b, size)
	b[6], b[7] = next, hopLimit
	s, d := src.As16(), dst.As16()
	copy(b[8:], s[:])
	copy(b[24:], d[:])
}

// putLength6 writes the length of what follows an IPv6 header.
func putLength6(b []byte, size int) { binary.BigEndian.PutUint16(b[4:], uint16(size)) }

// putFragment writes the header of a fragment (RFC 8200 section 4.5): where it
// belongs in the payload, in bytes, and whether more follow. b has fragmentLen
// bytes at least.
func putFragment(b []byte, id uint32, offset int, more bool) {
	field := uint16(offset) // counts eight bytes, in the upper 13 bits
	if more {
		field |= 1
	}
	b[0], b[1] = protocolVRRP, 0
	binary.BigEndian.PutUint16(b[2:], field)
	binary.BigEndian.PutUint32(b[4:], id)
}

// parse6 takes the n bytes in buf apart and reports whether they are a whole IPv6
// packet as VRRP sends it: in one fragment, without extension headers.
func (p *Packet) parse6(n int) bool {
	if n < header6Len || n > len(p.buf) {
		return false
	}
	b := p.buf[:n]
	size := int(binary.BigEndian.Uint16(b[4:]))
	if b[0]>>4 != 6 || b[6] != protocolVRRP || size > n-header6Len {
		return false
	}
	p.start, p.end = header6Len, header6Len+size
	p.TTL, p.Protocol, p.ID = b[7], protocolVRRP, 0
	p.Src = netip.AddrFrom16([16]byte(b[8:24]))
	p.Dst = netip.AddrFrom16([16]byte(b[24:40]))
	return true
}
