package netio

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ethernet"
	"golang.org/x/sys/unix"
)

// An ARP announces IPv4 addresses on one Ethernet interface. It is for one
// goroutine at a time.
type ARP struct {
	ifname string
	fd     int
	to     unix.SockaddrLinklayer
	frame  []byte // all but the address
}

// Where the announced address stands in the frame, as sender and as target.
const (
	etherLen  = 14
	senderIP  = etherLen + 14
	targetIP  = etherLen + 24
	arpLength = etherLen + 28
)

// OpenARP opens a sender of gratuitous ARP on the interface, whose hardware
// address is mac. It needs the capability CAP_NET_RAW.
func OpenARP(ifname string, ifindex int, mac net.HardwareAddr) (*ARP, error) {
	if len(mac) != 6 {
		return nil, fmt.Errorf("open ARP socket on %s: hardware address %q is not an Ethernet address", ifname, mac)
	}
	frame, err := gratuitous(mac, netip.IPv4Unspecified())
	if err != nil {
		return nil, fmt.Errorf("open ARP socket on %s: %w", ifname, err)
	}
	// Protocol 0 receives nothing: the frames name their own.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open ARP socket on %s: %w", ifname, opening(err))
	}
	a := &ARP{ifname: ifname, fd: fd, frame: frame}
	a.to = unix.SockaddrLinklayer{
		Protocol: binary.NativeEndian.Uint16(frame[2*len(mac):]), // as it stands there
		Ifindex:  ifindex, Halen: uint8(len(mac)),
	}
	copy(a.to.Addr[:], ethernet.Broadcast)
	return a, nil
}

// sendWithin is how many milliseconds one announcement may wait for room in the
// buffer of an interface that is stuck.
const sendWithin = 100

// Announce broadcasts one gratuitous ARP request: addr is at our hardware
// address (RFC 5227 section 3). It waits for at most 100 ms.
func (a *ARP) Announce(addr netip.Addr) error {
	if !addr.Is4() {
		return fmt.Errorf("announce %s on %s: not an IPv4 address", addr, a.ifname)
	}
	v4 := addr.As4()
	copy(a.frame[senderIP:], v4[:])
	copy(a.frame[targetIP:], v4[:])
	for {
		err := unix.Sendto(a.fd, a.frame, 0, &a.to)
		switch err {
		case nil:
			return nil
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			if n, _ := unix.Poll([]unix.PollFd{{Fd: int32(a.fd), Events: unix.POLLOUT}}, sendWithin); n > 0 {
				continue
			}
		}
		return fmt.Errorf("announce %s on %s: %w", addr, a.ifname, sending(err))
	}
}

// Close closes the socket.
func (a *ARP) Close() error {
	if err := unix.Close(a.fd); err != nil {
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
	frame := make([]byte, 0, arpLength)
	frame = append(frame, ethernet.Broadcast...)
	frame = append(frame, mac...)
	frame = append(frame, byte(ethernet.EtherTypeARP>>8), byte(ethernet.EtherTypeARP&0xff))
	return append(frame, body...), nil
}
