package watch

import (
	"bytes"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Every frame of the captures is something, and no advert there has a fault.
func TestVectors(t *testing.T) {
	for _, name := range vectors(t) {
		d, adverts, announcements := NewDissector(), 0, 0
		for i, f := range readVector(t, name) {
			var p Packet
			switch d.Dissect(&f, &p); p.Kind {
			case Advert:
				adverts++
				if p.Fault != vrrp.Accepted || p.Advert.VRID != 51 {
					t.Errorf("%s: frame %d: %v: %+v", name, i+1, p.Fault, p)
				}
			case GratuitousARP, UnsolicitedNA:
				announcements++
			}
		}
		want := [2]int{5, 10}
		if name == "v3-centisecond" {
			want = [2]int{137, 20}
		}
		if got := [2]int{adverts, announcements}; got != want {
			t.Errorf("%s: adverts and announcements %v, want %v", name, got, want)
		}
	}
}

// dissect takes apart a frame of a link type.
func dissect(t *testing.T, link netio.LinkType, b []byte, keys ...vrrp.HMACKey) Packet {
	t.Helper()
	p := stale()
	NewDissector(keys...).Dissect(&netio.Frame{Link: link, Data: b, Length: len(b)}, &p)
	return p
}

// stale is a packet that another frame has been read into.
func stale() Packet {
	p := Packet{
		Interface: "stale", VLANs: []uint16{9}, SourceMAC: net.HardwareAddr{9}, Kind: UnsolicitedNA,
		Source: netip.IPv6Unspecified(), Destination: netip.IPv6Unspecified(), TTL: 9,
		Fault: vrrp.RejectTTL, Fragment: true, CutShort: true, AH: &AH{SPI: 9}, HMAC: &HMAC{KeyID: 9},
		Announced: netip.IPv6Unspecified(), Claimant: net.HardwareAddr{9},
	}
	p.Advert.VRID = 9
	return p
}

// header is the length of Ethernet's.
const header = 14

// ipOf is the IP packet of the first advert of a capture.
func ipOf(t testing.TB, name string) []byte { return firstAdvert(t, name).Data[header:] }

// An advert is the same whatever it comes in.
func TestDissectLinks(t *testing.T) {
	for _, name := range []string{"v3-ipv4", "v3-ipv6"} {
		frame := firstAdvert(t, name).Data
		macs, kind, ip := frame[:12:12], frame[12:14:14], frame[14:]
		cat := func(parts ...[]byte) []byte { return slices.Concat(append(parts, ip)...) }
		mac := net.HardwareAddr{2, 0, 0x5e, 0, 0, 1}
		plain := dissect(t, netio.LinkEthernet, frame)
		for _, tt := range []struct {
			name  string
			link  netio.LinkType
			b     []byte
			mac   net.HardwareAddr
			vlans []uint16
		}{
			{"Ethernet", netio.LinkEthernet, frame, mac, nil},
			{"padding", netio.LinkEthernet, append(slices.Clone(frame), make([]byte, 20)...), mac, nil},
			{"802.1Q", netio.LinkEthernet, cat(macs, []byte{0x81, 0, 0xe0, 10}, kind), mac, []uint16{10}},
			{"priority tag", netio.LinkEthernet, cat(macs, []byte{0x81, 0, 0xe0, 0}, kind), mac, nil},
			{"802.1ad", netio.LinkEthernet, cat(macs, []byte{0x88, 0xa8, 0x0f, 0xff, 0x81, 0, 0, 10}, kind), mac, []uint16{4095, 10}},
			{"four tags", netio.LinkEthernet, cat(macs, []byte{0x91, 0, 0, 1, 0x92, 0, 0, 2, 0x81, 0, 0, 3, 0x81, 0, 0, 4}, kind), mac, []uint16{1, 2, 3, 4}},
			{"cooked", netio.LinkSLL, cat([]byte{0, 0, 0, 1, 0, 6}, mac, []byte{0, 0}, kind), mac, nil},
			{"cooked, no address", netio.LinkSLL, cat([]byte{0, 0, 0xff, 0xfe, 0, 0}, make([]byte, 8), kind), nil, nil},
			{"cooked, tagged", netio.LinkSLL, cat([]byte{0, 0, 0, 1, 0, 6}, mac, []byte{0, 0, 0x81, 0, 0, 10}, kind), mac, []uint16{10}},
			{"cooked, long address", netio.LinkSLL, cat([]byte{0, 0, 0, 32, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8}, kind), net.HardwareAddr{1, 2, 3, 4, 5, 6, 7, 8}, nil},
			{"cooked, version 2", netio.LinkSLL2, cat(kind, []byte{0, 0, 0, 0, 0, 1, 0, 1, 0, 6}, mac, []byte{0, 0}), mac, nil},
			{"raw", netio.LinkRaw, ip, nil, nil},
			{"raw of a kind", netio.LinkRaw12, ip, nil, nil},
			{"raw of another", netio.LinkRaw14, ip, nil, nil},
			{"IPv4 or IPv6", netio.LinkIPv4, ip, nil, nil},
			{"IPv6 or IPv4", netio.LinkIPv6, ip, nil, nil},
			{"BSD", netio.LinkNull, cat([]byte{2, 0, 0, 0}), nil, nil},
			{"OpenBSD", netio.LinkLoop, cat([]byte{0, 0, 0, 24}), nil, nil},
		} {
			t.Run(name+" "+tt.name, func(t *testing.T) {
				want := plain
				want.SourceMAC, want.VLANs = tt.mac, tt.vlans
				same(t, dissect(t, tt.link, tt.b), want)
				if want.Kind != Advert || want.Advert.VRID != 51 || want.Fault != vrrp.Accepted {
					t.Errorf("%+v", want)
				}
				// Whatever is cut off, nothing breaks, and it is told.
				for n := range tt.b {
					p := dissect(t, tt.link, tt.b[:n:n])
					if p.Kind == Advert && tt.name != "padding" && (!p.CutShort || p.Fault != vrrp.RejectShort) {
						t.Errorf("%d of %d bytes: %+v", n, len(tt.b), p)
					}
				}
			})
		}
	}
}

// same compares what a packet tells.
func same(t *testing.T, got, want Packet) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Packet{}), cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// What is of no interest is of none.
func TestDissectOther(t *testing.T) {
	arp := readVector(t, "v3-ipv4")[1].Data
	na := readVector(t, "v3-ipv6")[1].Data
	v4, v6, ah := firstAdvert(t, "v3-ipv4").Data, firstAdvert(t, "v3-ipv6").Data, firstAdvert(t, "v2-ah").Data
	for _, tt := range []struct {
		name  string
		frame []byte
		at    int
		value byte
	}{
		{"another type", v4, 13, 6},
		{"five tags", slices.Concat(v4[:12], bytes.Repeat([]byte{0x81, 0, 0, 1}, 5), v4[12:]), 0, 0},
		{"a tag without anything", append(slices.Clone(v4[:12]), 0x81, 0, 0), 0, 0},
		{"UDP", v4, header + 9, 17},
		{"IPv4 of version 5", v4, header, 0x55},
		{"an IP header of 16 bytes", v4, header, 0x44},
		{"a packet shorter than its header", v4, header + 3, 19},
		{"IPv6 of version 4", v6, header, 0x45},
		{"TCP of IPv6", v6, header + 6, 6},
		{"AH around TCP", ah, header + 20, 6},
		{"AH longer than the packet", ah, header + 21, 200},
		{"an ARP request for another", arp, header + 27, 9},
		{"RARP", arp, header + 7, 3},
		{"ARP for another network", arp, header + 2, 9},
		{"ARP with a short network address", arp, header + 5, 3},
		{"ARP with a long hardware address", arp, header + 4, 21},
		{"half of ARP", arp[:header+27], 0, 0},
		{"a neighbour solicitation", na, header + 40, 135},
		{"a solicited advertisement", na, header + 44, 0x60},
		{"an advertisement that was forwarded", na, header + 7, 254},
		{"an advertisement with a code", na, header + 41, 1},
		{"half an advertisement", na[:header+63], 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := slices.Clone(tt.frame)
			b[tt.at] = tt.value
			if p := dissect(t, netio.LinkEthernet, b); p.Kind != Other || p.Fault != vrrp.Accepted || p.AH != nil || p.HMAC != nil {
				t.Errorf("%+v", p)
			}
		})
	}
	if p := dissect(t, 147, v4); p.Kind != Other || p.SourceMAC != nil || len(p.VLANs) > 0 {
		t.Errorf("a link type of one's own: %+v", p)
	}
}

func TestDissectAnnouncements(t *testing.T) {
	mac := net.HardwareAddr{2, 0, 0x5e, 0, 0, 1}
	arp := readVector(t, "v3-ipv4")[1].Data
	want := Packet{SourceMAC: mac, Kind: GratuitousARP, Announced: netip.MustParseAddr("192.0.2.100"), Claimant: mac}
	want.Advert = stale().Advert // of no meaning
	same(t, dissect(t, netio.LinkEthernet, arp), want)

	t.Run("a reply for another", func(t *testing.T) {
		b := slices.Clone(arp)
		b[header+7], b[header+13] = 2, 7
		want := want
		want.Claimant = net.HardwareAddr{2, 0, 0x5e, 0, 0, 7}
		same(t, dissect(t, netio.LinkEthernet, b), want)
	})
	t.Run("on a link with long addresses", func(t *testing.T) {
		for size, kind := range map[int]Kind{8: GratuitousARP, maxMAC: GratuitousARP, maxMAC + 1: Other} {
			addr := []byte{192, 0, 2, 100}
			mac := bytes.Repeat([]byte{7}, size)
			b := slices.Concat(arp[:header], []byte{0, 32, 8, 0, byte(size), 4, 0, 1}, mac, addr, mac, addr)
			if p := dissect(t, netio.LinkEthernet, b); p.Kind != kind || kind != Other && !bytes.Equal(p.Claimant, mac) {
				t.Errorf("%d bytes: %+v", size, p)
			}
		}
	})
	t.Run("of nobody", func(t *testing.T) {
		b := slices.Clone(arp)
		copy(b[header+14:], []byte{0, 0, 0, 0})
		copy(b[header+24:], []byte{0, 0, 0, 0})
		if p := dissect(t, netio.LinkEthernet, b); p.Kind != Other {
			t.Errorf("%+v", p)
		}
	})

	na := readVector(t, "v3-ipv6")[1].Data
	want = Packet{
		SourceMAC: mac, Kind: UnsolicitedNA, Announced: netip.MustParseAddr("fe80::51"), Claimant: mac,
		Source: netip.MustParseAddr("fe80::51"), Destination: netip.MustParseAddr("ff02::1"), TTL: 255, Advert: stale().Advert,
	}
	same(t, dissect(t, netio.LinkEthernet, na), want)
	t.Run("without a link-layer address", func(t *testing.T) {
		b := slices.Clone(na[:header+40+24])
		b[header+5] = 24
		same(t, dissect(t, netio.LinkEthernet, b), want)
	})
	t.Run("for another, behind another option", func(t *testing.T) {
		b := slices.Clone(na)
		b[header+5] += 8
		option := []byte{2, 1, 2, 0, 0x5e, 0, 0, 7}
		b[header+40+24] = 14 // a nonce
		want := want
		want.Claimant = net.HardwareAddr{2, 0, 0x5e, 0, 0, 7}
		same(t, dissect(t, netio.LinkEthernet, append(b, option...)), want)
	})
	t.Run("with an option of no length", func(t *testing.T) {
		b := slices.Clone(na)
		b[header+40+25] = 0
		same(t, dissect(t, netio.LinkEthernet, b), want)
	})
}
