package vrrp

import "net/netip"

// Inspect is DecodeFromBytes for those who show what is on the wire and act on
// nothing: whatever is wrong with a message, it sets the fields that can be
// read, and leaves the others zero. Of addresses that are cut off it sets those
// that are whole. Checksum is 0 with ErrChecksum.
//
// What follows the message is no error: it is returned as it is. A signature may
// be there ([Signature]), which neither the length nor the checksum covers.
func (a *Advert) Inspect(b []byte, src, dst netip.Addr) (rest []byte, err error) {
	*a = Advert{Addresses: a.Addresses[:0]}
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
	whole := min(end, len(b)-(len(b)-headerLen)%size)
	a.fill(b, b[headerLen:whole], size)
	switch {
	case b[0]&0xf != typeAdvertisement:
		return nil, ErrType
	case len(b) < end+trailer:
		return nil, ErrShort
	}
	message, rest := b[:end+trailer], b[end+trailer:]
	copy(a.Key[:], message[end:])
	if a.Checksum = a.verify(message, src, dst); a.Checksum == 0 {
		return rest, ErrChecksum
	}
	return rest, nil
}
