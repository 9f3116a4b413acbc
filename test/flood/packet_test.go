package flood

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
)

// Sizes in bytes.
const (
	etherLen = 14
	ipLen    = 20
)

// A packet is an advert in the making: IP header fields, and the message.
type packet struct {
	src, dst netip.Addr
	ttl      byte
	protocol byte
	options  []byte // a multiple of 4
	message  []byte

	// These are added to the right value.
	lengthError   int
	checksumError uint16 // of the IP header
}

// appendFrame appends the packet as an Ethernet frame.
func (p *packet) appendFrame(b []byte, from, to net.HardwareAddr) []byte {
	b = append(append(b, to...), from...)
	if p.src.Is6() {
		return p.append6(b)
	}
	b = append(b, 8, 0)
	start := len(b)
	size := ipLen + len(p.options)
	b = append(b, 0x40|byte(size/4), 0xc0)
	b = binary.BigEndian.AppendUint16(b, uint16(size+len(p.message)+p.lengthError))
	b = append(b, 0, 0, 0, 0, p.ttl, p.protocol, 0, 0)
	b = append(b, p.src.AsSlice()...)
	b = append(b, p.dst.AsSlice()...)
	b = append(b, p.options...)
	binary.BigEndian.PutUint16(b[start+10:], checksum(b[start:])+p.checksumError)
	return append(b, p.message...)
}

// append6 appends the type of an Ethernet frame, and the packet over IPv6.
func (p *packet) append6(b []byte) []byte {
	b = append(b, 0x86, 0xdd, 0x6c, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(p.message)+p.lengthError))
	b = append(b, p.protocol, p.ttl)
	b = append(b, p.src.AsSlice()...)
	b = append(b, p.dst.AsSlice()...)
	return append(b, p.message...)
}

// advert3 is a message of version 3 without a checksum.
func advert3(vrid, priority byte, centiseconds uint16, addrs ...netip.Addr) []byte {
	b := []byte{3<<4 | 1, vrid, priority, byte(len(addrs)), byte(centiseconds >> 8 & 0xf), byte(centiseconds), 0, 0}
	return appendAddrs(b, addrs)
}

// advert2 is a message of version 2 without a checksum.
func advert2(vrid, priority, seconds byte, addrs ...netip.Addr) []byte {
	b := []byte{2<<4 | 1, vrid, priority, byte(len(addrs)), 0, seconds, 0, 0}
	return append(appendAddrs(b, addrs), make([]byte, 8)...)
}

func appendAddrs(b []byte, addrs []netip.Addr) []byte {
	for _, a := range addrs {
		b = append(b, a.AsSlice()...)
	}
	return b
}

// sign puts in the checksum of a message, over the pseudo-header too if pseudo
// is set: routers disagree about that in version 3 over IPv4.
func (p *packet) sign(pseudo bool) {
	if len(p.message) < 8 {
		return
	}
	p.message[6], p.message[7] = 0, 0
	binary.BigEndian.PutUint16(p.message[6:], p.messageSum(pseudo))
}

// signed tells whether the checksum is right in either way.
func (p *packet) signed() bool { return p.messageSum(false) == 0 || p.messageSum(true) == 0 }

func (p *packet) messageSum(pseudo bool) uint16 {
	if !pseudo {
		return checksum(p.message)
	}
	// RFC 8200 has longer fields of length and protocol, whose sum is the same.
	b := slices.Concat(p.src.AsSlice(), p.dst.AsSlice(), []byte{0, p.protocol, byte(len(p.message) >> 8), byte(len(p.message))}, p.message)
	return checksum(b)
}

// checksum is that of RFC 1071.
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
