package watch

import (
	"encoding/binary"
	"net/netip"

	"github.com/kactl/kactl/pkg/vrrp"
)

// IP protocol numbers.
const (
	protoHopByHop    = 0
	protoRouting     = 43
	protoFragment    = 44
	protoICMPv6      = 58
	protoDestination = 60
)

// maxExtensions is how many extension headers an IPv6 packet may have to be
// understood.
const maxExtensions = 8

// ipv4 takes an IPv4 packet apart. Its header's checksum is not looked at: a
// packet that this host sends has none yet.
func (d *Dissector) ipv4(b []byte, p *Packet) {
	const fixed = 20
	if len(b) < fixed || b[0]>>4 != 4 {
		return
	}
	header, total := int(b[0]&0xf)*4, int(binary.BigEndian.Uint16(b[2:]))
	if header < fixed || total < header || len(b) < header {
		return
	}
	protocol := b[9]
	if protocol != vrrp.Protocol && protocol != vrrp.ProtocolAH {
		return
	}
	p.Source, p.Destination = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
	p.TTL = b[8]
	p.CutShort = len(b) < total
	payload := b[header:min(total, len(b))]

	const more, offset = 0x2000, 0x1fff
	if fragment := binary.BigEndian.Uint16(b[6:]); fragment&(more|offset) != 0 {
		d.fragment(protocol, payload, fragment&offset == 0, p)
		return
	}
	d.payload(protocol, payload, p)
}

// payload takes apart what an IP packet carries.
func (d *Dissector) payload(protocol uint8, b []byte, p *Packet) {
	switch protocol {
	case vrrp.Protocol:
		d.advert(b, p)
	case vrrp.ProtocolAH:
		d.authenticated(b, p)
	}
}

// fragment takes a fragment of an IP packet apart. Of an advert it has a part
// alone, if the checksum of that should be right by accident.
func (d *Dissector) fragment(protocol uint8, b []byte, first bool, p *Packet) {
	if first {
		d.payload(protocol, b, p)
	} else if protocol == vrrp.Protocol {
		p.Kind = Advert
		p.Advert = vrrp.Advert{Addresses: p.Advert.Addresses[:0]}
	}
	if p.Kind == Advert {
		p.Fragment, p.Fault, p.HMAC = true, vrrp.RejectShort, nil
		p.Advert.Refuse()
	}
}

// ipv6 takes an IPv6 packet apart.
func (d *Dissector) ipv6(b []byte, p *Packet) {
	const fixed = 40
	if len(b) < fixed || b[0]>>4 != 6 {
		return
	}
	p.Source, p.Destination = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
	p.TTL = b[7]
	total := int(binary.BigEndian.Uint16(b[4:]))
	p.CutShort = len(b)-fixed < total
	next, payload := b[6], b[fixed:min(fixed+total, len(b))]
	for range maxExtensions {
		switch next {
		case protoICMPv6:
			neighbour(payload, p)
			return
		case protoHopByHop, protoRouting, protoDestination:
			if len(payload) < 8 || len(payload) < 8+int(payload[1])*8 {
				return
			}
			next, payload = payload[0], payload[8+int(payload[1])*8:]
		case protoFragment:
			if len(payload) < 8 {
				return
			}
			if f := binary.BigEndian.Uint16(payload[2:]); f&^6 != 0 {
				d.fragment(payload[0], payload[8:], f>>3 == 0, p)
				return
			}
			next, payload = payload[0], payload[8:] // the only one
		default:
			d.payload(next, payload, p)
			return
		}
	}
}

// neighbour takes an ICMPv6 message apart.
func neighbour(b []byte, p *Packet) {
	const (
		fixed         = 24
		advertisement = 136
		solicited     = 0x40
		targetLink    = 2 // option
	)
	// RFC 4861 section 7.1.2: no router may have been between.
	if len(b) < fixed || b[0] != advertisement || b[1] != 0 || b[4]&solicited != 0 || p.TTL != 255 {
		return
	}
	p.Kind = UnsolicitedNA
	p.Announced = netip.AddrFrom16([16]byte(b[8:]))
	p.Claimant = p.SourceMAC
	for o := b[fixed:]; len(o) >= 8 && o[1] > 0 && len(o) >= int(o[1])*8; o = o[int(o[1])*8:] {
		if n := int(o[1])*8 - 2; o[0] == targetLink {
			// An Ethernet address fills its option; one of another link may
			// have zeros behind it.
			p.Claimant = append(p.store.claimant[:0], o[2:2+min(n, max(len(p.SourceMAC), 6), maxMAC)]...)
			return
		}
	}
}
