package probe

import (
	"context"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/health"
)

// probeTCP is TCP_CHECK: a connection that is established in time, and closed
// again without a byte sent.
func probeTCP(ctx context.Context, c health.Check) error {
	conn, err := dial(ctx, c)
	if err != nil {
		return err
	}
	return conn.Close()
}

// dial connects to the target of c within its time-out.
func dial(ctx context.Context, c health.Check) (net.Conn, error) {
	d := net.Dialer{Timeout: c.Timeout, KeepAlive: -1}
	if c.Bind.Addr().IsValid() || c.Bind.Port() != 0 {
		d.LocalAddr = net.TCPAddrFromAddrPort(c.Bind)
	}
	if c.Bind.Port() != 0 {
		d.Control = reuseAddress
	}
	conn, err := d.DialContext(ctx, "tcp", c.Target.String())
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err) // net names the addresses
	}
	return conn, nil
}

// reuseAddress lets a fixed source port be used again while the connection of
// the probe before is in TIME_WAIT.
func reuseAddress(_, _ string, raw syscall.RawConn) error {
	var inner error
	if err := raw.Control(func(fd uintptr) {
		inner = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}); err != nil {
		return err
	}
	return inner
}
