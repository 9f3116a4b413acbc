package vrrp

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/kactl/kactl/pkg/secret"
)

// An ahPacket is an IP packet with an authentication header in it.
type ahPacket struct {
	ip      IPHeader
	payload []byte
}

// readAH returns the packets of the capture v2-ah.
func readAH(t testing.TB) (list []ahPacket) {
	t.Helper()
	for _, frame := range readFrames(t, "v2-ah") {
		p := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.Default)
		if v4, ok := p.Layer(layers.LayerTypeIPv4).(*layers.IPv4); ok && v4.Protocol == ProtocolAH {
			list = append(list, ahPacket{IPHeader{v4.Id, v4.TTL, addrOf(v4.SrcIP), addrOf(v4.DstIP)}, v4.Payload})
		}
	}
	return list
}

func ahAuth(password string) Auth { return Auth{Type: AuthAH, Password: secret.New(password)} }

// unicastAH is a packet that keepalived 2.2.7 sent to a unicast peer with a TTL of 77.
var unicastAH = ahPacket{
	IPHeader{1, 77, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")},
	[]byte("\x70\x04\x00\x00\xc0\x00\x02\x01\x00\x00\x00\x01\x1c\x43\xe1\x07\x31\x2d\x90\x0c\xaa\x92\x81\xd4" +
		"\x21\x33\x96\x01\x02\x01\x84\x65\xc0\x00\x02\x64\x00\x00\x00\x00\x00\x00\x00\x00"),
}

// keepalived's own authentication headers are right, and ours are the same.
func TestAHVectors(t *testing.T) {
	packets := readAH(t)
	if len(packets) != 5 {
		t.Fatalf("%d packets", len(packets))
	}
	s := NewAHSigner(ahAuth("1111"))
	for i, p := range append(packets, unicastAH) {
		var h AuthHeader
		message, err := h.DecodeFromBytes(p.payload)
		if err != nil {
			t.Fatal(err)
		}
		if i < 5 && h.Sequence != uint32(i+1) || p.ip.ID != AHIdentification(h.Sequence) || h.SPI != spi(p.ip.Src) {
			t.Errorf("packet %d: number %d, identification %d, index %#x", i, h.Sequence, p.ip.ID, h.SPI)
		}
		if !s.Verify(p.payload, p.ip) {
			t.Errorf("packet %d is not right", i)
		}
		if got := s.Append(nil, message, h.Sequence, p.ip); !bytes.Equal(got, p.payload) {
			t.Errorf("packet %d:\nmade     %x\ncaptured %x", i, got, p.payload)
		}
	}
}

// Whatever is changed of the payload and the IP header, the header is wrong; but for
// the TTL of a packet to a peer, which routers may change.
func TestAHCoversEverything(t *testing.T) {
	s := NewAHSigner(ahAuth("1111"))
	for _, p := range []ahPacket{readAH(t)[0], unicastAH} {
		for i := range p.payload {
			b := slices.Clone(p.payload)
			b[i] ^= 0x10
			if s.Verify(b, p.ip) {
				t.Errorf("byte %d changed, and it is right", i)
			}
		}
		for n := range p.payload {
			if s.Verify(p.payload[:n], p.ip) {
				t.Errorf("%d bytes of it are right", n)
			}
		}
		if s.Verify(append(slices.Clone(p.payload), 0), p.ip) {
			t.Error("it is right with more behind it")
		}
		change := func(what string, want bool, f func(*IPHeader)) {
			ip := p.ip
			f(&ip)
			if s.Verify(p.payload, ip) != want {
				t.Errorf("to %v with another %s: want %v", p.ip.Dst, what, want)
			}
		}
		change("source", false, func(ip *IPHeader) { ip.Src = ip.Src.Next() })
		change("destination", false, func(ip *IPHeader) { ip.Dst = ip.Dst.Next() })
		change("identification", false, func(ip *IPHeader) { ip.ID++ })
		change("TTL", !p.ip.Dst.IsMulticast(), func(ip *IPHeader) { ip.TTL-- })
		change("family", false, func(ip *IPHeader) { ip.Src = netip.IPv6LinkLocalAllNodes() })
		change("family", false, func(ip *IPHeader) { ip.Dst = netip.Addr{} })
		for _, password := range []string{"1112", "111", "11111", ""} {
			if NewAHSigner(ahAuth(password)).Verify(p.payload, p.ip) {
				t.Errorf("it is right with the password %q", password)
			}
		}
	}
}

// The kernel replaces an identification of 0.
func TestAHIdentification(t *testing.T) {
	for sequence, want := range map[uint32]uint16{1: 1, 0xffff: 0xffff, 0x10000: 1, 0x10001: 1, 0: 1, 0x20005: 5} {
		if got := AHIdentification(sequence); got != want {
			t.Errorf("of %#x: %#x, want %#x", sequence, got, want)
		}
	}
}

// Within finds no message where it would not be one of VRRP.
func TestWithin(t *testing.T) {
	whole := unicastAH.payload
	if got := Within(ProtocolAH, whole); !bytes.Equal(got, whole[AHLen:]) {
		t.Errorf("%x", got)
	}
	if got := Within(Protocol, whole); !bytes.Equal(got, whole) {
		t.Errorf("a plain message: %x", got)
	}
	for at, value := range map[int]byte{0: 6, 1: 5} {
		b := slices.Clone(whole)
		b[at] = value
		if got := Within(ProtocolAH, b); got != nil {
			t.Errorf("byte %d is %d: %x", at, value, got)
		}
	}
	if got := Within(ProtocolAH, whole[:AHLen-1]); got != nil {
		t.Errorf("a part of a header: %x", got)
	}
}

func TestAHDoesNotAllocate(t *testing.T) {
	s, message, b := NewAHSigner(ahAuth("1111")), make([]byte, 20), make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		b = s.Append(b[:0], message, 7, unicastAH.ip)
		if !s.Verify(b, unicastAH.ip) {
			t.Fatal("it is wrong")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkVerifyAH(b *testing.B) {
	s := NewAHSigner(ahAuth("1111"))
	b.ReportAllocs()
	for b.Loop() {
		if !s.Verify(unicastAH.payload, unicastAH.ip) {
			b.Fatal("it is wrong")
		}
	}
}
