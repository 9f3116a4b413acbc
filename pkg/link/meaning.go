package link

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// meaning adds to the kernel's answer to a change of addresses (rtnetlink(7))
// what it means and what to do, where its own words do not say it.
func meaning(err error) error {
	text := ""
	switch {
	case errors.Is(err, unix.EPERM):
		text = "it takes CAP_NET_ADMIN: run as root, or give it to the service or the container"
	case errors.Is(err, unix.ENODEV):
		text = "there is no such interface"
	case errors.Is(err, unix.EINVAL):
		text = "the kernel does not take the address, its mask, broadcast address or label: write the address of a host"
	case errors.Is(err, unix.EADDRNOTAVAIL):
		text = "the interface takes no such address"
	case errors.Is(err, unix.EAFNOSUPPORT):
		text = "this kernel has no addresses of this family"
	case errors.Is(err, unix.EACCES):
		text = "IPv6 is switched off there: set the sysctl net.ipv6.conf.INTERFACE.disable_ipv6 to 0"
	case errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.ENOMEM):
		text = "the kernel has no memory for it, or the interface has no IPv4: its MTU is less than 68"
	case errors.Is(err, unix.EMFILE):
		text = "this process has no file descriptor left: raise LimitNOFILE of the service"
	default:
		return err
	}
	return fmt.Errorf("%s (%w)", text, err)
}
