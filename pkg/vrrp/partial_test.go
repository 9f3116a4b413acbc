package vrrp

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What is sound, DecodePartial reads as the daemon does.
func TestDecodePartialSound(t *testing.T) {
	for _, v := range vectors {
		for i, raw := range readVector(t, v.name) {
			var want, got Advert
			if err := want.DecodeFromBytes(raw.payload, raw.src, raw.dst); err != nil {
				t.Fatal(err)
			}
			rest, err := got.DecodePartial(raw.payload, raw.src, raw.dst)
			if err != nil || len(rest) > 0 {
				t.Errorf("%s: message %d: %v, and %x behind it", v.name, i, err, rest)
			}
			if d := cmp.Diff(want, got, addrCmp); d != "" {
				t.Errorf("%s: message %d (-want +got):\n%s", v.name, i, d)
			}
		}
	}
}

// Of a message with anything wrong only the version and the VRID are kept.
func TestDecodePartialBroken(t *testing.T) {
	src, dst := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("224.0.0.18")
	v2 := Advert{Version: 2, VRID: 7, Priority: 100, Interval: time.Second, Checksum: ChecksumMessage,
		AuthType: AuthPassword, Key: [8]byte([]byte("12345678")), Addresses: addrs("192.0.2.100", "192.0.2.101")}
	v3 := Advert{Version: 3, VRID: 7, Priority: 100, Interval: time.Second, Checksum: ChecksumPseudoHeader,
		Addresses: addrs("192.0.2.100", "192.0.2.101")}
	v6 := Advert{Version: 3, VRID: 7, Priority: 100, Interval: time.Second, Checksum: ChecksumPseudoHeader,
		Addresses: addrs("fe80::1", "2001:db8::1")}
	set := func(at int, value byte) func([]byte) []byte {
		return func(b []byte) []byte { b[at] = value; return b }
	}
	cut := func(n int) func([]byte) []byte {
		return func(b []byte) []byte { return b[:n] }
	}
	refused := func(a *Advert) { *a = Advert{Version: a.Version, VRID: 7} }
	refused3 := func(a *Advert) { *a = Advert{Version: 3, VRID: 7} }
	for _, tt := range []struct {
		name   string
		valid  Advert
		change func([]byte) []byte
		err    error
		want   func(a *Advert)
		rest   string
	}{
		{"nothing", v2, cut(0), ErrShort, func(a *Advert) { *a = Advert{} }, ""},
		{"a version", v2, cut(1), ErrShort, func(a *Advert) { *a = Advert{Version: 2} }, ""},
		{"half a header", v2, cut(7), ErrShort, refused, ""},
		{"a header", v3, cut(8), ErrShort, refused, ""},
		{"half an address", v3, cut(15), ErrShort, refused, ""},
		{"half an IPv6 address", v6, cut(39), ErrShort, refused, ""},
		{"two addresses too many", v2, set(3, 4), ErrShort, refused, ""},
		{"one too few", v2, set(3, 1), ErrChecksum, refused, "5678"},
		{"version 3 with a password", v2, set(0, 0x31), ErrChecksum, refused3, "12345678"},
		{"version 3, and the password as addresses", v2, func(b []byte) []byte { b[0], b[3] = 0x31, 4; return b }, ErrChecksum, refused3, ""},
		{"half a password", v2, cut(20), ErrShort, refused, ""},
		{"version 4", v3, set(0, 0x41), ErrVersion, func(a *Advert) { *a = Advert{Version: 4, VRID: 7} }, ""},
		{"type 2", v3, set(0, 0x32), ErrType, refused, ""},
		{"priority changed", v2, set(2, 5), ErrChecksum, refused, ""},
		{"priority changed, version 3", v3, set(2, 5), ErrChecksum, refused, ""},
		{"more behind it", v3, func(b []byte) []byte { return append(b, "more"...) }, nil, func(*Advert) {}, "more"},
		{"more behind it, IPv6", v6, func(b []byte) []byte { return append(b, "more"...) }, nil, func(*Advert) {}, "more"},
		{"more behind it, changed", v2, func(b []byte) []byte { b[2] = 5; return append(b, "more"...) }, ErrChecksum,
			refused, "more"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			from, to := src, dst
			if tt.valid.Addresses[0].Is6() {
				from, to = netip.MustParseAddr("fe80::2"), netip.MustParseAddr("ff02::12")
			}
			b, err := tt.valid.Append(nil, from, to)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.valid
			tt.want(&want)
			got := Advert{Version: 9, Priority: 9, Interval: 9, Checksum: 9, AuthType: 9, Key: [8]byte{9}, Addresses: addrs("::9")}
			rest, err := got.DecodePartial(tt.change(b), from, to)
			if !errors.Is(err, tt.err) || string(rest) != tt.rest {
				t.Errorf("error %v, want %v; behind it %q, want %q", err, tt.err, rest, tt.rest)
			}
			if len(got.Addresses) == 0 {
				got.Addresses = nil
			}
			if d := cmp.Diff(want, got, addrCmp); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// The daemon and those who look on agree about every message.
func FuzzInspect(f *testing.F) {
	for _, v := range vectors {
		for _, d := range readVector(f, v.name) {
			f.Add(d.payload, d.src.AsSlice(), d.dst.AsSlice())
		}
	}
	f.Fuzz(func(t *testing.T, b, from, to []byte) {
		src, _ := netip.AddrFromSlice(from)
		dst, _ := netip.AddrFromSlice(to)
		if !src.IsValid() || src.Is4() != dst.Is4() || src.Is4In6() {
			return
		}
		var want, got Advert
		strict := want.DecodeFromBytes(b, src, dst)
		rest, err := got.DecodePartial(b, src, dst)
		if len(rest) > 0 {
			if strict != ErrLong {
				t.Fatalf("%x is behind %x: %v", rest, b, strict)
			}
			strict = want.DecodeFromBytes(bytes.TrimSuffix(b, rest), src, dst)
		}
		if err != strict {
			t.Fatalf("%x: %v, and %v", b, strict, err)
		}
		if err == nil && !cmp.Equal(want, got, addrCmp) {
			t.Fatalf("%x: %+v, and %+v", b, want, got)
		}
	})
}
