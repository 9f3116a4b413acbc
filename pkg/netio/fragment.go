package netio

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

const moreFragments = 0x2000 // a flag in the header (RFC 791 section 3.1)

// sendFragments sends a packet in parts that fit into the interface's MTU, each
// with the header of the whole. The kernel fragments packets, but not those of raw
// sockets with a header of their own (raw(7)). It is needed where an MTU was made
// smaller while routers run: they must go on to agree on what an advert carries.
func (v *VRRP4) sendFragments(packet []byte) error {
	mtu, err := mtuOf(v.send, v.ifname)
	if err != nil {
		return err
	}
	// Offsets count eight bytes.
	size := (mtu - headerLen) &^ 7
	if size <= 0 {
		return unix.EMSGSIZE
	}
	var b [maxPacket]byte
	copy(b[:headerLen], packet)
	payload := packet[headerLen:]
	for offset := 0; offset < len(payload); offset += size {
		part := payload[offset:min(offset+size, len(payload))]
		field := uint16(offset / 8)
		if offset+len(part) < len(payload) {
			field |= moreFragments
		}
		binary.BigEndian.PutUint16(b[2:], uint16(headerLen+len(part)))
		binary.BigEndian.PutUint16(b[6:], field)
		n := headerLen + copy(b[headerLen:], part)
		if err := v.sendPacket(b[:n]); err != nil {
			return err
		}
	}
	return nil
}

// mtuOf asks, by a socket, for the MTU of an interface.
func mtuOf(fd int, ifname string) (int, error) {
	ifr, err := unix.NewIfreq(ifname)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFMTU, ifr); err != nil {
		return 0, err
	}
	return int(ifr.Uint32()), nil
}
