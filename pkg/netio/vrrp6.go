package netio

import (
	"fmt"
	"net/netip"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A VRRP6 sends and receives VRRP over IPv6 on one interface, as a [VRRP4] does over
// IPv4.
type VRRP6 struct {
	ifname        string // for messages
	ifindex       int
	receive, send int // file descriptors
	// joined are the groups that are received. The kernel passes on what any socket
	// of the host has joined.
	joined []netip.Addr

	id  uint32 // of fragments
	to  unix.SockaddrInet6
	buf [header6Len + maxPacket]byte

	// What recvmsg is called with; kept, for what is passed to the kernel by
	// pointer would be allocated for each call.
	msg  unix.Msghdr
	iov  unix.Iovec
	from unix.RawSockaddrInet6
	ctrl [128]byte
}

// OpenVRRP6 opens VRRP sockets on the interface. It receives unicast adverts
// at once, those to a multicast group after Join. What is sent to a group is not
// heard by this host. It needs the capability CAP_NET_RAW. As with [OpenVRRP4] there may
// be no interface.
func OpenVRRP6(ifname string, ifindex int) (*VRRP6, error) {
	return openVRRP6(ifname, ifindex, true)
}

// OpenVRRP6Sender is OpenVRRP6 of a socket that receives nothing; FD is -1.
func OpenVRRP6Sender(ifname string, ifindex int) (*VRRP6, error) {
	return openVRRP6(ifname, ifindex, false)
}

func openVRRP6(ifname string, ifindex int, receives bool) (*VRRP6, error) {
	v := &VRRP6{ifname: where(ifname), ifindex: ifindex, receive: -1, send: -1}
	if err := v.open(ifname, receives); err != nil {
		v.Close()
		return nil, fmt.Errorf("open IPv6 VRRP socket on %s: %w", v.ifname, opening(err))
	}
	return v, nil
}

func (v *VRRP6) open(device string, receives bool) (err error) {
	const flags = unix.SOCK_RAW | unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC
	if receives {
		if v.receive, err = unix.Socket(unix.AF_INET6, flags, protocolVRRP); err != nil {
			return fmt.Errorf("socket: %w", err)
		}
	}
	// A socket of protocol RAW takes the IP header from us and is not visited
	// by packets that come in.
	if v.send, err = unix.Socket(unix.AF_INET6, flags, unix.IPPROTO_RAW); err != nil {
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
		// The kernel keeps the header to itself, and tells of it what is asked for.
		{"IPV6_RECVPKTINFO", v.receive, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1},
		{"IPV6_RECVHOPLIMIT", v.receive, unix.IPPROTO_IPV6, unix.IPV6_RECVHOPLIMIT, 1},
		{"SO_TIMESTAMPNS", v.receive, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1},
		{"IPV6_MULTICAST_LOOP", v.send, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, 0},
		// The class is in our header; this gives the packet its place in the
		// queues of the interface, as IP_TOS does over IPv4.
		{"SO_PRIORITY", v.send, unix.SOL_SOCKET, unix.SO_PRIORITY, priorityControl},
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
	if err := unix.SetsockoptInt(v.send, unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, v.ifindex); err != nil {
		return fmt.Errorf("set IPV6_MULTICAST_IF: %w", err)
	}
	v.to.ZoneId = uint32(v.ifindex)
	return nil
}

// priorityControl is the kernel's TC_PRIO_INTERACTIVE, which it derives from
// tosInternetControl.
const priorityControl = 6

// FD is the descriptor that is readable when there is something to receive.
func (v *VRRP6) FD() int { return v.receive }

// Close closes the sockets and with that leaves all groups.
func (v *VRRP6) Close() error {
	var first error
	for _, fd := range []*int{&v.receive, &v.send} {
		if *fd < 0 {
			continue
		}
		if err := unix.Close(*fd); err != nil && first == nil {
			first = fmt.Errorf("close IPv6 VRRP socket on %s: %w", v.ifname, err)
		}
		*fd = -1
	}
	return first
}

// Join receives what is sent to group. To have joined already is no error.
func (v *VRRP6) Join(group netip.Addr) error {
	err := v.membership(unix.IPV6_JOIN_GROUP, group)
	if err != nil && err != unix.EADDRINUSE {
		return fmt.Errorf("join %s on %s: %w", group, v.ifname, opening(err))
	}
	if !slices.Contains(v.joined, group) {
		v.joined = append(v.joined, group)
	}
	return nil
}

// Leave ends what Join began, however often that was called.
func (v *VRRP6) Leave(group netip.Addr) error {
	err := v.membership(unix.IPV6_LEAVE_GROUP, group)
	if err != nil && err != unix.EADDRNOTAVAIL {
		return fmt.Errorf("leave %s on %s: %w", group, v.ifname, err)
	}
	v.joined = slices.DeleteFunc(v.joined, func(a netip.Addr) bool { return a == group })
	return nil
}

func (v *VRRP6) membership(option int, group netip.Addr) error {
	if !group.Is6() || !group.IsMulticast() {
		return fmt.Errorf("not an IPv6 multicast address: %w", unix.EINVAL)
	}
	return unix.SetsockoptIPv6Mreq(v.receive, unix.IPPROTO_IPV6, option,
		&unix.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(v.ifindex)})
}

// Receive reads one message into p. It returns unix.EAGAIN, as it is, when there
// is none.
func (v *VRRP6) Receive(p *Packet) error {
	for {
		n, errno := v.recvmsg(p)
		switch {
		case errno == unix.EAGAIN:
			return unix.EAGAIN
		case errno == unix.EINTR:
			continue
		case errno != 0:
			return fmt.Errorf("receive IPv6 VRRP on %s: %w", v.ifname, errno)
		}
		p.start, p.end = 0, min(n, len(p.buf))
		p.Protocol, p.ID = protocolVRRP, 0
		p.Src, p.IfIndex = netip.AddrFrom16(v.from.Addr), v.ifindex
		if v.control(p) && (!p.Dst.IsMulticast() || slices.Contains(v.joined, p.Dst)) {
			return nil
		}
	}
}

// recvmsg is recvmsg(2). It never blocks, and so it need not tell the scheduler
// that it might.
func (v *VRRP6) recvmsg(p *Packet) (int, unix.Errno) {
	v.iov.Base = &p.buf[0]
	v.iov.SetLen(len(p.buf))
	v.msg.Name, v.msg.Namelen = (*byte)(unsafe.Pointer(&v.from)), unix.SizeofSockaddrInet6
	v.msg.Iov, v.msg.Control = &v.iov, &v.ctrl[0]
	v.msg.SetIovlen(1)
	v.msg.SetControllen(len(v.ctrl))
	n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(v.receive), uintptr(unsafe.Pointer(&v.msg)), 0)
	return int(n), errno
}

// control takes what came with a message: where it was sent to, its hop limit and
// when it came. It reports whether the first two are there.
func (v *VRRP6) control(p *Packet) bool {
	p.Dst, p.Age = netip.Addr{}, 0
	limit := false
	for rest := v.ctrl[:min(int(v.msg.Controllen), len(v.ctrl))]; len(rest) >= unix.SizeofCmsghdr; {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&rest[0]))
		size := int(h.Len)
		if size < unix.SizeofCmsghdr || size > len(rest) {
			break
		}
		data := rest[unix.CmsgLen(0):size]
		switch {
		case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			p.Dst = netip.AddrFrom16([16]byte(data[:16]))
		case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_HOPLIMIT && len(data) >= 4:
			p.TTL, limit = uint8(*(*int32)(unsafe.Pointer(&data[0]))), true
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SO_TIMESTAMPNS && len(data) >= int(unsafe.Sizeof(unix.Timespec{})):
			p.Age = ageOf((*unix.Timespec)(unsafe.Pointer(&data[0])))
		}
		rest = rest[min(unix.CmsgSpace(len(data)), len(rest)):]
	}
	return limit && p.Dst.IsValid()
}

// Send sends payload, a whole VRRP message, to dst: a group or a unicast peer.
// src may be any IPv6 address, of this host or not. What is larger than the
// interface's MTU goes in fragments.
func (v *VRRP6) Send(src, dst netip.Addr, hopLimit uint8, payload []byte) error {
	if !src.Is6() || !dst.Is6() || len(payload) > len(v.buf)-header6Len {
		return fmt.Errorf("send VRRP from %s to %s on %s: %d bytes: %w", src, dst, v.ifname, len(payload), unix.EINVAL)
	}
	putHeader6(v.buf[:], src, dst, hopLimit, protocolVRRP, len(payload))
	n := header6Len + copy(v.buf[header6Len:], payload)
	v.to.Addr = dst.As16()
	err := v.sendPacket(v.buf[:n])
	if err == unix.EMSGSIZE {
		err = v.sendFragments(v.buf[:n])
	}
	if err != nil {
		return fmt.Errorf("send VRRP from %s to %s on %s: %w", src, dst, v.ifname, sending(err))
	}
	return nil
}

// SendIdentified is Send: an IPv6 header has no identification.
func (v *VRRP6) SendIdentified(_ uint16, src, dst netip.Addr, hopLimit uint8, payload []byte) error {
	return v.Send(src, dst, hopLimit, payload)
}

// sendPacket sends a packet with its header.
func (v *VRRP6) sendPacket(packet []byte) error {
	for {
		if err := unix.Sendto(v.send, packet, 0, &v.to); err != unix.EINTR {
			return err
		}
	}
}
