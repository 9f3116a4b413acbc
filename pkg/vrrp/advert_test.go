package vrrp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// A datagram is the payload of an IP packet.
type datagram struct {
	src, dst netip.Addr
	payload  []byte
}

// readVector returns the VRRP messages of a capture that keepalived 2.4.3 made.
func readVector(t testing.TB, name string) (messages []datagram) {
	t.Helper()
	for _, frame := range readFrames(t, name) {
		p := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.Default)
		if v4, ok := p.Layer(layers.LayerTypeIPv4).(*layers.IPv4); ok && v4.Protocol == Protocol {
			messages = append(messages, datagram{addrOf(v4.SrcIP), addrOf(v4.DstIP), v4.Payload})
		}
		if v6, ok := p.Layer(layers.LayerTypeIPv6).(*layers.IPv6); ok && v6.NextHeader == Protocol {
			messages = append(messages, datagram{addrOf(v6.SrcIP), addrOf(v6.DstIP), v6.Payload})
		}
	}
	return messages
}

// readFrames returns the frames of a capture.
func readFrames(t testing.TB, name string) (frames [][]byte) {
	t.Helper()
	f, err := os.Open("testdata/vectors/" + name + ".pcap")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for {
		frame, _, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return frames
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, frame)
	}
}

func addrOf(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a
}

func addrs(texts ...string) []netip.Addr {
	var list []netip.Addr
	for _, text := range texts {
		list = append(list, netip.MustParseAddr(text))
	}
	return list
}

var addrCmp = cmpopts.EquateComparable(netip.Addr{})

// vectors are the captures and the first advert in each.
var vectors = []struct {
	name     string
	src, dst string
	want     Advert
}{
	{"v2-none", "192.0.2.1", "224.0.0.18", Advert{Version: 2, VRID: 51, Priority: 150, Interval: time.Second,
		Checksum: ChecksumMessage, Addresses: addrs("192.0.2.100", "192.0.2.101")}},
	{"v2-pass", "192.0.2.1", "224.0.0.18", Advert{Version: 2, VRID: 51, Priority: 150, Interval: time.Second,
		Checksum: ChecksumMessage, Addresses: addrs("192.0.2.100", "192.0.2.101"),
		AuthType: AuthPassword, Key: [8]byte([]byte("51ea2a78"))}},
	{"v2-unicast", "192.0.2.1", "192.0.2.2", Advert{Version: 2, VRID: 51, Priority: 150, Interval: time.Second,
		Checksum: ChecksumMessage, Addresses: addrs("192.0.2.100", "192.0.2.101")}},
	{"v3-ipv4", "192.0.2.1", "224.0.0.18", Advert{Version: 3, VRID: 51, Priority: 150, Interval: time.Second,
		Checksum: ChecksumPseudoHeader, Addresses: addrs("192.0.2.100", "192.0.2.101")}},
	{"v3-ipv4-rfc9568", "192.0.2.1", "224.0.0.18", Advert{Version: 3, VRID: 51, Priority: 150, Interval: time.Second,
		Checksum: ChecksumMessage, Addresses: addrs("192.0.2.100", "192.0.2.101")}},
	{"v3-centisecond", "192.0.2.1", "224.0.0.18", Advert{Version: 3, VRID: 51, Priority: 150, Interval: 50 * time.Millisecond,
		Checksum: ChecksumPseudoHeader, Addresses: addrs("192.0.2.100", "192.0.2.101")}},
	{"v3-ipv6", "fe80::5eff:fe00:1", "ff02::12", Advert{Version: 3, VRID: 51, Priority: 150, Interval: time.Second,
		Checksum: ChecksumPseudoHeader, Addresses: addrs("fe80::51", "2001:db8::100")}},
}

func TestVectors(t *testing.T) {
	for _, tt := range vectors {
		t.Run(tt.name, func(t *testing.T) {
			messages := readVector(t, tt.name)
			if len(messages) < 2 {
				t.Fatalf("%d messages in the capture", len(messages))
			}
			for i, raw := range messages {
				if raw.src.String() != tt.src || raw.dst.String() != tt.dst {
					t.Errorf("message %d is from %v to %v", i, raw.src, raw.dst)
				}
				want := tt.want
				if i == len(messages)-1 {
					want.Priority = PriorityResign // the clean stop
				}
				var got Advert
				if err := got.DecodeFromBytes(raw.payload, raw.src, raw.dst); err != nil {
					t.Fatalf("message %d: %v", i, err)
				}
				if d := cmp.Diff(want, got, addrCmp); d != "" {
					t.Errorf("message %d (-want +got):\n%s", i, d)
				}
				encoded, err := want.Append(nil, raw.src, raw.dst)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(encoded, raw.payload) {
					t.Errorf("message %d:\nencoded  %x\ncaptured %x", i, encoded, raw.payload)
				}
			}
		})
	}
}

// The checksums of the captured adverts with one thing changed, as added up by
// hand: one more in a word is one less in its complement.
func TestChecksumCoversEveryField(t *testing.T) {
	for _, tt := range []struct {
		vector, change string
		edit           func(a *Advert, src, dst *netip.Addr)
		want           uint16
	}{
		{"v2-none", "nothing", func(*Advert, *netip.Addr, *netip.Addr) {}, 0xc3fe},
		{"v2-none", "VRID", func(a *Advert, _, _ *netip.Addr) { a.VRID++ }, 0xc3fd},
		{"v2-none", "priority", func(a *Advert, _, _ *netip.Addr) { a.Priority++ }, 0xc2fe}, // the high byte of its word
		{"v2-none", "authentication type", func(a *Advert, _, _ *netip.Addr) { a.AuthType++ }, 0xc2fe},
		{"v2-none", "interval", func(a *Advert, _, _ *netip.Addr) { a.Interval = 2 * time.Second }, 0xc3fd},
		{"v2-none", "key", func(a *Advert, _, _ *netip.Addr) { a.Key[7]++ }, 0xc3fd},
		{"v2-none", "address", func(a *Advert, _, _ *netip.Addr) { a.Addresses[1] = a.Addresses[1].Next() }, 0xc3fd},
		// 0xc3fe and the count of 1, c000 and 0265: with the carry 0x8665.
		{"v2-none", "number of addresses", func(a *Advert, _, _ *netip.Addr) { a.Addresses = a.Addresses[:1] }, 0x8665},
		{"v2-none", "source, which is not covered", func(_ *Advert, src, _ *netip.Addr) { *src = src.Next() }, 0xc3fe},

		{"v3-ipv4", "nothing", func(*Advert, *netip.Addr, *netip.Addr) {}, 0x1107},
		{"v3-ipv4", "VRID", func(a *Advert, _, _ *netip.Addr) { a.VRID++ }, 0x1106},
		{"v3-ipv4", "priority", func(a *Advert, _, _ *netip.Addr) { a.Priority++ }, 0x1007},
		{"v3-ipv4", "interval", func(a *Advert, _, _ *netip.Addr) { a.Interval += 10 * time.Millisecond }, 0x1106},
		{"v3-ipv4", "longest interval", func(a *Advert, _, _ *netip.Addr) { a.Interval = 40950 * time.Millisecond }, 0x016c}, // 100 to 4095: 0xf9b less
		{"v3-ipv4", "address", func(a *Advert, _, _ *netip.Addr) { a.Addresses[1] = a.Addresses[1].Next() }, 0x1106},
		{"v3-ipv4", "number of addresses", func(a *Advert, _, _ *netip.Addr) { a.Addresses = a.Addresses[:1] }, 0xd371}, // and the length, 4 less
		{"v3-ipv4", "source", func(_ *Advert, src, _ *netip.Addr) { *src = src.Next() }, 0x1106},
		{"v3-ipv4", "destination", func(_ *Advert, _, dst *netip.Addr) { *dst = netip.MustParseAddr("192.0.2.2") }, 0x2f17},
		{"v3-ipv4", "kind", func(a *Advert, _, _ *netip.Addr) { a.Checksum = ChecksumMessage }, 0xb39b},
		{"v3-ipv4-rfc9568", "nothing", func(*Advert, *netip.Addr, *netip.Addr) {}, 0xb39b},
		{"v3-ipv4-rfc9568", "source, which is not covered", func(_ *Advert, src, _ *netip.Addr) { *src = src.Next() }, 0xb39b},

		{"v3-ipv6", "nothing", func(*Advert, *netip.Addr, *netip.Addr) {}, 0xafab},
		{"v3-ipv6", "VRID", func(a *Advert, _, _ *netip.Addr) { a.VRID++ }, 0xafaa},
		{"v3-ipv6", "address", func(a *Advert, _, _ *netip.Addr) { a.Addresses[1] = a.Addresses[1].Next() }, 0xafaa},
		{"v3-ipv6", "source", func(_ *Advert, src, _ *netip.Addr) { *src = src.Next() }, 0xafaa},
	} {
		t.Run(tt.vector+", "+tt.change, func(t *testing.T) {
			raw := readVector(t, tt.vector)[0]
			var a Advert
			if err := a.DecodeFromBytes(raw.payload, raw.src, raw.dst); err != nil {
				t.Fatal(err)
			}
			tt.edit(&a, &raw.src, &raw.dst)
			b, err := a.Append(nil, raw.src, raw.dst)
			if err != nil {
				t.Fatal(err)
			}
			if got := binary.BigEndian.Uint16(b[6:]); got != tt.want {
				t.Errorf("checksum %#04x, want %#04x", got, tt.want)
			}
		})
	}
}

// A second opinion on version 2; gopacket has no decoder of version 3.
func TestSecondOpinion(t *testing.T) {
	for _, tt := range vectors {
		if tt.want.Version != 2 {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			msg, err := tt.want.Append(nil, netip.MustParseAddr(tt.src), netip.MustParseAddr(tt.dst))
			if err != nil {
				t.Fatal(err)
			}
			var v layers.VRRPv2
			if err := v.DecodeFromBytes(msg, gopacket.NilDecodeFeedback); err != nil {
				t.Fatal(err)
			}
			got := Advert{
				Version: v.Version, VRID: v.VirtualRtrID, Priority: v.Priority, AuthType: AuthType(v.AuthType),
				Interval: time.Duration(v.AdverInt) * time.Second, Checksum: ChecksumMessage, Key: tt.want.Key, // it skips the key
			}
			for _, ip := range v.IPAddress {
				got.Addresses = append(got.Addresses, addrOf(ip.To4()))
			}
			if d := cmp.Diff(tt.want, got, addrCmp); d != "" {
				t.Errorf("gopacket reads it otherwise (-ours +theirs):\n%s", d)
			}
			if v.Type != layers.VRRPv2Advertisement || v.Checksum != binary.BigEndian.Uint16(msg[6:]) {
				t.Errorf("type %v, checksum %#x", v.Type, v.Checksum)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	src, dst := netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("224.0.0.18")
	v2 := Advert{Version: 2, VRID: 7, Priority: 100, Interval: time.Second, Checksum: ChecksumMessage, Addresses: addrs("192.0.2.1")}
	v3 := v2
	v3.Version, v3.Checksum = 3, ChecksumPseudoHeader
	change := func(i int, v byte) func([]byte) []byte {
		return func(b []byte) []byte { b[i] = v; return b }
	}
	for _, tt := range []struct {
		name   string
		valid  Advert
		change func([]byte) []byte
		want   error
	}{
		{"nothing", v2, func([]byte) []byte { return nil }, ErrShort},
		{"half a header", v2, func(b []byte) []byte { return b[:7] }, ErrShort},
		{"one byte cut", v2, func(b []byte) []byte { return b[:len(b)-1] }, ErrShort},
		{"no authentication data", v2, func(b []byte) []byte { return b[:len(b)-8] }, ErrShort},
		{"one byte more", v2, func(b []byte) []byte { return append(b, 0) }, ErrLong},
		{"more addresses than there are", v2, change(3, 2), ErrShort},
		{"fewer addresses than there are", v2, change(3, 0), ErrLong},
		{"version 3 in name", v2, change(0, 0x31), ErrLong},
		{"version 0", v2, change(0, 0x01), ErrVersion},
		{"version 4", v2, change(0, 0x41), ErrVersion},
		{"type 2", v2, change(0, 0x22), ErrType},
		{"priority changed on the way", v2, change(2, 101), ErrChecksum},
		{"checksum changed on the way", v2, change(7, 0), ErrChecksum},

		{"half a header, version 3", v3, func(b []byte) []byte { return b[:7] }, ErrShort},
		{"one byte cut, version 3", v3, func(b []byte) []byte { return b[:len(b)-1] }, ErrShort},
		{"one byte more, version 3", v3, func(b []byte) []byte { return append(b, 0) }, ErrLong},
		{"version 2 in name", v3, change(0, 0x21), ErrShort},
		{"type 0, version 3", v3, change(0, 0x30), ErrType},
		{"priority changed on the way, version 3", v3, change(2, 101), ErrChecksum},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := tt.valid.Append(nil, src, dst)
			if err != nil {
				t.Fatal(err)
			}
			var a Advert
			err = a.DecodeFromBytes(tt.change(b), src, dst)
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if Malformed(err) == Accepted {
				t.Errorf("%v stands for no reason", err)
			}
		})
	}
}

// The bits of version 3 that are reserved do not count.
func TestReservedBits(t *testing.T) {
	src, dst := netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("224.0.0.18")
	a := Advert{Version: 3, VRID: 7, Priority: 100, Interval: time.Second, Checksum: ChecksumMessage}
	b, err := a.Append(nil, src, dst)
	if err != nil {
		t.Fatal(err)
	}
	b[4] |= 0xf0
	b[6], b[7] = 0, 0
	binary.BigEndian.PutUint16(b[6:], fold(sum(0, b)))
	if err := a.DecodeFromBytes(b, src, dst); err != nil {
		t.Fatal(err)
	}
	if a.Interval != time.Second {
		t.Errorf("interval %v", a.Interval)
	}
}

func TestAppendRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		a    Advert
	}{
		{"version 4", Advert{Version: 4, Interval: time.Second, Checksum: ChecksumMessage}},
		{"half a second", Advert{Version: 2, Interval: time.Second / 2, Checksum: ChecksumMessage}},
		{"no interval", Advert{Version: 2, Checksum: ChecksumMessage}},
		{"256 s", Advert{Version: 2, Interval: 256 * time.Second, Checksum: ChecksumMessage}},
		{"half a hundredth", Advert{Version: 3, Interval: 5 * time.Millisecond, Checksum: ChecksumMessage}},
		{"40.96 s", Advert{Version: 3, Interval: 40960 * time.Millisecond, Checksum: ChecksumMessage}},
		{"256 addresses", Advert{Version: 2, Interval: time.Second, Checksum: ChecksumMessage, Addresses: make([]netip.Addr, 256)}},
		{"IPv6 from IPv4", Advert{Version: 3, Interval: time.Second, Checksum: ChecksumMessage, Addresses: addrs("2001:db8::1")}},
		{"no checksum", Advert{Version: 3, Interval: time.Second}},
		{"pseudo-header in version 2", Advert{Version: 2, Interval: time.Second, Checksum: ChecksumPseudoHeader}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := tt.a.Append([]byte("before"), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("224.0.0.18"))
			if err == nil {
				t.Error("no error")
			}
			if string(b) != "before" {
				t.Errorf("left %q behind", b)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range vectors {
		for _, d := range readVector(f, v.name) {
			f.Add(d.payload, d.src.AsSlice(), d.dst.AsSlice())
		}
	}
	f.Fuzz(func(t *testing.T, b, from, to []byte) {
		src, _ := netip.AddrFromSlice(from)
		dst, _ := netip.AddrFromSlice(to)
		if !src.IsValid() || src.Is4() != dst.Is4() || src.Is4In6() {
			return // no IP packet has such a header
		}
		var a Advert
		err := a.DecodeFromBytes(b, src, dst)
		if (err == nil) != (Malformed(err) == Accepted) {
			t.Fatalf("%v stands for %v", err, Malformed(err))
		}
		if err != nil || a.Interval == 0 || a.Version == 2 && src.Is6() {
			return // read as it is, but we do not send such a thing
		}
		if a.Checksum == ChecksumMessage|ChecksumPseudoHeader {
			a.Checksum = ChecksumMessage
		}
		again, err := a.Append(nil, src, dst)
		if err != nil {
			t.Fatalf("decoded %x but cannot encode it: %v", b, err)
		}
		if a.Version == 3 {
			again[4] |= b[4] & 0xf0 // what is reserved is read over
			binary.BigEndian.PutUint16(again[6:], 0)
			binary.BigEndian.PutUint16(b[6:], 0)
		}
		// A checksum of 0xffff is as good as one of 0, and we send 0.
		if !bytes.Equal(again[:6], b[:6]) || !bytes.Equal(again[8:], b[8:]) {
			t.Errorf("%x became %x", b, again)
		}
	})
}

func TestCodecDoesNotAllocate(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			src, dst := netip.MustParseAddr(v.src), netip.MustParseAddr(v.dst)
			buf := make([]byte, 0, MaxLen)
			in := Advert{Addresses: make([]netip.Addr, 0, 2)}
			if n := testing.AllocsPerRun(100, func() {
				b, err := v.want.Append(buf, src, dst)
				if err == nil {
					err = in.DecodeFromBytes(b, src, dst)
				}
				if err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%v allocations for an advert sent and received", n)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, v := range vectors {
		b.Run(v.name, func(b *testing.B) {
			d := readVector(b, v.name)[0]
			var a Advert
			b.ReportAllocs()
			for b.Loop() {
				if err := a.DecodeFromBytes(d.payload, d.src, d.dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
