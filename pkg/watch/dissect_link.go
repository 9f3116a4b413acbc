package watch

import (
	"encoding/binary"

	"github.com/kactl/kactl/pkg/netio"
)

// Types of what is in a frame (IEEE 802 numbers).
const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
	etherVLAN = 0x8100
	etherIPv6 = 0x86dd
	etherQinQ = 0x88a8
	etherOld  = 0x9100 // what switches wrote before 802.1ad
	etherOld2 = 0x9200
)

const (
	// maxTags is how many VLAN tags a frame may have to be understood.
	maxTags = 4
	// maxMAC is the longest link-layer address, in bytes: InfiniBand's.
	maxMAC = 20
)

// link takes the link-layer header off and returns the type of what is behind
// it, 0 if that is of no interest.
func link(t netio.LinkType, b []byte, p *Packet) (kind uint16, rest []byte) {
	switch t {
	case netio.LinkEthernet:
		return ethernet(b, p)
	case netio.LinkSLL:
		return sll(b, p)
	case netio.LinkSLL2:
		return sll2(b, p)
	case netio.LinkRaw, netio.LinkRaw12, netio.LinkRaw14, netio.LinkIPv4, netio.LinkIPv6:
		return version(b), b
	case netio.LinkNull, netio.LinkLoop:
		// The number of IPv6 is not the same everywhere, and the byte order
		// neither: the packet itself tells.
		if len(b) < 4 {
			return 0, nil
		}
		return version(b[4:]), b[4:]
	}
	return 0, nil
}

func ethernet(b []byte, p *Packet) (kind uint16, rest []byte) {
	const header = 14
	if len(b) < header {
		return 0, nil
	}
	p.SourceMAC = append(p.store.source[:0], b[6:12]...)
	return binary.BigEndian.Uint16(b[12:]), b[header:]
}

// The two headers that Linux makes up where there is none to show.

func sll(b []byte, p *Packet) (kind uint16, rest []byte) {
	const header = 16
	if len(b) < header {
		return 0, nil
	}
	sender(b[6:14], int(binary.BigEndian.Uint16(b[4:])), p)
	return binary.BigEndian.Uint16(b[14:]), b[header:]
}

func sll2(b []byte, p *Packet) (kind uint16, rest []byte) {
	const header = 20
	if len(b) < header {
		return 0, nil
	}
	sender(b[12:20], int(b[11]), p)
	return binary.BigEndian.Uint16(b), b[header:]
}

// sender sets the sender's address, of which a field may hold but the beginning.
func sender(field []byte, length int, p *Packet) {
	if length > 0 {
		p.SourceMAC = append(p.store.source[:0], field[:min(length, len(field))]...)
	}
}

// version tells by the first byte of an IP packet what it is.
func version(b []byte) (kind uint16) {
	switch {
	case len(b) == 0:
		return 0
	case b[0]>>4 == 4:
		return etherIPv4
	case b[0]>>4 == 6:
		return etherIPv6
	}
	return 0
}

// untag takes VLAN tags off.
func untag(kind uint16, b []byte, p *Packet) (uint16, []byte) {
	for range maxTags {
		switch kind {
		default:
			return kind, b
		case etherVLAN, etherQinQ, etherOld, etherOld2:
		}
		if len(b) < 4 {
			return 0, nil
		}
		if id := binary.BigEndian.Uint16(b) & 0xfff; id != 0 {
			p.VLANs = append(p.VLANs, id)
		}
		kind, b = binary.BigEndian.Uint16(b[2:]), b[4:]
	}
	return kind, b
}
