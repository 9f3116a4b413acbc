package flood

import (
	"net/netip"
	"slices"
)

var (
	group6 = netip.MustParseAddr("ff02::12")
	vips6  = []netip.Addr{netip.MustParseAddr("fe80::16"), netip.MustParseAddr("2001:db8::16")}
)

// broken6 would depose a master of IPv6, but for one thing.
func broken6(g *generator) *packet {
	list := vips6
	kind := g.IntN(8)
	switch kind {
	case 0: // another address
		list = []netip.Addr{vips6[0], g.addr6()}
	case 1: // one is missing
		list = vips6[:1]
	}
	p := &packet{src: g.router6(), dst: group6, ttl: 255, protocol: 112}
	p.message = advert3(vrid, g.weight(), centiseconds, list...)
	switch kind {
	case 2: // it has crossed a router
		p.ttl = byte(1 + g.IntN(254))
	case 3: // IPv4 addresses, of which four are as long as one of IPv6
		p.message = advert3(vrid, g.weight(), centiseconds, g.addrs(8)...)
	case 4: // cut short
		p.message = p.message[:g.IntN(len(p.message))]
	case 5: // something behind its end
		p.message = append(p.message, g.bytes(1+g.IntN(1000))...)
	case 6: // the version that has no IPv6
		p.message = advert2(vrid, g.weight(), 1, vips6...)
	}
	p.sign(true)
	if kind == 7 { // changed on its way
		size := len(p.message)
		for p.messageSum(true) == 0 {
			p.message[g.IntN(size)] ^= 1 << g.IntN(8)
		}
	}
	return p
}

// router6 is the link-local address of another router. Most are higher than the
// master's.
func (g *generator) router6() netip.Addr {
	return netip.AddrFrom16([16]byte(slices.Concat([]byte{0xfe, 0x80, 0, 0, 0, 0, 0, 0}, []byte{0xfe}, g.bytes(7))))
}

// addr6 is any address but a virtual one.
func (g *generator) addr6() netip.Addr {
	return netip.AddrFrom16([16]byte(slices.Concat([]byte{0x20, 0x02}, g.bytes(14))))
}
