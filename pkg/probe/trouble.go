package probe

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/health"
)

// local are the errors of connect(2), read(2) and write(2) that this machine
// makes by itself. No packet of another one, ICMP's included, causes them:
//
//   - EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC: there is no room for a socket;
//   - EADDRNOTAVAIL, EADDRINUSE, EAGAIN: no source address or port is free;
//   - EPERM: a policy of this machine forbids it (a program of BPF, seccomp);
//   - ENODEV, EAFNOSUPPORT: the interface, or the whole protocol, is not here.
//
// The others tell of the way to the server, and so does EACCES, which a route
// that prohibits gives, and EINVAL, which a blackhole gives.
var local = []syscall.Errno{
	unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.ENOSPC,
	unix.EADDRNOTAVAIL, unix.EADDRINUSE, unix.EAGAIN,
	unix.EPERM, unix.ENODEV, unix.EAFNOSUPPORT,
}

// blame returns err, as a [health.Trouble] where this machine is to blame.
func blame(c health.Check, err error) error {
	var address *net.AddrError
	if errors.As(err, &address) {
		return &health.Trouble{Text: fmt.Sprintf("the source address %s does not fit: %s", c.Bind.Addr(), address.Err), Err: err}
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err
	}
	// Package net names the call but where it registers the socket to wait for
	// it. There, and in those that come before connect, every error is local.
	call := "epoll_ctl"
	var named *os.SyscallError
	if errors.As(err, &named) {
		call = named.Syscall
	}
	switch call {
	case "connect", "read", "write":
		if !slices.Contains(local, errno) {
			return err
		}
	}
	return &health.Trouble{Text: fmt.Sprintf("%s (%s: %v)", reason(c, call, errno), call, errno), Err: err}
}

// reason says what errno of call means, and what to do.
func reason(c health.Check, call string, errno syscall.Errno) string {
	switch errno {
	case unix.EMFILE:
		return "this process has no file descriptor left: raise LimitNOFILE of the service"
	case unix.ENFILE:
		return "this machine has no file descriptor left: raise the sysctl fs.file-max"
	case unix.ENOBUFS, unix.ENOMEM:
		return "the kernel has no memory for it"
	case unix.ENOSPC:
		return "too many descriptors are waited for: raise the sysctl fs.epoll.max_user_watches"
	case unix.EAFNOSUPPORT:
		return "the kernel does not have the protocol of the address: enable IPv6"
	}
	switch {
	case call == "setsockopt" && c.Mark != 0 && errno == unix.EPERM:
		return fmt.Sprintf("fwmark %d takes the capability CAP_NET_ADMIN", c.Mark)
	case call == "bind" && errno == unix.EADDRNOTAVAIL:
		return fmt.Sprintf("this machine does not have the address %s of bindto: add it, or change bindto", c.Bind.Addr())
	case call == "bind" && errno == unix.EADDRINUSE:
		return fmt.Sprintf("the source port of bindto %s is in use: free it, or leave bind_port out", c.Bind)
	case call == "bind" && errno == unix.EACCES:
		return fmt.Sprintf("the source port %d takes the capability CAP_NET_BIND_SERVICE", c.Bind.Port())
	case call == "bind":
		return fmt.Sprintf("bindto %s cannot be used", c.Bind)
	case errno == unix.EADDRNOTAVAIL, errno == unix.EADDRINUSE, errno == unix.EAGAIN:
		return "no source address and port is free: widen the sysctl net.ipv4.ip_local_port_range, or leave bind_port out"
	case errno == unix.EPERM, errno == unix.EACCES:
		return "a policy of this machine forbids it"
	}
	return "the probe cannot be made"
}

// unreachable adds to an error of connect(2) what it means of the way there,
// where its own words do not say it.
func unreachable(err error) error {
	var named *os.SyscallError
	if !errors.As(err, &named) || named.Syscall != "connect" {
		return err
	}
	switch {
	case errors.Is(err, unix.EINVAL):
		return fmt.Errorf("%w: the route there is a blackhole, or the address is not one of a host", err)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: a route or a firewall prohibits it", err)
	}
	return err
}
