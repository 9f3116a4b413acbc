package netio

import (
	"net"
	"net/netip"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ethernet"
)

// Where the announced address stands in the frame, as sender and as target.
const (
	senderIP  = etherLen + 14
	targetIP  = etherLen + 24
	arpLength = etherLen + 28
)

// gratuitous returns the frame as keepalived sends it: a request with the
// address as sender and target, and all ones, not zeros, for the target's
// hardware address.
func gratuitous(mac net.HardwareAddr, addr netip.Addr) ([]byte, error) {
	p, err := arp.NewPacket(arp.OperationRequest, mac, addr, ethernet.Broadcast, addr)
	if err != nil {
		return nil, err
	}
	body, err := p.MarshalBinary()
	if err != nil {
		return nil, err
	}
	// Not ethernet.Frame: it pads to 60 bytes, which is the driver's business.
	frame := make([]byte, 0, arpLength)
	frame = append(frame, ethernet.Broadcast...)
	frame = append(frame, mac...)
	frame = append(frame, byte(ethernet.EtherTypeARP>>8), byte(ethernet.EtherTypeARP&0xff))
	return append(frame, body...), nil
}

// putARP makes the address of a frame of gratuitous another one.
func putARP(frame []byte, addr netip.Addr) {
	v4 := addr.As4()
	copy(frame[senderIP:], v4[:])
	copy(frame[targetIP:], v4[:])
}
