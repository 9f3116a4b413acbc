package vrrp

import "net/netip"

// DecodePartial is DecodeFromBytes for those who show what is on the wire and act on
// nothing. Of a message that it refuses it sets Version and VRID alone, as far as
// they are there: what else a wrong message seems to say may be anything, a
// password where addresses should be.
//
// What follows the message is no error: it is returned as it is. A signature may
// be there ([HMACTrailer]), which neither the length nor the checksum covers.
func (a *Advert) DecodePartial(b []byte, src, dst netip.Addr) (rest []byte, err error) {
	a.Refuse()
	a.Version, a.VRID = 0, 0
	if len(b) > 0 {
		a.Version = b[0] >> 4
	}
	if len(b) > 1 {
		a.VRID = b[1]
	}
	switch {
	case len(b) < headerLen:
		return nil, ErrShort
	case a.Version != 2 && a.Version != 3:
		return nil, ErrVersion
	}
	size, trailer := a.layout(src)
	end := headerLen + int(b[3])*size // of the addresses
	switch {
	case b[0]&0xf != typeAdvertisement:
		return nil, ErrType
	case len(b) < end+trailer:
		return nil, ErrShort
	}
	message, rest := b[:end+trailer], b[end+trailer:]
	if a.Checksum = a.verify(message, src, dst); a.Checksum == 0 {
		return rest, ErrChecksum
	}
	a.fill(b, b[headerLen:end], size)
	copy(a.Key[:], message[end:])
	return rest, nil
}

// Refuse clears all but Version and VRID, which say whose the message was.
func (a *Advert) Refuse() {
	*a = Advert{Version: a.Version, VRID: a.VRID, Addresses: a.Addresses[:0]}
}
