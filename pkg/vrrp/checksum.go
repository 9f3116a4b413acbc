package vrrp

import (
	"encoding/binary"
	"net/netip"
)

// sum adds b, in words of 16 bits, to a sum that fold makes a checksum of. It
// has room for any message.
func sum(total uint32, b []byte) uint32 {
	for ; len(b) > 1; b = b[2:] {
		total += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		total += uint32(b[0]) << 8
	}
	return total
}

// fold returns the Internet checksum of RFC 1071. Over a message that carries
// its own it is 0.
func fold(total uint32) uint16 {
	for total > 0xffff {
		total = total>>16 + total&0xffff
	}
	return ^uint16(total)
}

// pseudoHeader is the sum over what stands for the IP header of a message of
// length bytes (RFC 9568 section 5.2.8, RFC 8200 section 8.1). It is the same
// for both families: what differs is zero.
func pseudoHeader(src, dst netip.Addr, length int) uint32 {
	total := uint32(length + Protocol)
	for _, a := range [2]netip.Addr{src, dst} {
		if a.Is4() {
			v4 := a.As4()
			total = sum(total, v4[:])
		} else if a.Is6() {
			v6 := a.As16()
			total = sum(total, v6[:])
		}
	}
	return total
}
