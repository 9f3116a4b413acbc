package watch

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A Router tells virtual routers apart.
type Router struct {
	// Interface is where it was seen, empty where a file does not tell.
	Interface string
	// VLANs are the outer and the inner tag; 0 is none.
	VLANs [2]uint16
	IPv6  bool
	VRID  uint8
	// Unicast is the first that was seen to send where adverts go by unicast;
	// not valid with multicast.
	Unicast netip.Addr
}

// routerOf returns whom an advert is of.
func routerOf(p *Packet) Router {
	r := Router{Interface: p.Interface, IPv6: p.Source.Is6(), VRID: p.Advert.VRID}
	copy(r.VLANs[:], p.VLANs)
	return r
}

// Family is "ipv4" or "ipv6".
func (r Router) Family() string {
	if r.IPv6 {
		return "ipv6"
	}
	return "ipv4"
}

// String is how a line names it: "eth0 vlan 7 vrid 51 ipv6".
func (r Router) String() string { return string(r.append(nil)) }

func (r Router) append(b []byte) []byte {
	b = appendPlace(b, r.Interface, r.VLANs[:])
	b = append(b, "vrid "...)
	b = strconv.AppendUint(b, uint64(r.VRID), 10)
	if r.IPv6 {
		b = append(b, " ipv6"...)
	}
	return b
}

// appendPlace writes an interface and the tags on it, with a space behind each.
func appendPlace(b []byte, name string, vlans []uint16) []byte {
	if name != "" {
		b = append(escape.Append(b, name), ' ')
	}
	for _, v := range vlans {
		if v != 0 {
			b = append(b, "vlan "...)
			b = append(strconv.AppendUint(b, uint64(v), 10), ' ')
		}
	}
	return b
}

// MAC is a link-layer address; the zero one is unknown.
type MAC [6]byte

// macOf copies an address; what is no Ethernet address is unknown.
func macOf(a net.HardwareAddr) (m MAC) {
	if len(a) == len(m) {
		copy(m[:], a)
	}
	return m
}

// String is the address in hexadecimal.
func (m MAC) String() string { return net.HardwareAddr(m[:]).String() }

// virtualMAC is the address that RFC 9568 section 7.3 gives a virtual router.
func (r Router) virtualMAC() MAC {
	if r.IPv6 {
		return MAC{0x00, 0x00, 0x5e, 0x00, 0x02, r.VRID}
	}
	return MAC{0x00, 0x00, 0x5e, 0x00, 0x01, r.VRID}
}

// A Party is a machine that sends adverts, or claims an address. Only its MAC is
// known of one that claims.
type Party struct {
	Address  netip.Addr
	MAC      MAC
	Priority uint8
}

// String is the address where there is one.
func (p Party) String() string {
	if p.Address.IsValid() {
		return p.Address.String()
	}
	return p.MAC.String()
}

// long is the party with all that is known of it.
func (p Party) long() string {
	var known []string
	if p.Priority != vrrp.PriorityResign {
		known = append(known, "priority "+strconv.Itoa(int(p.Priority)))
	}
	if p.MAC != (MAC{}) {
		known = append(known, p.MAC.String())
	}
	if len(known) == 0 {
		return p.String()
	}
	return p.String() + " (" + strings.Join(known, ", ") + ")"
}

// is says whether both are one machine.
func (p Party) is(q Party) bool { return p.Address == q.Address && p.MAC == q.MAC }

// above says whether p is preferred as master: by priority, then by address
// (RFC 9568 section 6.4.3).
func (p Party) above(q Party) bool {
	if p.Priority != q.Priority {
		return p.Priority > q.Priority
	}
	return q.Address.Less(p.Address)
}

// multicastTTL is what an advert by multicast must arrive with.
const multicastTTL = 255

// partyOf returns the sender of an advert. One that came over a router is known
// by its address alone: the MAC is the router's.
func partyOf(p *Packet) Party {
	q := Party{Address: p.Source, Priority: p.Advert.Priority}
	if p.TTL == multicastTTL {
		q.MAC = macOf(p.SourceMAC)
	}
	return q
}

// skew is the longest that a backup waits on top of three intervals.
func skew(version uint8, interval time.Duration) time.Duration {
	if version == 2 {
		return time.Second
	}
	return interval
}
