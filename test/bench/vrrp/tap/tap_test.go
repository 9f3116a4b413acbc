package tap

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecode(t *testing.T) {
	ether := func(kind byte, body ...byte) []byte {
		return append([]byte{1, 0, 0x5e, 0, 0, 18, 2, 0, 0, 0, 0, 1, 8, kind}, body...)
	}
	arp := func(sender, target byte) []byte {
		return ether(6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 198, 18, 0, sender, 255, 255, 255, 255, 255, 255, 198, 18, 0, target)
	}
	ip := func(first, protocol byte) []byte {
		return ether(0, first, 0xc0, 0, 32, 0, 0, 0, 0, 255, protocol, 0, 0, 198, 19, 0, 1, 224, 0, 0, 18,
			0x31, 51, 150, 1, 0, 10, 0, 0, 198, 18, 0, 1)
	}
	ip6 := func(protocol byte, body ...byte) []byte {
		header := []byte{1, 0, 0x5e, 0, 0, 18, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60, 0, 0, 0, 0, byte(len(body)), protocol, 255}
		return slices.Concat(header, netip.MustParseAddr("fe80::1").AsSlice(), netip.MustParseAddr("ff02::12").AsSlice(), body)
	}
	advert6 := append([]byte{0x31, 51, 150, 1, 0, 10, 0, 0}, netip.MustParseAddr("fe80::7").AsSlice()...)
	neighbor := func(flags byte) []byte {
		return ip6(58, append([]byte{136, 0, 0, 0, flags, 0, 0, 0}, netip.MustParseAddr("2001:db8::7").AsSlice()...)...)
	}
	for _, c := range []struct {
		name  string
		frame []byte
		want  Frame
		ok    bool
	}{
		{"advert", ip(0x45, 112), Frame{VRID: 51, Priority: 150}, true},
		{"another protocol", ip(0x45, 2), Frame{}, false},
		{"options", ip(0x46, 112), Frame{}, false},
		{"gratuitous ARP", arp(7, 7), Frame{Announced: netip.MustParseAddr("198.18.0.7")}, true},
		{"a question", arp(7, 8), Frame{}, false},
		{"short", ether(0, 0x45), Frame{}, false},
		{"advert over IPv6", ip6(112, advert6...), Frame{VRID: 51, Priority: 150}, true},
		{"unsolicited neighbour advertisement", neighbor(0xa0), Frame{Announced: netip.MustParseAddr("2001:db8::7")}, true},
		{"an answer to a neighbour", neighbor(0x60), Frame{}, false},
		{"another protocol over IPv6", ip6(17, advert6...), Frame{}, false},
		{"short over IPv6", ip6(112, advert6[:7]...), Frame{}, false},
	} {
		got, ok := decode(c.frame)
		if ok != c.ok {
			t.Errorf("%s: decoded %v, want %v", c.name, ok, c.ok)
		}
		if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); ok && diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
