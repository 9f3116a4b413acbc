package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/health"
)

// ErrConnect says that there is no connection.
var ErrConnect = errors.New("connect")

// probeTCP is TCP_CHECK: a connection that is established in time, and closed
// again without a byte sent.
func probeTCP(ctx context.Context, c health.Check) (*int, error) {
	conn, err := dial(ctx, c)
	if err == nil {
		conn.Close() // whatever that says, the server accepted
	}
	return nil, err
}

// dial connects to the target of c within its time-out.
func dial(ctx context.Context, c health.Check) (net.Conn, error) {
	d := net.Dialer{Timeout: c.Timeout, KeepAlive: -1}
	if c.Bind.Addr().IsValid() || c.Bind.Port() != 0 {
		d.LocalAddr = net.TCPAddrFromAddrPort(c.Bind)
	}
	d.Control = func(_, _ string, raw syscall.RawConn) error {
		var inner error
		if err := raw.Control(func(fd uintptr) { inner = prepare(int(fd), c) }); err != nil {
			return err
		}
		return inner
	}
	deadline := time.Now().Add(c.Timeout)
	conn, err := d.DialContext(ctx, "tcp", c.Target.String())
	if err = blameLate(err, deadline, c.Timeout); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConnect, unreachable(err)) // net names the addresses
	}
	return conn, nil
}

// prepare sets the options of a socket that is to connect.
func prepare(fd int, c health.Check) error {
	if c.Bind.Port() != 0 {
		// A fixed source port can be used again while the connection of the
		// probe before is in TIME_WAIT.
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return fmt.Errorf("let the source port be used again: %w", os.NewSyscallError("setsockopt", err))
		}
	}
	if c.Mark != 0 {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_MARK, int(c.Mark)); err != nil {
			return fmt.Errorf("set firewall mark %d, which takes CAP_NET_ADMIN: %w", c.Mark, os.NewSyscallError("setsockopt", err))
		}
	}
	return nil
}
