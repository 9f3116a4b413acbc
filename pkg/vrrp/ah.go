package vrrp

import (
	"encoding/binary"
	"net/netip"
)

// ProtocolAH is the IP protocol number of the authentication header (RFC 2402)
// that a version 2 message of type AuthAH comes in.
const ProtocolAH = 51

// ahFixed is the length of an authentication header without its authentication
// data, in bytes.
const ahFixed = 12

// An AuthHeader is an authentication header (RFC 2402 section 2).
type AuthHeader struct {
	// Next is the IP protocol of what follows.
	Next          uint8
	SPI, Sequence uint32
	// Data is the authentication data, part of what was decoded; in VRRP, 12
	// bytes of an HMAC-MD5.
	Data []byte
}

// spi is the index that keepalived names a sender by: its address, which is of IPv4.
func spi(a netip.Addr) uint32 {
	if !a.Is4() {
		return 0
	}
	v4 := a.As4()
	return binary.BigEndian.Uint32(v4[:])
}

// Within returns the VRRP message in the payload of an IP packet of a protocol, nil if
// there is none.
func Within(protocol uint8, payload []byte) []byte {
	if protocol != ProtocolAH {
		return payload
	}
	var h AuthHeader
	message, err := h.DecodeFromBytes(payload)
	if err != nil || h.Next != Protocol || len(h.Data) != icvLen {
		return nil
	}
	return message
}

// DecodeFromBytes reads the header and returns what follows it. The fields are
// undefined after an error, which is ErrShort.
func (h *AuthHeader) DecodeFromBytes(b []byte) (payload []byte, err error) {
	if len(b) < ahFixed {
		return nil, ErrShort
	}
	size := (int(b[1]) + 2) * 4
	if size < ahFixed || len(b) < size {
		return nil, ErrShort
	}
	h.Next = b[0]
	h.SPI, h.Sequence = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	h.Data = b[ahFixed:size]
	return b[size:], nil
}
