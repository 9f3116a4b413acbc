package netio

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// opening adds to an error of opening a socket, setting an option or joining a
// group (packet(7), raw(7), ip(7)) what it means and what to do, where its own
// words do not say it.
func opening(err error) error {
	text := ""
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		text = "it takes CAP_NET_RAW: run as root, or give it to the service or the container"
	case errors.Is(err, unix.EMFILE):
		text = "this process has no file descriptor left: raise LimitNOFILE of the service"
	case errors.Is(err, unix.ENFILE):
		text = "this machine has no file descriptor left: raise the sysctl fs.file-max"
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		text = "there is no such interface, or it went meanwhile"
	case errors.Is(err, unix.ENETDOWN):
		text = "the interface is down"
	case errors.Is(err, unix.EAFNOSUPPORT), errors.Is(err, unix.EPROTONOSUPPORT):
		text = "this kernel has no such sockets"
	case errors.Is(err, unix.ENOBUFS):
		text = "the kernel has no memory for it, or joined as many groups as it may: raise the sysctl net.ipv4.igmp_max_memberships"
	case errors.Is(err, unix.ENOMEM):
		text = "the kernel has no memory for it"
	default:
		return err
	}
	return fmt.Errorf("%s (%w)", text, err)
}

// sending is opening for an error of sending (raw(7), send(2)).
func sending(err error) error {
	text := ""
	switch {
	case errors.Is(err, unix.EPERM):
		text = "the firewall of this machine drops it on the way out: allow it there"
	case errors.Is(err, unix.EMSGSIZE):
		text = "it is larger than the MTU of the interface"
	case errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.EHOSTUNREACH):
		text = "there is no route to it by this interface"
	case errors.Is(err, unix.EACCES):
		text = "it is a broadcast address, or a route prohibits it"
	case errors.Is(err, unix.EINVAL):
		text = "the route to it is a blackhole, or the address is not one to send to"
	case errors.Is(err, unix.ENETDOWN):
		text = "the interface is down"
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		text = "the interface is gone"
	case errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.EAGAIN):
		text = "the queue of the interface is full"
	default:
		return err
	}
	return fmt.Errorf("%s (%w)", text, err)
}
