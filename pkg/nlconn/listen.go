package nlconn

import (
	"fmt"
	"os"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// open returns a netlink socket that does not block, with a receive buffer of
// about so many bytes, 0 for the system's size. It belongs to the network
// namespace of the calling thread.
func open(family int, groups uint32, buffer int) (fd int, err error) {
	fd, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, family)
	if err != nil {
		return -1, fmt.Errorf("open netlink socket of family %d: %w", family, os.NewSyscallError("socket", err))
	}
	// An unprivileged process may not exceed rmem_max, and is served without.
	if buffer > 0 && unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("open netlink socket of family %d: %w", family, os.NewSyscallError("bind", err))
	}
	return fd, nil
}

// A Listener hears what the kernel says to groups of its listeners. Its socket is
// not left to the runtime's poller, which would be woken up by each of hundreds of
// messages, and by that wake up the processor that causes them: its user polls FD.
type Listener struct {
	FD  int // does not block
	buf []byte
}

// Listen opens a listener to groups of the given netlink family, such as
// unix.RTMGRP_LINK of unix.NETLINK_ROUTE. Buffer is how many bytes of messages
// the kernel keeps for it, about; 0 is the system's size. The listener belongs to
// the network namespace of the calling thread, whatever thread uses it later.
func Listen(family int, groups uint32, buffer int) (*Listener, error) {
	fd, err := open(family, groups, buffer)
	if err != nil {
		return nil, err
	}
	return &Listener{FD: fd, buf: make([]byte, receiveSize)}, nil
}

// Filter lets the kernel pass on only what a program of classic BPF takes, for whole
// messages (socket(7), SO_ATTACH_FILTER).
func (l *Listener) Filter(program []unix.SockFilter) error {
	f := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.SetsockoptSockFprog(l.FD, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &f); err != nil {
		return fmt.Errorf("filter netlink messages: %w", os.NewSyscallError("setsockopt", err))
	}
	return nil
}

// Close closes the listener.
func (l *Listener) Close() error { return unix.Close(l.FD) }

// Receive returns one datagram of the kernel, until the next call. The error is
// unix.EAGAIN where there is none, and unix.ENOBUFS where the kernel dropped
// some, because they came faster than they were taken.
func (l *Listener) Receive() ([]byte, error) {
	for {
		n, from, err := unix.Recvfrom(l.FD, l.buf, unix.MSG_TRUNC)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return nil, err
		case n > len(l.buf):
			return nil, fmt.Errorf("netlink message of %d bytes is too long", n)
		case fromKernel(from):
			return l.buf[:n], nil
		}
	}
}

// fromKernel tells whether the kernel sent a message: any process may send to us,
// and only the kernel is believed.
func fromKernel(from unix.Sockaddr) bool {
	sa, ok := from.(*unix.SockaddrNetlink)
	return ok && sa.Pid == nl.PidKernel
}
