package flood

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// actedUpon tells whether a master has to act upon a frame: it passes every
// check of RFC 9568 section 7.1, and those that one may make of the addresses.
func actedUpon(frame []byte) bool {
	b := frame[etherLen:]
	size, total := int(b[0]&0xf)*4, int(binary.BigEndian.Uint16(b[2:]))
	if size < ipLen || total < size || total > len(b) || checksum(b[:size]) != 0 {
		return false // the kernel's business
	}
	p := packet{
		src: netip.AddrFrom4([4]byte(b[12:])), dst: netip.AddrFrom4([4]byte(b[16:])),
		ttl: b[8], protocol: b[9], message: b[size:total],
	}
	m := p.message
	return p.protocol == 112 && p.dst == group && p.src != masterAddr && p.ttl == 255 &&
		len(m) == 12 && m[0] == 3<<4|1 && m[1] == vrid && m[3] == 1 && p.signed() &&
		netip.AddrFrom4([4]byte(m[8:])) == vip
}

// TestFaults checks that no kind of packet is one that a master has to act
// upon, and that they would be without their fault.
func TestFaults(t *testing.T) {
	g := &generator{rand.New(rand.NewPCG(1, 2))}
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	for kind, fault := range faults {
		for range 20_000 {
			if f := fault(g).appendFrame(nil, mac, mac); actedUpon(f) {
				t.Fatalf("kind %d made an advert without a fault: %x", kind, f)
			}
		}
	}
	if f := g.deposing().appendFrame(nil, mac, mac); !actedUpon(f) {
		t.Errorf("an advert without a fault has one: %x", f)
	}
}

// TestVector checks a packet against one that keepalived sent.
func TestVector(t *testing.T) {
	p := packet{src: netip.MustParseAddr("192.0.2.1"), dst: group, ttl: 255, protocol: 112}
	p.message = advert3(51, 150, 5, netip.MustParseAddr("192.0.2.100"), netip.MustParseAddr("192.0.2.101"))
	p.sign(true)
	got := p.appendFrame(nil, make([]byte, 6), make([]byte, 6))[etherLen:]
	want := []byte{
		0x45, 0xc0, 0, 0x24, 0, 0, 0, 0, 0xff, 0x70, 0x18, 0x96, 192, 0, 2, 1, 224, 0, 0, 18,
		0x31, 51, 150, 2, 0, 5, 0x11, 0x66, 192, 0, 2, 100, 192, 0, 2, 101,
	} // but for its identification
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
