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

// SignatureLen is the length of a signature, in bytes.
const SignatureLen = 28

const (
	signatureHMAC = 1  // the only type
	tagAt         = 12 // in the signature
	tagLen        = SignatureLen - tagAt
)

// ErrSignature is what follows a message and is no signature.
var ErrSignature = errors.New("what follows the message is no signature")

// A Signature is what auth_hmac puts behind a message: outside of the length that
// this has, and of its checksum.
type Signature struct {
	KeyID uint8
	Stamp Stamp
	Tag   [tagLen]byte
}

// DecodeFromBytes reads a signature. It verifies nothing: a [Signer] does.
func (s *Signature) DecodeFromBytes(b []byte) error {
	if len(b) != SignatureLen || b[0] != signatureHMAC {
		return ErrSignature
	}
	s.KeyID = b[1]
	s.Stamp = Stamp(binary.BigEndian.Uint64(b[4:]))
	s.Tag = [tagLen]byte(b[tagAt:])
	return nil
}

// A Stamp grows from each advert of a sender to the next: the seconds since 1970
// in its upper half, then 1/65536 s in 16 bits, then a counter in 16.
type Stamp uint64

// StampAt is the stamp of a time, with a counter of 0.
func StampAt(t time.Time) Stamp {
	return Stamp(uint32(t.Unix()))<<32 | Stamp(t.Nanosecond())<<16/1e9<<16
}

// Time is the sender's clock, in UTC.
func (s Stamp) Time() time.Time {
	return time.Unix(int64(s>>32), int64(s>>16&0xffff)*1e9>>16).UTC()
}

// Counter tells the stamps of one moment apart.
func (s Stamp) Counter() uint16 { return uint16(s) }

// A Signer signs messages with one key, and verifies signatures. It is for one
// goroutine at a time, and allocates nothing once it was used.
type Signer struct {
	id  uint8
	mac hash.Hash

	// What the hash is given and gives; kept, for it would be allocated for
	// each call.
	pseudo [20]byte
	head   [headerLen]byte
	tag    [sha256.Size]byte
}

// NewSigner returns a signer for a key.
func NewSigner(k HMACKey) *Signer {
	return &Signer{id: k.ID, mac: hmac.New(sha256.New, k.Secret)}
}

// KeyID is the id of the signer's key.
func (s *Signer) KeyID() uint8 { return s.id }

// Append appends to a message, which has all of a header at least, its
// signature. at must be larger than with the message before.
func (s *Signer) Append(message []byte, src netip.Addr, at Stamp) []byte {
	b := append(message, signatureHMAC, s.id, 0, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(at))
	return append(b, s.sum(message, src, b[len(message):])...)
}

// Verify says whether a signature, SignatureLen bytes, was made with the
// signer's key for a message from src. How long it takes says nothing about the
// key.
func (s *Signer) Verify(message, signature []byte, src netip.Addr) bool {
	if len(message) < headerLen || len(signature) != SignatureLen {
		return false
	}
	return subtle.ConstantTimeCompare(s.sum(message, src, signature[:tagAt]), signature[tagAt:]) == 1
}

// noTag stands where the tag will be.
var noTag [tagLen]byte

// sum returns the tag: of what stands for the IP header, the message without its
// checksum, and the signature as far as its tag.
func (s *Signer) sum(message []byte, src netip.Addr, signature []byte) []byte {
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
