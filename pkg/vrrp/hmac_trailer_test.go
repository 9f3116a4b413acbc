package vrrp

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/secret"
)

// vectorKey is the key of the capture v3-hmac.
func vectorKey() HMACKey {
	return HMACKey{ID: 1, Secret: secret.New(string(vectorSecret()))}
}

func vectorSecret() (b []byte) {
	for i := range 32 {
		b = append(b, byte(i))
	}
	return b
}

// keepalived's own signatures are right, and ours are the same.
func TestSignatureVectors(t *testing.T) {
	messages := readVector(t, "v3-hmac")
	if len(messages) != 5 {
		t.Fatalf("%d messages", len(messages))
	}
	signer, before := NewHMACSigner(vectorKey()), Timestamp(0)
	for i, m := range messages {
		var a Advert
		mark, err := a.DecodePartial(m.payload, m.src, m.dst)
		if err != nil {
			t.Fatal(err)
		}
		message := m.payload[:len(m.payload)-len(mark)]
		var s HMACTrailer
		if err := s.DecodeFromBytes(mark); err != nil {
			t.Fatal(err)
		}
		if s.KeyID != 1 || s.Timestamp <= before {
			t.Errorf("message %d: %+v after %d", i, s, before)
		}
		before = s.Timestamp
		if !signer.Verify(message, mark, m.src) {
			t.Errorf("message %d is not right", i)
		}
		if got := signer.Append(message[:len(message):len(message)], m.src, s.Timestamp); !bytes.Equal(got, m.payload) {
			t.Errorf("message %d:\nsigned   %x\ncaptured %x", i, got, m.payload)
		}
	}
	if at := before.Time(); at.Format(time.RFC3339) != "2026-11-20T12:16:17Z" || before.Counter() != 0 {
		t.Errorf("the last is of %v, %d", at, before.Counter())
	}
}

// Whatever is changed, the signature is wrong; but for the checksum, which is
// not signed.
func TestSignatureCoversEverything(t *testing.T) {
	for _, from := range []string{"192.0.2.1", "fe80::1"} {
		src := netip.MustParseAddr(from)
		message := make([]byte, 24)
		for i := range message {
			message[i] = byte(i)
		}
		signer := NewHMACSigner(vectorKey())
		whole := signer.Append(slices.Clone(message), src, 7)
		verify := func(b []byte, src netip.Addr) bool {
			return signer.Verify(b[:len(message)], b[len(message):], src)
		}
		if !verify(whole, src) {
			t.Fatal("what was signed is wrong")
		}
		for i := range whole {
			b := slices.Clone(whole)
			b[i] ^= 0x10
			if got, want := verify(b, src), i == 6 || i == 7; got != want {
				t.Errorf("byte %d changed: %v, want %v", i, got, want)
			}
		}
		if verify(whole, src.Next()) {
			t.Error("it is right from another")
		}
		other := vectorSecret()
		other[31]++
		if NewHMACSigner(HMACKey{ID: 1, Secret: secret.New(string(other))}).Verify(message, whole[len(message):], src) {
			t.Error("it is right with another key")
		}
		if signer.Verify(message, whole[len(message):len(whole)-1], src) || signer.Verify(message[:7], whole[len(message):], src) {
			t.Error("a part is right")
		}
	}
}

// The tag of a message over IPv6, of which there is no capture, by what is
// written about it.
func TestSignatureIPv6(t *testing.T) {
	src := netip.MustParseAddr("fe80::1")
	message := append([]byte{0x31, 51, 150, 1, 0, 100, 0x12, 0x34}, src.AsSlice()...)
	mac := hmac.New(sha256.New, vectorSecret())
	mac.Write([]byte{6, 3, 51, 0})
	mac.Write(src.AsSlice())
	mac.Write([]byte{0x31, 51, 150, 1, 0, 100, 0, 0})
	mac.Write(src.AsSlice())
	mac.Write([]byte{1, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	mac.Write(make([]byte, 16))
	want := mac.Sum(nil)[:16]
	got := NewHMACSigner(vectorKey()).Append(message, src, 0x0102030405060708)
	if got := got[len(message)+12:]; !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

func TestSignatureMalformed(t *testing.T) {
	var s HMACTrailer
	good := make([]byte, HMACTrailerLen)
	good[0] = 1
	if err := s.DecodeFromBytes(good); err != nil {
		t.Error(err)
	}
	for _, b := range [][]byte{nil, good[:27], append(slices.Clone(good), 0), make([]byte, HMACTrailerLen)} {
		if err := s.DecodeFromBytes(b); err != ErrHMACTrailer {
			t.Errorf("%x: %v", b, err)
		}
	}
}

func TestStamp(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 750_000_000, time.UTC)
	s := TimestampAt(at)
	if s != Timestamp(at.Unix())<<32|0xc000<<16 || s.Counter() != 0 || !s.Time().Equal(at) {
		t.Errorf("%#x, %v", uint64(s), s.Time())
	}
	if s++; s.Counter() != 1 || !s.Time().Equal(at) {
		t.Errorf("%#x, %v", uint64(s), s.Time())
	}
	if last := TimestampAt(at.Add(249_999_999)); last>>32 != s>>32 || last <= s || last.Time().After(at.Add(250*time.Millisecond)) {
		t.Errorf("%#x, %v", uint64(last), last.Time())
	}
}

func TestSignerDoesNotAllocate(t *testing.T) {
	src := netip.MustParseAddr("192.0.2.1")
	signer, message := NewHMACSigner(vectorKey()), make([]byte, 16, 64)
	if n := testing.AllocsPerRun(100, func() {
		b := signer.Append(message, src, 1)
		if !signer.Verify(message, b[len(message):], src) {
			t.Fatal("it is wrong")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkVerify(b *testing.B) {
	m := readVector(b, "v3-hmac")[0]
	signer, end := NewHMACSigner(vectorKey()), len(m.payload)-HMACTrailerLen
	b.ReportAllocs()
	for b.Loop() {
		if !signer.Verify(m.payload[:end], m.payload[end:], m.src) {
			b.Fatal("it is wrong")
		}
	}
}
