package netio

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The frames of these two tests were captured from keepalived.

func TestHeaderIsKeepaliveds(t *testing.T) {
	want := unhex(t, "45c0 002c 0001 0000 ff70 188d c000 0201 e000 0012")
	copy(want[10:], []byte{0, 0}) // the kernel computes the checksum
	got := make([]byte, headerLen)
	for i := range got {
		got[i] = 0xee
	}
	putHeader(got, 1, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("224.0.0.18"), 255, protocolVRRP, 24)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGratuitousIsKeepaliveds(t *testing.T) {
	want := unhex(t, "ffff ffff ffff 0200 5e00 0001 0806 0001 0800 0604 0001 0200 5e00 0001 c000 0264 ffff ffff ffff c000 0264")
	mac, err := net.ParseMAC("02:00:5e:00:00:01")
	if err != nil {
		t.Fatal(err)
	}
	got, err := gratuitous(mac, netip.MustParseAddr("192.0.2.100"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := gratuitous(mac, netip.MustParseAddr("2001:db8::1")); err == nil {
		t.Error("took an IPv6 address")
	}
}

func TestParse(t *testing.T) {
	const addresses = "c6336401 e0000012"
	tests := []struct {
		name, packet string
		payload      string // "-" if the packet is refused
	}{
		{"plain", "45c00018 00010000 ff700000" + addresses + "01020304", "01020304"},
		{"options", "46c0001c 00010000 ff700000" + addresses + "94040000 01020304", "01020304"},
		{"padding after the end", "45c00016 00010000 ff700000" + addresses + "01020304", "0102"},
		{"cut short", "45c00018 00010000 ff700000" + addresses + "01", "01"},
		{"no payload", "45c00014 00010000 ff700000" + addresses, ""},
		{"no header", "45c00018 0001", "-"},
		{"empty", "", "-"},
		{"version 6", "65c00018 00010000 ff700000" + addresses + "01020304", "-"},
		{"header length 4", "44c00018 00010000 ff700000" + addresses + "01020304", "-"},
		{"options cut off", "4fc00018 00010000 ff700000" + addresses + "01020304", "-"},
		{"total length in the header", "45c00013 00010000 ff700000" + addresses + "01020304", "-"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var p Packet
			ok := p.parse(copy(p.buf[:], unhex(t, tt.packet)))
			if !ok || tt.payload == "-" {
				if ok != (tt.payload != "-") {
					t.Fatalf("parse = %v", ok)
				}
				return
			}
			if got := hex.EncodeToString(p.Payload()); got != tt.payload {
				t.Errorf("payload %s, want %s", got, tt.payload)
			}
			if p.Src != netip.MustParseAddr("198.51.100.1") || p.Dst != netip.MustParseAddr("224.0.0.18") || p.TTL != 255 {
				t.Errorf("got %s > %s, TTL %d", p.Src, p.Dst, p.TTL)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte{0x45, 0xc0, 0, 0x18, 0, 1, 0, 0, 255, 112, 0, 0, 198, 51, 100, 1, 224, 0, 0, 18, 1, 2, 3, 4})
	f.Add([]byte{0x4f, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		p := new(Packet)
		n := copy(p.buf[:], b)
		if p.parse(n) && (len(p.Payload()) > n-headerLen || cap(p.Payload()) > maxPacket-headerLen) {
			t.Errorf("payload of %d bytes from a packet of %d", len(p.Payload()), n)
		}
	})
}

// Of what a tap sees nothing counts that the kernel would not deliver.
func TestSound(t *testing.T) {
	whole := func() *Packet {
		p := new(Packet)
		putHeader(p.buf[:], 7, addrA, group, 255, protocolVRRP, 12)
		binary.BigEndian.PutUint16(p.buf[10:], headerSum(p.buf[:headerLen]))
		return p
	}
	if !whole().sound(headerLen + 12) {
		t.Error("a sound packet is not")
	}
	for name, edit := range map[string]func(b []byte){
		"checksum": func(b []byte) { b[11]++ },
		"length":   func(b []byte) { b[3]++ },
		"version":  func(b []byte) { b[0] = 0x65 },
		"options":  func(b []byte) { b[0] = 0x46 },
		"fragment": func(b []byte) { b[7] = 1 },
		"more":     func(b []byte) { b[6] = 0x20 },
	} {
		p := whole()
		edit(p.buf[:])
		if name != "checksum" {
			p.buf[10], p.buf[11] = 0, 0
			binary.BigEndian.PutUint16(p.buf[10:], headerSum(p.buf[:headerLen]))
		}
		if p.sound(headerLen + 12) {
			t.Errorf("%s: is sound", name)
		}
	}
	for _, n := range []int{0, headerLen - 1, headerLen + 11, maxPacket + 1} {
		if whole().sound(n) {
			t.Errorf("with %d bytes it is sound", n)
		}
	}
}

// headerSum is the checksum of a header whose own is 0.
func headerSum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
