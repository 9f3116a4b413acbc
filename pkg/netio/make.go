package netio

import "net/netip"

// MakePacket returns a packet as Receive would fill it in, for the fake sockets
// of those who use this package.
func MakePacket(payload []byte, src, dst netip.Addr, ttl uint8) Packet {
	p := Packet{Src: src, Dst: dst, TTL: ttl, Protocol: protocolVRRP}
	p.end = copy(p.buf[:], payload)
	return p
}
