package vrrp

import (
	"slices"
	"testing"
)

func TestAuthHeader(t *testing.T) {
	whole := []byte{112, 4, 0, 0, 0xc0, 0, 2, 1, 0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x21, 51}
	var h AuthHeader
	payload, err := h.DecodeFromBytes(whole)
	if err != nil || h.Next != Protocol || h.SPI != 0xc0000201 || h.Sequence != 7 {
		t.Errorf("%+v, %v", h, err)
	}
	if !slices.Equal(h.Data, whole[12:24]) || !slices.Equal(payload, whole[24:]) {
		t.Errorf("%+v, then %x", h, payload)
	}
	for n := range 24 {
		if _, err := h.DecodeFromBytes(whole[:n]); err != ErrShort {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	whole[1] = 0 // shorter than what every header has
	if _, err := h.DecodeFromBytes(whole); err != ErrShort {
		t.Errorf("a header of 8 bytes: %v", err)
	}
}
