package probe_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/health"

	"github.com/kactl/kactl/test/need"
)

// refusing calls f on a thread of its own for which the system call number nr
// fails with errno, by a filter of seccomp(2).
func refusing(t *testing.T, nr uint32, errno syscall.Errno, f func() error) error {
	t.Helper()
	done, filtered := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its filter
		err := filter(nr, errno)
		if filtered <- err; err == nil {
			err = f()
		}
		done <- err
	}()
	err := <-done
	if missing := <-filtered; missing != nil {
		need.Missing(t, "this kernel filters no system calls: %v", missing)
	}
	return err
}

func filter(nr uint32, errno syscall.Errno) error {
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jf: 5},
		// Go's runtime wakes itself with reads and writes of 8 bytes.
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_READ, Jt: 1},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_WRITE, Jf: 2},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 32}, // the third argument
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: 8, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	all := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&all)), 0, 0)
}

func isTrouble(err error) bool {
	var x *health.Trouble
	return errors.As(err, &x)
}

// expectTrouble wants a trouble of this machine whose text has what and not the
// server.
func expectTrouble(t *testing.T, name string, err error, server netip.Addr, what string) {
	t.Helper()
	var x *health.Trouble
	switch {
	case !errors.As(err, &x):
		t.Errorf("%s: %v, want a trouble of this machine", name, err)
	case !strings.Contains(x.Text, what), strings.Contains(x.Text, server.String()+":"):
		t.Errorf("%s: %q, want something about %q, without the server", name, x.Text, what)
	}
}

// injected are the errors that are put into the system calls of a probe.
var injected = []syscall.Errno{
	unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EADDRNOTAVAIL, unix.EPERM, unix.EAGAIN, unix.EADDRINUSE, unix.ENODEV,
}

func TestOwnErrors(t *testing.T) {
	s := serve(t, text("HTTP/1.1 200 OK\r\n\r\n"))
	// With this address the probe binds, and sets an option.
	bound := check(health.TCP, s.addr)
	bound.Bind = netip.MustParseAddrPort("127.0.0.3:0")
	port := bound
	port.Bind = netip.AddrPortFrom(bound.Bind.Addr(), 40404)
	web := check(health.HTTP, s.addr, health.URL{Path: "/"})
	secure := check(health.SSL, serveTLS(t, &tls.Config{}, page("hello")).addr, health.URL{Path: "/"})
	for _, tt := range []struct {
		call   string
		nr     uint32
		check  health.Check
		errnos []syscall.Errno
	}{
		{"socket", unix.SYS_SOCKET, bound, append(injected, unix.EACCES, unix.EAFNOSUPPORT)},
		{"setsockopt", unix.SYS_SETSOCKOPT, port, append(injected, unix.EACCES, unix.ENOPROTOOPT)},
		{"bind", unix.SYS_BIND, bound, append(injected, unix.EACCES, unix.EINVAL)},
		{"connect", unix.SYS_CONNECT, bound, injected},
		{"connect of HTTP_GET", unix.SYS_CONNECT, web, injected},
		{"connect of SSL_GET", unix.SYS_CONNECT, secure, injected},
		{"write of SSL_GET", unix.SYS_WRITE, secure, []syscall.Errno{unix.ENOBUFS, unix.ENOMEM, unix.EPERM}},
		{"read of SSL_GET", unix.SYS_READ, secure, []syscall.Errno{unix.ENOBUFS, unix.ENOMEM}},
		{"epoll_ctl", unix.SYS_EPOLL_CTL, bound, []syscall.Errno{unix.ENOMEM, unix.ENOSPC, unix.EPERM}},
		{"write", unix.SYS_WRITE, web, []syscall.Errno{unix.ENOBUFS, unix.ENOMEM, unix.EPERM}},
		{"read", unix.SYS_READ, web, []syscall.Errno{unix.ENOBUFS, unix.ENOMEM}},
	} {
		for _, errno := range tt.errnos {
			name := fmt.Sprintf("%s: %v", tt.call, errno)
			err := refusing(t, tt.nr, errno, func() error { return run(tt.check) })
			expectTrouble(t, name, err, s.addr.Addr(), errno.Error())
			if !errors.Is(err, errno) {
				t.Errorf("%s: %v does not wrap it", name, err)
			}
		}
	}
}

// What the way to the server answers is no trouble of this machine.
func TestErrorsOfTheWay(t *testing.T) {
	s := serve(t, text(""))
	for _, errno := range []syscall.Errno{
		unix.ECONNREFUSED, unix.ECONNRESET, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.EHOSTDOWN, unix.ENETDOWN, unix.ETIMEDOUT,
		unix.EACCES, unix.EINVAL, unix.ENOPROTOOPT, unix.EPROTO, unix.EMSGSIZE,
	} {
		err := refusing(t, unix.SYS_CONNECT, errno, func() error { return run(check(health.TCP, s.addr)) })
		if err == nil || isTrouble(err) {
			t.Errorf("%v: %v is taken for a trouble of this machine", errno, err)
		}
	}
}

// TestRoutes looks at what real routes make of a probe.
func TestRoutes(t *testing.T) {
	ns := need.NewNamespace(t)
	ns.In(t, func() error {
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		if err := netlink.LinkSetUp(lo); err != nil {
			return err
		}
		for _, tt := range []struct {
			kind   int
			v4, v6 string
			says   string
		}{
			{unix.RTN_BLACKHOLE, "198.51.100.1", "2001:db8::1", "blackhole"},
			{unix.RTN_PROHIBIT, "198.51.100.2", "2001:db8::2", "prohibits"},
			{unix.RTN_UNREACHABLE, "198.51.100.3", "2001:db8::3", "host"},
			{0, "198.51.100.4", "2001:db8::4", "network is unreachable"},
		} {
			for _, text := range []string{tt.v4, tt.v6} {
				addr := netip.MustParseAddr(text)
				if tt.kind != 0 {
					dst := &net.IPNet{IP: addr.AsSlice(), Mask: net.CIDRMask(addr.BitLen(), addr.BitLen())}
					if err := netlink.RouteAdd(&netlink.Route{Dst: dst, Type: tt.kind}); err != nil {
						return fmt.Errorf("add route %v: %w", dst, err)
					}
				}
				err := run(check(health.TCP, netip.AddrPortFrom(addr, 80)))
				if expect(t, err, tt.says); isTrouble(err) {
					t.Errorf("%s: %v is taken for a trouble of this machine", addr, err)
				}
			}
		}
		return nil
	})
}

// TestOwnTroubles has real ones.
func TestOwnTroubles(t *testing.T) {
	s := serve(t, text(""))
	lacks := check(health.TCP, s.addr)
	lacks.Bind = netip.MustParseAddrPort("198.51.100.77:0")
	expectTrouble(t, "an address that is not here", run(lacks), s.addr.Addr(), "does not have the address 198.51.100.77")

	other := check(health.TCP, s.addr)
	other.Bind = netip.MustParseAddrPort("[::1]:0")
	if err := run(other); !isTrouble(err) {
		t.Errorf("an address of another family: %v", err)
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := check(health.TCP, s.addr)
	taken.Bind = l.Addr().(*net.TCPAddr).AddrPort()
	expectTrouble(t, "a port that is taken", run(taken), netip.MustParseAddr("0.0.0.0"), "is in use")
}

// TestNoCapability takes the right to set marks from a thread.
func TestNoCapability(t *testing.T) {
	need.Root(t)
	s := serve(t, text(""))
	marked := check(health.TCP, s.addr)
	marked.Mark = 5
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&hdr, &none[0]); err != nil {
			done <- fmt.Errorf("drop capabilities: %w", err)
			return
		}
		done <- run(marked)
	}()
	expectTrouble(t, "fwmark", <-done, s.addr.Addr(), "CAP_NET_ADMIN")
}

// TestPorts uses up the source ports.
func TestPorts(t *testing.T) {
	ns := need.NewNamespace(t)
	ns.In(t, func() error {
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		if err := netlink.LinkSetUp(lo); err != nil {
			return err
		}
		l, err := net.Listen("tcp4", "127.0.0.1:80")
		if err != nil {
			return err
		}
		defer l.Close()
		if err := setPortRange("40000 40001"); err != nil {
			return err
		}
		for range 10 {
			conn, err := net.DialTimeout("tcp4", "127.0.0.1:80", 10*time.Second)
			if err != nil {
				break
			}
			defer conn.Close()
		}
		to := netip.MustParseAddrPort("127.0.0.1:80")
		expectTrouble(t, "no port is left", run(check(health.TCP, to)), to.Addr(), "ip_local_port_range")
		return nil
	})
}

// setPortRange works in the namespace of the thread.
func setPortRange(s string) error {
	fd, err := unix.Open("/proc/sys/net/ipv4/ip_local_port_range", unix.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("open the port range: %w", err)
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte(s)); err != nil {
		return fmt.Errorf("set the port range: %w", err)
	}
	return nil
}
