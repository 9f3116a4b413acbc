package netio

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ethernet"
	"github.com/mdlayher/packet"
)

// An ARP announces IPv4 addresses on one Ethernet interface.
type ARP struct {
	ifname string
	mac    net.HardwareAddr
	conn   *packet.Conn
}

// OpenARP opens a sender of gratuitous ARP on the interface, whose hardware
// address is mac. It needs the capability CAP_NET_RAW.
func OpenARP(ifname string, ifindex int, mac net.HardwareAddr) (*ARP, error) {
	if len(mac) != 6 {
		return nil, fmt.Errorf("open ARP socket on %s: hardware address %q is not an Ethernet address", ifname, mac)
	}
	// Protocol 0 receives nothing: the frames name their own.
	conn, err := packet.Listen(&net.Interface{Index: ifindex, Name: ifname}, packet.Raw, 0, nil)
	if err != nil {
		return nil, fmt.Errorf("open ARP socket on %s: %w", ifname, err)
	}
	// A copy: what it is a part of may be a list of all interfaces.
	return &ARP{ifname: ifname, mac: slices.Clone(mac), conn: conn}, nil
}

// sendWithin is how long one announcement may wait for room in the buffer of an
// interface that is stuck.
const sendWithin = 100 * time.Millisecond

// Announce broadcasts one gratuitous ARP request: addr is at our hardware
// address (RFC 5227 section 3). It waits for at most 100 ms.
func (a *ARP) Announce(addr netip.Addr) error {
	frame, err := gratuitous(a.mac, addr)
	if err == nil {
		err = a.conn.SetWriteDeadline(time.Now().Add(sendWithin))
	}
	if err == nil {
		_, err = a.conn.WriteTo(frame, &packet.Addr{HardwareAddr: ethernet.Broadcast})
	}
	if err != nil {
		return fmt.Errorf("announce %s on %s: %w", addr, a.ifname, err)
	}
	return nil
}

// Close closes the socket.
func (a *ARP) Close() error {
	if err := a.conn.Close(); err != nil {
		return fmt.Errorf("close ARP socket on %s: %w", a.ifname, err)
	}
	return nil
}

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
	frame := make([]byte, 0, 2*len(mac)+2+len(body))
	frame = append(frame, ethernet.Broadcast...)
	frame = append(frame, mac...)
	frame = append(frame, byte(ethernet.EtherTypeARP>>8), byte(ethernet.EtherTypeARP&0xff))
	return append(frame, body...), nil
}
