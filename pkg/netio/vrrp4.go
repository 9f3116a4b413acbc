package netio

import (
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receiveBuffer takes the adverts of some thousand instances while the owner of
// the socket is busy.
const receiveBuffer = 1 << 20

// A VRRP4 sends and receives VRRP over IPv4 on one interface. Its methods never
// block. They are for one goroutine at a time; Send and Receive do not
// allocate.
type VRRP4 struct {
	ifname        string // for messages
	protocol      uint8
	ifindex       int
	receive, send int // file descriptors

	id  uint16
	to  unix.SockaddrInet4
	buf [maxPacket]byte

	// What recvmsg is called with; kept, for what is passed to the kernel by
	// pointer would be allocated for each call.
	msg  unix.Msghdr
	iov  unix.Iovec
	ctrl [64]byte
}

// OpenVRRP4 opens VRRP sockets on the interface, for plain adverts or, with ah, for
// those in authentication headers. It receives unicast adverts at once, those to a
// multicast group after Join. What is sent to a group is not heard by this host. It
// needs the capability CAP_NET_RAW. Without an interface, "" and 0, it receives what
// comes by unicast on any, and sends where the routes lead.
func OpenVRRP4(ifname string, ifindex int, ah bool) (*VRRP4, error) {
	return openVRRP4(ifname, ifindex, ah, true)
}

// OpenVRRP4Sender is OpenVRRP4 of a socket that receives nothing; FD is -1.
func OpenVRRP4Sender(ifname string, ifindex int, ah bool) (*VRRP4, error) {
	return openVRRP4(ifname, ifindex, ah, false)
}

func openVRRP4(ifname string, ifindex int, ah, receives bool) (*VRRP4, error) {
	v := &VRRP4{ifname: where(ifname), ifindex: ifindex, protocol: protocolVRRP, receive: -1, send: -1}
	if ah {
		v.protocol = protocolAH
	}
	if err := v.open(ifname, receives); err != nil {
		v.Close()
		return nil, fmt.Errorf("open VRRP socket on %s: %w", v.ifname, opening(err))
	}
	return v, nil
}

// where is the name of an interface for messages.
func where(ifname string) string {
	if ifname == "" {
		return "any interface"
	}
	return ifname
}

func (v *VRRP4) open(device string, receives bool) (err error) {
	const flags = unix.SOCK_RAW | unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	if receives {
		if v.receive, err = unix.Socket(unix.AF_INET, flags, int(v.protocol)); err != nil {
			return fmt.Errorf("socket: %w", err)
		}
	}
	// A socket of protocol RAW takes the IP header from us and is not visited
	// by packets that come in.
	if v.send, err = unix.Socket(unix.AF_INET, flags, unix.IPPROTO_RAW); err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	// Beyond the system's limit if we may, as far as it goes if not.
	if receives && unix.SetsockoptInt(v.receive, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		_ = unix.SetsockoptInt(v.receive, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	}
	for _, o := range []struct {
		name                   string
		fd, level, opt, option int
	}{
		// Without this the socket gets what any socket of the host joined.
		{"IP_MULTICAST_ALL", v.receive, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0},
		{"SO_TIMESTAMPNS", v.receive, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1},
		{"IP_MULTICAST_LOOP", v.send, unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, 0},
		// This is in our header already; here it gives the packet its place
		// in the queues of the interface.
		{"IP_TOS", v.send, unix.IPPROTO_IP, unix.IP_TOS, tosInternetControl},
	} {
		if o.fd < 0 {
			continue
		}
		if err := unix.SetsockoptInt(o.fd, o.level, o.opt, o.option); err != nil {
			return fmt.Errorf("set %s: %w", o.name, err)
		}
	}
	for _, fd := range []int{v.receive, v.send} {
		if fd < 0 {
			continue
		}
		if err := unix.BindToDevice(fd, device); err != nil {
			return fmt.Errorf("set SO_BINDTODEVICE: %w", err)
		}
	}
	via := &unix.IPMreqn{Ifindex: int32(v.ifindex)}
	if err := unix.SetsockoptIPMreqn(v.send, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, via); err != nil {
		return fmt.Errorf("set IP_MULTICAST_IF: %w", err)
	}
	return nil
}

// FD is the descriptor that is readable when there is something to receive.
func (v *VRRP4) FD() int { return v.receive }

// Close closes the sockets and with that leaves all groups.
func (v *VRRP4) Close() error {
	var first error
	for _, fd := range []*int{&v.receive, &v.send} {
		if *fd < 0 {
			continue
		}
		if err := unix.Close(*fd); err != nil && first == nil {
			first = fmt.Errorf("close VRRP socket on %s: %w", v.ifname, err)
		}
		*fd = -1
	}
	return first
}

// Join receives what is sent to group. To have joined already is no error.
func (v *VRRP4) Join(group netip.Addr) error {
	err := v.membership(unix.IP_ADD_MEMBERSHIP, group)
	if err != nil && err != unix.EADDRINUSE {
		return fmt.Errorf("join %s on %s: %w", group, v.ifname, opening(err))
	}
	return nil
}

// Leave ends what Join began, however often that was called.
func (v *VRRP4) Leave(group netip.Addr) error {
	err := v.membership(unix.IP_DROP_MEMBERSHIP, group)
	if err != nil && err != unix.EADDRNOTAVAIL {
		return fmt.Errorf("leave %s on %s: %w", group, v.ifname, err)
	}
	return nil
}

func (v *VRRP4) membership(option int, group netip.Addr) error {
	if !group.Is4() || !group.IsMulticast() {
		return fmt.Errorf("not an IPv4 multicast address: %w", unix.EINVAL)
	}
	return unix.SetsockoptIPMreqn(v.receive, unix.IPPROTO_IP, option,
		&unix.IPMreqn{Multiaddr: group.As4(), Ifindex: int32(v.ifindex)})
}

// Receive reads one packet into p. It returns unix.EAGAIN, as it is, when there
// is none.
func (v *VRRP4) Receive(p *Packet) error {
	for {
		n, errno := v.recvmsg(p)
		switch {
		case errno == unix.EAGAIN:
			return unix.EAGAIN
		case errno == unix.EINTR:
			continue
		case errno != 0:
			return fmt.Errorf("receive VRRP on %s: %w", v.ifname, errno)
		}
		if p.parse(n) {
			p.IfIndex, p.Age = v.ifindex, v.age()
			return nil
		}
	}
}

// recvmsg is recvmsg(2). It never blocks, and so it need not tell the scheduler
// that it might.
func (v *VRRP4) recvmsg(p *Packet) (int, unix.Errno) {
	v.iov.Base = &p.buf[0]
	v.iov.SetLen(len(p.buf))
	v.msg.Iov, v.msg.Control = &v.iov, &v.ctrl[0]
	v.msg.SetIovlen(1)
	v.msg.SetControllen(len(v.ctrl))
	n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(v.receive), uintptr(unsafe.Pointer(&v.msg)), 0)
	return int(n), errno
}

// age is Packet.Age of what was just received, by the time stamp that came with
// it; without one it is 0.
func (v *VRRP4) age() time.Duration {
	h := (*unix.Cmsghdr)(unsafe.Pointer(&v.ctrl[0]))
	at := (*unix.Timespec)(unsafe.Pointer(&v.ctrl[unix.CmsgLen(0)]))
	if v.msg.Controllen < unix.SizeofCmsghdr || h.Level != unix.SOL_SOCKET || h.Type != unix.SO_TIMESTAMPNS {
		return 0
	}
	return ageOf(at)
}

// ageOf is Packet.Age of what was received at a time.
func ageOf(at *unix.Timespec) time.Duration {
	return min(max(time.Since(time.Unix(at.Unix())), 0), maxAge)
}

// Send sends payload, a whole VRRP message, to dst: a group or a unicast peer.
// src may be any IPv4 address, of this host or not. What is larger than the
// interface's MTU goes in fragments.
func (v *VRRP4) Send(src, dst netip.Addr, ttl uint8, payload []byte) error {
	v.id++
	return v.SendIdentified(v.id, src, dst, ttl, payload)
}

// SendIdentified is Send with an identification for the IP header. The kernel puts in
// another one for 0.
func (v *VRRP4) SendIdentified(id uint16, src, dst netip.Addr, ttl uint8, payload []byte) error {
	if !src.Is4() || !dst.Is4() || len(payload) > len(v.buf)-headerLen {
		return fmt.Errorf("send VRRP from %s to %s on %s: %d bytes: %w", src, dst, v.ifname, len(payload), unix.EINVAL)
	}
	putHeader(v.buf[:], id, src, dst, ttl, v.protocol, len(payload))
	n := headerLen + copy(v.buf[headerLen:], payload)
	v.to.Addr = dst.As4()
	err := v.sendPacket(v.buf[:n])
	if err == unix.EMSGSIZE {
		err = v.sendFragments(v.buf[:n])
	}
	if err != nil {
		return fmt.Errorf("send VRRP from %s to %s on %s: %w", src, dst, v.ifname, sending(err))
	}
	return nil
}

// sendPacket sends a packet with its header.
func (v *VRRP4) sendPacket(packet []byte) error {
	for {
		if err := unix.Sendto(v.send, packet, 0, &v.to); err != unix.EINTR {
			return err
		}
	}
}
