package flood

import (
	"math/rand/v2"
	"net/netip"
)

// What the master under the flood has.
const (
	vrid         = 51
	priority     = 150
	centiseconds = 10 // its advert interval
)

var (
	vip        = netip.MustParseAddr("203.0.113.16")
	masterAddr = netip.MustParseAddr("198.51.100.1")
	group      = netip.MustParseAddr("224.0.0.18")
)

// A generator makes packets, none of which a master may act upon. Most would
// depose it, or make it answer, but for the one fault that they have.
type generator struct {
	*rand.Rand
}

// next is a packet of a kind drawn by lot.
func (g *generator) next() *packet { return faults[g.IntN(len(faults))](g) }

// faults are the kinds of packets.
var faults = []func(*generator) *packet{
	hops, badSum, bitFlip, addressCount, wrongAddress, version2, strangeVersion, strangeType,
	truncated, tooLong, noise, otherRouter, otherProtocol, options, ipLength, ipSum, spoofed,
}

// deposing is an advert that would take the master's place.
func (g *generator) deposing() *packet {
	return g.signed(advert3(vrid, g.weight(), centiseconds, vip))
}

// weight is a priority to which the master would have to give in, or answer.
func (g *generator) weight() byte {
	if g.IntN(8) == 0 {
		return 0
	}
	return byte(priority + 1 + g.IntN(255-priority))
}

// signed is a packet with a message, whose checksum is right, from another
// router.
func (g *generator) signed(message []byte) *packet {
	p := &packet{src: g.router(), dst: group, ttl: 255, protocol: 112, message: message}
	p.sign(g.IntN(2) == 0)
	return p
}

// router is the address of another router on the segment. All are higher than
// the master's.
func (g *generator) router() netip.Addr {
	return netip.AddrFrom4([4]byte{198, 51, 100, byte(2 + g.IntN(253))})
}

func (g *generator) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return b
}

// addr is any address but the virtual one.
func (g *generator) addr() netip.Addr {
	for {
		if a := netip.AddrFrom4([4]byte(g.bytes(4))); a != vip {
			return a
		}
	}
}

func (g *generator) addrs(n int) []netip.Addr {
	list := make([]netip.Addr, n)
	for i := range list {
		list[i] = g.addr()
	}
	return list
}

// hops has crossed a router.
func hops(g *generator) *packet {
	p := g.deposing()
	p.ttl = byte(1 + g.IntN(254))
	return p
}

// badSum has any checksum but the right one.
func badSum(g *generator) *packet {
	p := g.deposing()
	for p.signed() {
		copy(p.message[6:], g.bytes(2))
	}
	return p
}

// bitFlip has one bit changed on its way.
func bitFlip(g *generator) *packet {
	p := g.deposing()
	for p.signed() {
		p.message[g.IntN(len(p.message))] ^= 1 << g.IntN(8)
	}
	return p
}

// addressCount has none of the addresses, or too many.
func addressCount(g *generator) *packet {
	list := g.addrs(g.IntN(255))
	if len(list) > 0 {
		list = append(list, vip)
	}
	return g.signed(advert3(vrid, g.weight(), centiseconds, list...))
}

// wrongAddress has another address.
func wrongAddress(g *generator) *packet {
	return g.signed(advert3(vrid, g.weight(), centiseconds, g.addr()))
}

// version2 is right in the version that the master does not speak.
func version2(g *generator) *packet {
	p := g.signed(advert2(vrid, g.weight(), 1, vip))
	p.sign(false)
	return p
}

func strangeVersion(g *generator) *packet {
	p := g.deposing()
	for p.message[0]>>4 == 2 || p.message[0]>>4 == 3 {
		p.message[0] = byte(g.IntN(16))<<4 | 1
	}
	p.sign(g.IntN(2) == 0)
	return p
}

func strangeType(g *generator) *packet {
	p := g.deposing()
	for p.message[0]&0xf == 1 {
		p.message[0] = 3<<4 | byte(g.IntN(16))
	}
	p.sign(g.IntN(2) == 0)
	return p
}

// truncated ends too early, with the checksum of what is left.
func truncated(g *generator) *packet {
	p := g.deposing()
	p.message = p.message[:g.IntN(len(p.message))]
	p.sign(g.IntN(2) == 0)
	return p
}

// tooLong has something behind its end.
func tooLong(g *generator) *packet {
	p := g.deposing()
	p.message = append(p.message, g.bytes(1+g.IntN(1400))...)
	p.sign(g.IntN(2) == 0)
	return p
}

// noise is no advert at all, half the time for our virtual router.
func noise(g *generator) *packet {
	p := g.signed(nil)
	p.message = g.bytes(g.IntN(1480))
	if len(p.message) > 1 && g.IntN(2) == 0 {
		p.message[0], p.message[1] = 3<<4|1, vrid
	}
	for len(p.message) > 0 && p.signed() {
		p.message[len(p.message)-1]++
	}
	return p
}

// otherRouter is right, but for another virtual router.
func otherRouter(g *generator) *packet {
	id := byte(vrid)
	for id == vrid {
		id = byte(g.IntN(256))
	}
	if g.IntN(2) == 0 {
		return g.signed(advert3(id, g.weight(), uint16(g.IntN(4096)), g.addrs(g.IntN(20))...))
	}
	p := g.signed(advert2(id, g.weight(), byte(g.IntN(256)), g.addrs(g.IntN(20))...))
	p.sign(false)
	return p
}

// otherProtocol is not VRRP by its IP header.
func otherProtocol(g *generator) *packet {
	p := g.deposing()
	for p.protocol == 112 {
		p.protocol = byte(g.IntN(256))
	}
	return p
}

// options has options in its IP header, good and bad ones, and has crossed a
// router.
func options(g *generator) *packet {
	p := hops(g)
	p.options = g.bytes(4 * (1 + g.IntN(10)))
	if g.IntN(2) == 0 {
		for i := range p.options {
			p.options[i] = 1 // no operation: these reach the receiver
		}
	}
	return p
}

// ipLength has an IP header that says more than there is, or less.
func ipLength(g *generator) *packet {
	p := g.deposing()
	p.lengthError = -1 - g.IntN(len(p.message)+ipLen)
	if g.IntN(2) == 0 {
		p.lengthError = 1 + g.IntN(1000)
	}
	return p
}

// ipSum has a wrong checksum in its IP header.
func ipSum(g *generator) *packet {
	p := g.deposing()
	p.checksumError = uint16(1 + g.IntN(0xfffe))
	return p
}

// spoofed says that it is from the master itself.
func spoofed(g *generator) *packet {
	p := g.deposing()
	p.src = masterAddr
	p.sign(g.IntN(2) == 0)
	return p
}
