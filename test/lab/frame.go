package lab

import (
	"encoding/binary"
	"net"
	"net/netip"
	"time"
)

// A Frame is what a capture saw: exactly one of Advert and ARP is set.
type Frame struct {
	At       time.Time
	Src, Dst string // hardware addresses
	Advert   *Advert
	ARP      *ARP
}

// An Advert is a VRRP advertisement. The lab has its own decoder, so that it
// does not judge the codec under test by itself.
type Advert struct {
	Src, Dst netip.Addr
	TTL      byte
	Version  int
	VRID     byte
	Priority byte
	Interval time.Duration
	AuthType byte   // version 2
	Auth     string // version 2, as sent
	VIPs     []netip.Addr
}

// An ARP is an ARP request or reply.
type ARP struct {
	Reply              bool
	SenderMAC          string
	SenderIP, TargetIP netip.Addr
}

// Gratuitous tells whether the packet announces its sender's own address.
func (a *ARP) Gratuitous() bool { return a.SenderIP == a.TargetIP }

const (
	etherHeader = 14
	protoVRRP   = 112
	protoAH     = 51
)

// decodeFrame decodes an Ethernet frame; ok is false for what is neither a
// VRRP advert nor ARP over IPv4.
func decodeFrame(at time.Time, b []byte) (f Frame, ok bool) {
	if len(b) < etherHeader {
		return f, false
	}
	f = Frame{At: at, Dst: net.HardwareAddr(b[0:6]).String(), Src: net.HardwareAddr(b[6:12]).String()}
	kind, body := binary.BigEndian.Uint16(b[12:]), b[etherHeader:]
	switch kind {
	case 0x0806:
		f.ARP = decodeARP(body)
	case 0x0800:
		f.Advert = decodeIPv4(body)
	case 0x86dd:
		f.Advert = decodeIPv6(body)
	}
	return f, f.ARP != nil || f.Advert != nil
}

func decodeARP(b []byte) *ARP {
	if len(b) < 28 || binary.BigEndian.Uint32(b) != 0x00010800 || b[4] != 6 || b[5] != 4 {
		return nil
	}
	return &ARP{
		Reply:     binary.BigEndian.Uint16(b[6:]) == 2,
		SenderMAC: net.HardwareAddr(b[8:14]).String(),
		SenderIP:  netip.AddrFrom4([4]byte(b[14:18])),
		TargetIP:  netip.AddrFrom4([4]byte(b[24:28])),
	}
}

func decodeIPv4(b []byte) *Advert {
	if len(b) < 20 || b[0]>>4 != 4 {
		return nil
	}
	header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if header < 20 || total < header || len(b) < total {
		return nil
	}
	proto, body := b[9], b[header:total]
	if proto == protoAH && len(body) >= 24 {
		proto, body = body[0], body[min(len(body), int(body[1]+2)*4):]
	}
	if proto != protoVRRP {
		return nil
	}
	a := decodeVRRP(body, 4)
	if a != nil {
		a.Src, a.Dst, a.TTL = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20])), b[8]
	}
	return a
}

func decodeIPv6(b []byte) *Advert {
	if len(b) < 40 || b[6] != protoVRRP {
		return nil
	}
	a := decodeVRRP(b[40:], 16)
	if a != nil {
		a.Src, a.Dst, a.TTL = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40])), b[7]
	}
	return a
}

// decodeVRRP decodes RFC 3768 and RFC 9568 adverts; size is an address's.
func decodeVRRP(b []byte, size int) *Advert {
	if len(b) < 8 || b[0]&15 != 1 {
		return nil
	}
	a := &Advert{Version: int(b[0] >> 4), VRID: b[1], Priority: b[2]}
	switch a.Version {
	case 2:
		a.AuthType, a.Interval = b[4], time.Duration(b[5])*time.Second
	case 3:
		a.Interval = time.Duration(binary.BigEndian.Uint16(b[4:])&0xfff) * 10 * time.Millisecond
	default:
		return nil
	}
	rest := b[8:]
	for range b[3] {
		if len(rest) < size {
			return nil
		}
		ip, _ := netip.AddrFromSlice(rest[:size])
		a.VIPs = append(a.VIPs, ip)
		rest = rest[size:]
	}
	if a.Version == 2 && len(rest) >= 8 {
		a.Auth = string(rest[:8])
	}
	return a
}
