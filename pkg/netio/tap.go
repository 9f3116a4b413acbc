package netio

import (
	"fmt"
	"os"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// tapBuffer takes the adverts that come while the owner is busy; what a flood
// adds is lost.
const tapBuffer = 64 << 10

// A Tap receives the VRRP packets of one family that reach an interface, those in
// authentication headers too, before the
// packet filter of this host sees them. Packets that the kernel throws away for
// their IP header it does not have either. As long as it is open the kernel looks at
// every packet of the interface for it. Its methods never block, and are for one
// goroutine at a time.
type Tap struct {
	ifname  string
	ifindex int
	ipv6    bool
	fd      int
}

// OpenTap opens a tap on the interface, for IPv4 or for IPv6. It needs the
// capability CAP_NET_RAW.
func OpenTap(ifname string, ifindex int, ipv6 bool) (*Tap, error) {
	// Of no protocol, it receives nothing until it is bound.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", ifname, os.NewSyscallError("socket", err))
	}
	t := &Tap{ifname: ifname, ifindex: ifindex, ipv6: ipv6, fd: fd}
	if err := t.open(); err != nil {
		t.Close()
		return nil, fmt.Errorf("listen on %s: %w", ifname, err)
	}
	return t, nil
}

func (t *Tap) open() error {
	if err := attach(t.fd, tapFilter(t.ipv6)); err != nil {
		return os.NewSyscallError("setsockopt SO_ATTACH_FILTER", err)
	}
	if err := unix.SetsockoptInt(t.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, tapBuffer); err != nil {
		return os.NewSyscallError("setsockopt SO_RCVBUF", err)
	}
	// Of all protocols: those of one protocol are served after the packet
	// filter's first hook, these before.
	err := unix.Bind(t.fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: t.ifindex})
	return os.NewSyscallError("bind", err)
}

// networkOrder turns a protocol number round, as packet(7) wants it.
func networkOrder(n uint16) uint16 { return n<<8 | n>>8 }

// tapFilter lets through what comes in of VRRP over IPv4 or IPv6. A tap sees packets
// from their IP header on.
func tapFilter(ipv6 bool) []bpf.Instruction {
	etherType, protocolAt := uint32(unix.ETH_P_IP), uint32(9)
	if ipv6 {
		etherType, protocolAt = unix.ETH_P_IPV6, 6
	}
	return []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtProto},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: etherType, SkipTrue: 8},
		bpf.LoadAbsolute{Off: protocolAt, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocolVRRP, SkipTrue: 4},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolAH, SkipTrue: 5},
		bpf.LoadMemShift{Off: 0},          // the length of an IPv4 header
		bpf.LoadIndirect{Off: 0, Size: 1}, // what the authentication header carries
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolVRRP, SkipTrue: 2},
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpLessOrEqual, Val: unix.PACKET_MULTICAST, SkipTrue: 1}, // for this host
		bpf.RetConstant{Val: reject},
		bpf.RetConstant{Val: accept},
	}
}

// FD is the descriptor that is readable when there is something to receive.
func (t *Tap) FD() int { return t.fd }

// Receive reads one packet into p. It returns unix.EAGAIN, as it is, when there
// is none. What Packet says of it is as with VRRP4, but Age is 0.
func (t *Tap) Receive(p *Packet) error {
	for range unsoundAtMost {
		n, _, err := unix.Recvfrom(t.fd, p.buf[:], 0)
		switch err {
		case nil:
		case unix.EAGAIN:
			return unix.EAGAIN
		case unix.EINTR:
			continue
		default:
			return fmt.Errorf("listen on %s: %w", t.ifname, err)
		}
		if t.ipv6 && p.parse6(n) || !t.ipv6 && p.sound(n) && p.parse(n) {
			p.IfIndex, p.Age = t.ifindex, 0
			return nil
		}
	}
	return unix.EAGAIN // for now: others want their turn
}

// unsoundAtMost is how many packets that do not count Receive passes over at once.
const unsoundAtMost = 64

// Close closes the tap. The kernel takes some milliseconds for it.
func (t *Tap) Close() error {
	if err := unix.Close(t.fd); err != nil {
		return fmt.Errorf("listen on %s no more: %w", t.ifname, err)
	}
	return nil
}
