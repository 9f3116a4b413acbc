package nlconn

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// arm applies the deadline of ctx, and its end, to the socket until the
// returned function is called.
func (c *Conn) arm(ctx context.Context) (disarm func()) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(defaultTimeout)
	}
	_ = c.file.SetDeadline(deadline) // a closed file fails at the send
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.file.SetDeadline(time.Unix(1, 0))
		close(ended)
	})
	return func() {
		if !stop() {
			<-ended // or it would cut the next exchange short
		}
	}
}

func (c *Conn) fail(ctx context.Context, op string, err error) error {
	switch _, ok := ctx.Deadline(); {
	case ctx.Err() != nil:
		err = ctx.Err()
	case ok && errors.Is(err, os.ErrDeadlineExceeded):
		err = context.DeadlineExceeded // the socket's timer was first
	}
	return fmt.Errorf("netlink %s: %w", op, err)
}

func (c *Conn) send(b []byte) error {
	var inner error
	err := c.raw.Write(func(fd uintptr) bool {
		for inner = unix.EINTR; inner == unix.EINTR; {
			inner = unix.Sendto(int(fd), b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
		}
		return inner != unix.EAGAIN
	})
	return errors.Join(err, inner)
}

// receive returns the messages of one datagram from the kernel to this socket.
func (c *Conn) receive() ([]syscall.NetlinkMessage, error) {
	for {
		var n int
		var from unix.Sockaddr
		var inner error
		err := c.raw.Read(func(fd uintptr) bool {
			// MSG_TRUNC makes n the true length.
			n, from, inner = unix.Recvfrom(int(fd), c.rbuf, unix.MSG_TRUNC)
			return inner != unix.EAGAIN
		})
		switch {
		case err != nil:
			return nil, err
		case inner == unix.EINTR:
			continue
		case inner != nil:
			return nil, inner
		case n > len(c.rbuf):
			return nil, fmt.Errorf("message of %d bytes is too long", n)
		}
		if !fromKernel(from) {
			continue
		}
		return syscall.ParseNetlinkMessage(append([]byte(nil), c.rbuf[:n]...))
	}
}

// errnoOf reads the status at the start of an acknowledgement or of the end of
// a dump.
func errnoOf(b []byte) error {
	if len(b) < 4 {
		return nil // an old kernel's end of a dump has none
	}
	if e := int32(nl.NativeEndian().Uint32(b)); e != 0 {
		return syscall.Errno(-e)
	}
	return nil
}

func portOf(fd int) (uint32, error) {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	nsa, ok := sa.(*unix.SockaddrNetlink)
	if !ok {
		return 0, fmt.Errorf("unexpected address %T", sa)
	}
	return nsa.Pid, nil
}
