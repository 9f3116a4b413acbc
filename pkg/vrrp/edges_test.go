package vrrp

import (
	"bytes"
	"net/netip"
	"testing"
)

// What is as short as it may be is read, and verified.
func TestSignatureShortest(t *testing.T) {
	var h AuthHeader
	if payload, err := h.DecodeFromBytes([]byte{112, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7}); err != nil || len(h.Data) != 0 || len(payload) != 0 {
		t.Errorf("a header of 12 bytes: %+v, then %x, %v", h, payload, err)
	}
	ip := IPHeader{7, 255, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("224.0.0.18")}
	ah := NewAHSigner(ahAuth("1111"))
	if !ah.Verify(ah.Append(nil, nil, 7, ip), ip) {
		t.Error("an authentication header without a message is not right")
	}
	message, s := []byte{0x31, 51, 100, 0, 0, 100, 0, 0}, NewHMACSigner(vectorKey())
	signature := s.Append(bytes.Clone(message), ip.Src, 1)[len(message):]
	if !s.Verify(message, signature, ip.Src) {
		t.Error("the signature of a message without addresses is not right")
	}
	var trailer HMACTrailer
	if err := trailer.DecodeFromBytes(signature); err != nil || !bytes.Equal(trailer.Tag[:], signature[tagAt:]) {
		t.Errorf("%+v: %v", trailer, err)
	}
}
