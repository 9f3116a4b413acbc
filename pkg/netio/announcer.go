package netio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// An Announcer announces addresses on one Ethernet interface: IPv4 ones by gratuitous
// ARP, IPv6 ones by unsolicited neighbour advertisements. It is for one goroutine at
// a time.
type Announcer struct {
	ifname string
	fd     int
	mac    net.HardwareAddr
	to     unix.SockaddrLinklayer
	arp    []byte // the frame, all but the address
	// router says that advertisements are those of a router.
	router bool
}

// etherLen is the length of a frame's header.
const etherLen = 14

// OpenAnnouncer opens what announces addresses on the interface, whose hardware
// address is mac. It needs the capability CAP_NET_RAW.
func OpenAnnouncer(ifname string, ifindex int, mac net.HardwareAddr) (*Announcer, error) {
	if len(mac) != 6 {
		return nil, fmt.Errorf("open a socket to announce addresses on %s: hardware address %q is not an Ethernet address", ifname, mac)
	}
	frame, err := gratuitous(mac, netip.IPv4Unspecified())
	if err != nil {
		return nil, fmt.Errorf("open a socket to announce addresses on %s: %w", ifname, err)
	}
	// Protocol 0 receives nothing: the frames name their own.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a socket to announce addresses on %s: %w", ifname, opening(err))
	}
	return &Announcer{
		ifname: ifname, fd: fd, mac: mac, arp: frame, router: forwards(ifname),
		to: unix.SockaddrLinklayer{Ifindex: ifindex, Halen: uint8(len(mac))},
	}, nil
}

// sendWithin is how many milliseconds one announcement may wait for room in the
// buffer of an interface that is stuck.
const sendWithin = 100

// Announce tells the neighbours that addr is at our hardware address: by a gratuitous
// ARP request (RFC 5227 section 3), or by an unsolicited neighbour advertisement (RFC
// 4861 section 7.2.6). It waits for at most 100 ms.
func (a *Announcer) Announce(addr netip.Addr) error {
	frame := a.arp
	switch {
	case addr.Is4():
		putARP(frame, addr)
	case addr.Is6():
		var err error
		if frame, err = unsolicited(a.mac, addr, a.router); err != nil {
			return fmt.Errorf("announce %s on %s: %w", addr, a.ifname, err)
		}
	default:
		return fmt.Errorf("announce %s on %s: not an address", addr, a.ifname)
	}
	copy(a.to.Addr[:], frame[:len(a.mac)])
	a.to.Protocol = binary.NativeEndian.Uint16(frame[2*len(a.mac):]) // as it stands there
	if err := a.send(frame); err != nil {
		return fmt.Errorf("announce %s on %s: %w", addr, a.ifname, sending(err))
	}
	return nil
}

func (a *Announcer) send(frame []byte) error {
	for {
		err := unix.Sendto(a.fd, frame, 0, &a.to)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			if n, _ := unix.Poll([]unix.PollFd{{Fd: int32(a.fd), Events: unix.POLLOUT}}, sendWithin); n > 0 {
				continue
			}
		}
		return err
	}
}

// Close closes the socket.
func (a *Announcer) Close() error {
	if err := unix.Close(a.fd); err != nil {
		return fmt.Errorf("close the socket to announce addresses on %s: %w", a.ifname, err)
	}
	return nil
}
