package netio

import "golang.org/x/sys/unix"

// sendFragments sends a packet in parts that fit into the interface's MTU, as that
// of a VRRP4 does.
func (v *VRRP6) sendFragments(packet []byte) error {
	mtu, err := mtuOf(v.send, v.ifname)
	if err != nil {
		return err
	}
	// Offsets count eight bytes.
	size := (mtu - header6Len - fragmentLen) &^ 7
	if size <= 0 {
		return unix.EMSGSIZE
	}
	v.id++
	var b [maxPacket]byte
	copy(b[:header6Len], packet)
	b[6] = nextFragment
	payload := packet[header6Len:]
	for offset := 0; offset < len(payload); offset += size {
		part := payload[offset:min(offset+size, len(payload))]
		putFragment(b[header6Len:], v.id, offset, offset+len(part) < len(payload))
		putLength6(b[:], fragmentLen+len(part))
		n := header6Len + fragmentLen + copy(b[header6Len+fragmentLen:], part)
		if err := v.sendPacket(b[:n]); err != nil {
			return err
		}
	}
	return nil
}
