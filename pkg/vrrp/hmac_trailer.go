package vrrp

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"hash"
	"net/netip"
	"time"
)

// HMACTrailerLen is the length of a trailer in bytes.
const HMACTrailerLen = 28

const (
	trailerType = 1  // the only type
	tagAt       = 12 // in the signature
	tagLen      = HMACTrailerLen - tagAt
)

// ErrHMACTrailer says that what follows a message is no HMACTrailer.
var ErrHMACTrailer = errors.New("what follows the message is no signature")

// An HMACTrailer is what auth_hmac puts behind a message: outside of the length that
// this has, and of its checksum.
type HMACTrailer struct {
	KeyID     uint8
	Timestamp Timestamp
	Tag       [tagLen]byte
}

// splitTrailer cuts off what follows a message from src, if it has the length of a
// trailer.
func splitTrailer(b []byte, src netip.Addr) (message, trailer []byte) {
	if len(b) < headerLen || b[0]>>4 != 3 {
		return b, nil
	}
	size, _ := (&Advert{Version: 3}).layout(src)
	end := headerLen + int(b[3])*size
	if len(b) != end+HMACTrailerLen {
		return b, nil
	}
	return b[:end], b[end:]
}

// DecodeFromBytes reads a trailer. It verifies nothing: a [HMACSigner] does.
func (s *HMACTrailer) DecodeFromBytes(b []byte) error {
	if len(b) != HMACTrailerLen || b[0] != trailerType {
		return ErrHMACTrailer
	}
	s.KeyID = b[1]
	s.Timestamp = Timestamp(binary.BigEndian.Uint64(b[4:]))
	s.Tag = [tagLen]byte(b[tagAt:])
	return nil
}

// A Timestamp grows from each advert of a sender to the next: the seconds since 1970
// in its upper half, then 1/65536 s in 16 bits, then a counter in 16.
type Timestamp uint64

// TimestampAt is the stamp of a time, with a counter of 0.
func TimestampAt(t time.Time) Timestamp {
	return Timestamp(uint32(t.Unix()))<<32 | Timestamp(t.Nanosecond())<<16/1e9<<16
}

// Time is the sender's clock, in UTC.
func (s Timestamp) Time() time.Time {
	return time.Unix(int64(s>>32), int64(s>>16&0xffff)*1e9>>16).UTC()
}

// Counter tells the stamps of one moment apart.
func (s Timestamp) Counter() uint16 { return uint16(s) }

// Next is the stamp of an advert that is sent at a time, after one with the stamp s:
// that of the time, or s and 1 where the clock has not moved on. 0 is none.
func (s Timestamp) Next(t time.Time) Timestamp {
	if at := TimestampAt(t); s == 0 || at.after(s) {
		return at
	}
	return s + 1
}

// NextWithin is Next where those who verify compare clocks. They refuse a stamp that is
// further ahead of the clock than window. After a clock that was ahead has been put right
// the last stamp is such a one, and the next begins anew from the clock.
func (s Timestamp) NextWithin(t time.Time, window time.Duration) Timestamp {
	if s.apart(t) > window {
		s = 0
	}
	return s.Next(t)
}

// after compares two stamps, of which the seconds may have passed the greatest number
// in between.
func (s Timestamp) after(o Timestamp) bool { return int64(s-o) > 0 }

// apart is how far the whole seconds of a stamp are from a clock.
func (s Timestamp) apart(t time.Time) time.Duration {
	return time.Duration(int32(uint32(s>>32)-uint32(t.Unix()))) * time.Second
}

// An HMACSigner signs messages with one key, and verifies signatures. It is for one
// goroutine at a time, and allocates nothing once it was used.
type HMACSigner struct {
	id  uint8
	mac hash.Hash

	// What the hash is given and gives; kept, for it would be allocated for
	// each call.
	pseudo [20]byte
	head   [headerLen]byte
	tag    [sha256.Size]byte
}

// NewHMACSigner returns a signer for a key.
func NewHMACSigner(k HMACKey) *HMACSigner {
	return &HMACSigner{id: k.ID, mac: hmac.New(sha256.New, []byte(k.Secret.Reveal()))}
}

// KeyID is the id of the signer's key.
func (s *HMACSigner) KeyID() uint8 { return s.id }

// Append appends to a message, which has all of a header at least, its
// signature. at must be larger than with the message before.
func (s *HMACSigner) Append(message []byte, src netip.Addr, at Timestamp) []byte {
	b := append(message, trailerType, s.id, 0, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(at))
	return append(b, s.sum(message, src, b[len(message):])...)
}

// Verify says whether a signature, HMACTrailerLen bytes, was made with the
// signer's key for a message from src. How long it takes says nothing about the
// key.
func (s *HMACSigner) Verify(message, signature []byte, src netip.Addr) bool {
	if len(message) < headerLen || len(signature) != HMACTrailerLen {
		return false
	}
	return subtle.ConstantTimeCompare(s.sum(message, src, signature[:tagAt]), signature[tagAt:]) == 1
}

// noTag stands where the tag will be.
var noTag [tagLen]byte

// sum returns the tag: of what stands for the IP header, the message without its
// checksum, and the signature as far as its tag.
func (s *HMACSigner) sum(message []byte, src netip.Addr, signature []byte) []byte {
	s.pseudo = [20]byte{0: 4, 1: message[0] >> 4, 2: message[1]}
	if src.Is4() {
		v4 := src.As4()
		copy(s.pseudo[4:], v4[:])
	} else {
		v6 := src.As16()
		s.pseudo[0] = 6
		copy(s.pseudo[4:], v6[:])
	}
	copy(s.head[:], message)
	s.head[6], s.head[7] = 0, 0
	s.mac.Reset()
	// A hash returns no errors.
	s.mac.Write(s.pseudo[:])
	s.mac.Write(s.head[:])
	s.mac.Write(message[headerLen:])
	s.mac.Write(signature)
	s.mac.Write(noTag[:])
	return s.mac.Sum(s.tag[:0])[:tagLen]
}
