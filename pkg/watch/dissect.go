package watch

import (
	"encoding/binary"
	"net/netip"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A Dissector takes frames apart. It is for one goroutine at a time, and
// allocates nothing for a frame.
type Dissector struct {
	signers []*vrrp.HMACSigner
	ah      vrrp.AuthHeader
	mark    vrrp.HMACTrailer
}

// NewDissector returns a dissector that verifies signatures with the keys. Of
// several keys with one id any will do.
func NewDissector(keys ...vrrp.HMACKey) *Dissector {
	d := &Dissector{}
	for _, k := range keys {
		d.signers = append(d.signers, vrrp.NewHMACSigner(k))
	}
	return d
}

// Dissect takes a frame apart into p. A frame that holds nothing of interest is
// of the kind Other, whatever is in it. p does not show the frame's data.
func (d *Dissector) Dissect(f *netio.Frame, p *Packet) {
	p.Time, p.Interface = f.Time, f.Interface
	p.VLANs, p.SourceMAC, p.Claimant = p.store.vlans[:0], nil, nil
	p.Kind, p.TTL, p.Fault, p.Fragment, p.CutShort = Other, 0, vrrp.Accepted, false, false
	p.Source, p.Destination, p.Announced = netip.Addr{}, netip.Addr{}, netip.Addr{}
	p.AH, p.HMAC = nil, nil

	kind, b := link(f.Link, f.Data, p)
	kind, b = untag(kind, b, p)
	switch kind {
	case etherIPv4:
		d.ipv4(b, p)
	case etherIPv6:
		d.ipv6(b, p)
	case etherARP:
		announcement(b, p)
	}
}

// advert takes a VRRP message apart.
func (d *Dissector) advert(b []byte, p *Packet) {
	d.message(b, p)
	if p.Fault != vrrp.Accepted {
		p.Advert.Refuse()
		p.HMAC = nil
	}
}

func (d *Dissector) message(b []byte, p *Packet) {
	p.Kind = Advert
	rest, err := p.Advert.DecodePartial(b, p.Source, p.Destination)
	p.Fault = vrrp.Malformed(err)
	if p.CutShort {
		p.Fault = vrrp.RejectShort // whatever else: the end was not seen
		return
	}
	if len(rest) == 0 {
		return
	}
	if p.Advert.Version != 3 || d.mark.DecodeFromBytes(rest) != nil {
		// What is behind a message goes before its checksum, as with the
		// daemon: the length is wrong.
		p.Fault = vrrp.RejectLong
		return
	}
	p.HMAC = &p.store.hmac
	*p.HMAC = HMAC{KeyID: d.mark.KeyID, Stamp: d.mark.Timestamp.Time(), Counter: d.mark.Timestamp.Counter()}
	for _, s := range d.signers {
		if s.KeyID() != d.mark.KeyID || p.HMAC.Verdict == Valid {
			continue
		}
		p.HMAC.Verdict = Forged
		if s.Verify(b[:len(b)-len(rest)], rest, p.Source) {
			p.HMAC.Verdict = Valid
		}
	}
}

// authenticated takes apart what came within an authentication header.
func (d *Dissector) authenticated(b []byte, p *Packet) {
	payload, err := d.ah.DecodeFromBytes(b)
	if err != nil || d.ah.Next != vrrp.Protocol {
		return
	}
	p.AH = &p.store.ah
	*p.AH = AH{SPI: d.ah.SPI, Sequence: d.ah.Sequence}
	d.advert(payload, p)
}

// announcement takes an ARP packet apart.
func announcement(b []byte, p *Packet) {
	const fixed = 8
	if len(b) < fixed || binary.BigEndian.Uint16(b[2:]) != etherIPv4 || b[5] != 4 {
		return
	}
	mac := int(b[4])
	sender := fixed + mac
	target := sender + 4 + mac
	if mac > maxMAC || len(b) < target+4 {
		return
	}
	if op := binary.BigEndian.Uint16(b[6:]); op != 1 && op != 2 {
		return
	}
	addr := netip.AddrFrom4([4]byte(b[sender:]))
	if addr != netip.AddrFrom4([4]byte(b[target:])) || addr.IsUnspecified() {
		return
	}
	p.Kind, p.Announced = GratuitousARP, addr
	p.Claimant = append(p.store.claimant[:0], b[fixed:sender]...)
}
