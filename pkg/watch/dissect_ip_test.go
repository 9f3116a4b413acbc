package watch

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Options of IPv4 and extension headers of IPv6 are passed over.
func TestDissectIPOptions(t *testing.T) {
	v4, v6 := ipOf(t, "v3-ipv4"), ipOf(t, "v3-ipv6")
	options := slices.Concat(v4[:20], make([]byte, 40), v4[20:])
	options[0] = 0x4f
	binary.BigEndian.PutUint16(options[2:], uint16(len(options)))

	extended := func(headers ...[]byte) []byte {
		b := slices.Concat(v6[:40], slices.Concat(headers...), v6[40:])
		binary.BigEndian.PutUint16(b[4:], uint16(len(b)-40))
		return b
	}
	chain := extended(
		[]byte{43, 0, 0, 0, 0, 0, 0, 0},
		append([]byte{60, 1}, make([]byte, 14)...),
		[]byte{44, 0, 0, 0, 0, 0, 0, 0},
		[]byte{112, 0, 0, 0, 0, 0, 0, 0}, // a fragment that is all
	)
	chain[6] = 0
	deep := extended(slices.Repeat([][]byte{{60, 0, 0, 0, 0, 0, 0, 0}}, maxExtensions)...)
	deep[6] = 60
	within := extended([]byte{112, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2})
	within[6] = 51

	want := dissect(t, netio.LinkRaw, v4)
	same(t, dissect(t, netio.LinkRaw, options), want)
	want = dissect(t, netio.LinkRaw, v6)
	same(t, dissect(t, netio.LinkRaw, chain), want)
	want.AH = &AH{SPI: 1, Sequence: 2}
	same(t, dissect(t, netio.LinkRaw, within), want)
	if p := dissect(t, netio.LinkRaw, deep); p.Kind != Other {
		t.Errorf("%d headers: %+v", maxExtensions, p)
	}
	for n := range chain {
		if p := dissect(t, netio.LinkRaw, chain[:n:n]); p.Fault == vrrp.Accepted && p.Kind == Advert {
			t.Errorf("%d of %d bytes: %+v", n, len(chain), p)
		}
	}
}

// No part of an advert is one.
func TestDissectFragments(t *testing.T) {
	v4, v6, ah := ipOf(t, "v3-ipv4"), ipOf(t, "v3-ipv6"), ipOf(t, "v2-ah")
	fragment4 := func(b []byte, field uint16) []byte {
		b = slices.Clone(b)
		binary.BigEndian.PutUint16(b[6:], field)
		return b
	}
	fragment6 := func(next byte, field uint16) []byte {
		b := slices.Concat(v6[:40], []byte{next, 0, byte(field >> 8), byte(field), 0, 0, 0, 1}, v6[40:])
		b[5], b[6] = b[5]+8, 44
		return b
	}
	for _, tt := range []struct {
		name string
		b    []byte
		vrid uint8
		kind Kind
	}{
		{"the first", fragment4(v4, 0x2000), 51, Advert},
		{"the second", fragment4(v4, 0x2002), 0, Advert},
		{"the last", fragment4(v4, 4), 0, Advert},
		{"the first with AH", fragment4(ah, 0x2000), 51, Advert},
		{"the last with AH, of something", fragment4(ah, 4), 0, Other},
		{"the first of IPv6", fragment6(112, 1), 51, Advert},
		{"the last of IPv6", fragment6(112, 2<<3), 0, Advert},
		{"the last of IPv6, of something else", fragment6(6, 2<<3), 0, Other},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := dissect(t, netio.LinkRaw, tt.b)
			if p.Kind != tt.kind || p.Fragment != (tt.kind == Advert) {
				t.Fatalf("%+v", p)
			}
			if p.Kind == Advert && (p.Fault != vrrp.RejectShort || p.Advert.VRID != tt.vrid || p.CutShort) {
				t.Errorf("%+v", p)
			}
		})
	}
	// That it may not be fragmented is no fragment.
	same(t, dissect(t, netio.LinkRaw, fragment4(v4, 0x4000)), dissect(t, netio.LinkRaw, v4))
}

func TestDissectAH(t *testing.T) {
	p := dissect(t, netio.LinkRaw, ipOf(t, "v2-ah"))
	if p.AH == nil || *p.AH != (AH{SPI: 0xc0000201, Sequence: 1}) || p.Advert.AuthType != vrrp.AuthAH || p.Fault != vrrp.Accepted {
		t.Errorf("%+v", p)
	}
}

func TestDissectHMAC(t *testing.T) {
	b := ipOf(t, "v3-hmac")
	key, other := vectorKey(), vectorKey()
	other.Secret = secret.New("\x01" + key.Secret.Reveal()[1:])
	elsewhere := vectorKey()
	elsewhere.ID = 2
	for _, tt := range []struct {
		name string
		keys []vrrp.HMACKey
		want Verdict
	}{
		{"no key", nil, Unverified},
		{"the key", []vrrp.HMACKey{key}, Valid},
		{"another key", []vrrp.HMACKey{other}, Forged},
		{"either", []vrrp.HMACKey{key, other}, Valid},
		{"the other way round", []vrrp.HMACKey{other, key}, Valid},
		{"the key under another id", []vrrp.HMACKey{elsewhere}, Unverified},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := dissect(t, netio.LinkRaw, b, tt.keys...)
			if p.Fault != vrrp.Accepted || p.Advert.Checksum != vrrp.ChecksumPseudoHeader || p.HMAC == nil {
				t.Fatalf("%+v", p)
			}
			at, err := time.Parse(time.RFC3339Nano, "2026-11-20T12:16:13.8278656Z")
			if err != nil {
				t.Fatal(err)
			}
			got := *p.HMAC
			if off := got.Stamp.Sub(at).Abs(); off > time.Microsecond {
				t.Errorf("stamp %v, want %v", got.Stamp, at)
			}
			got.Stamp = time.Time{}
			if want := (HMAC{KeyID: 1, Verdict: tt.want}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
	t.Run("half a signature", func(t *testing.T) {
		for n := len(b) - 28; n < len(b); n++ {
			if p := dissect(t, netio.LinkRaw, b[:n], key); p.Fault != vrrp.RejectShort || !p.CutShort || p.HMAC != nil || len(p.Advert.Addresses) != 0 {
				t.Errorf("%d bytes: %+v", n, p)
			}
		}
	})
	t.Run("what is no signature", func(t *testing.T) {
		b := slices.Clone(b)
		b[len(b)-28] = 2
		if p := dissect(t, netio.LinkRaw, b, key); p.Fault != vrrp.RejectLong || p.HMAC != nil || p.Advert.Priority != 0 {
			t.Errorf("%+v", p)
		}
	})
	t.Run("a signature of version 2", func(t *testing.T) {
		v2 := ipOf(t, "v2-none")
		v2 = slices.Concat(v2, b[len(b)-28:])
		binary.BigEndian.PutUint16(v2[2:], uint16(len(v2)))
		if p := dissect(t, netio.LinkRaw, v2, key); p.Fault != vrrp.RejectLong || p.HMAC != nil {
			t.Errorf("%+v", p)
		}
	})
}

// With a wrong checksum the fields may be anything, and are not there.
func TestDissectChecksum(t *testing.T) {
	b := slices.Clone(ipOf(t, "v3-ipv4"))
	b[20+2]++ // the priority
	p := dissect(t, netio.LinkRaw, b)
	if p.Fault != vrrp.RejectChecksum || p.Advert.Checksum != 0 || p.Advert.Priority != 0 || len(p.Advert.Addresses) != 0 {
		t.Errorf("%+v", p)
	}
	for name, want := range map[string]vrrp.Checksum{
		"v2-none": vrrp.ChecksumMessage, "v3-ipv4": vrrp.ChecksumPseudoHeader,
		"v3-ipv4-rfc9568": vrrp.ChecksumMessage, "v3-ipv6": vrrp.ChecksumPseudoHeader,
	} {
		if p := dissect(t, netio.LinkRaw, ipOf(t, name)); p.Advert.Checksum != want || p.Source == (netip.Addr{}) {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func FuzzDissect(f *testing.F) {
	for _, name := range vectors(f) {
		for _, frame := range readVector(f, name) {
			f.Add(uint32(frame.Link), frame.Data)
			f.Add(uint32(netio.LinkRaw), frame.Data[header:])
			f.Add(uint32(netio.LinkSLL), append(make([]byte, 2), frame.Data...))
			f.Add(uint32(netio.LinkNull), frame.Data[header-4:])
		}
	}
	d := NewDissector(vectorKey())
	var p Packet
	f.Fuzz(func(t *testing.T, link uint32, b []byte) {
		before := slices.Clone(b)
		d.Dissect(&netio.Frame{Link: netio.LinkType(link), Data: b, Length: len(b)}, &p)
		if !slices.Equal(b, before) {
			t.Fatal("the frame was changed")
		}
		sound := p.Kind == Advert && p.Fault == vrrp.Accepted
		switch {
		case p.Kind != Advert && p.Fault != vrrp.Accepted:
			t.Fatalf("a fault of what is no advert: %+v", p)
		case sound && (p.Advert.Checksum == 0 || p.Advert.Version < 2 || p.Fragment || p.CutShort):
			t.Fatalf("sound: %+v", p)
		case p.Kind == Advert && !p.Source.IsValid():
			t.Fatalf("from nowhere: %+v", p)
		case (p.Kind == GratuitousARP || p.Kind == UnsolicitedNA) != p.Announced.IsValid():
			t.Fatalf("announced: %+v", p)
		}
	})
}
