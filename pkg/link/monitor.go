package link

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Kind says what an Event is about.
type Kind uint8

// What happens to interfaces. An interface that is renamed is removed and added;
// one that is removed and made anew is another one, with another index.
const (
	LinkAdded      Kind = iota + 1
	LinkRemoved         // its addresses went with it
	LinkUp              // Interface.Up is true now
	LinkDown            // Interface.Up is false now
	LinkChanged         // another hardware address
	AddressAdded        // Event.Addr; of several at once the last
	AddressRemoved      // Event.Addr
)

// String returns the kind in words.
func (k Kind) String() string {
	switch k {
	case LinkAdded:
		return "link added"
	case LinkRemoved:
		return "link removed"
	case LinkUp:
		return "link up"
	case LinkDown:
		return "link down"
	case LinkChanged:
		return "link changed"
	case AddressAdded:
		return "address added"
	case AddressRemoved:
		return "address removed"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// An Event is one change.
type Event struct {
	Kind Kind
	// Interface is the interface after the change, before it for LinkRemoved.
	Interface Interface
	// Addr is the address that came or went.
	Addr netip.Prefix
}

// monitorBuffer takes some thousand changes while their receiver is busy.
const monitorBuffer = 1 << 20

// A Monitor hears of every change of interfaces and IPv4 addresses.
type Monitor struct {
	conn  *Conn
	file  *os.File
	raw   syscall.RawConn
	buf   []byte
	known table
}

// OpenMonitor begins to listen and then reads what there is, so that nothing is
// missed in between.
func OpenMonitor(ctx context.Context) (*Monitor, error) { return openMonitor(ctx, monitorBuffer) }

func openMonitor(ctx context.Context, buffer int) (*Monitor, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open link monitor: %w", err)
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
	}
	file := os.NewFile(uintptr(fd), "link monitor")
	err = unix.Bind(fd, &unix.SockaddrNetlink{
		Family: unix.AF_NETLINK,
		Groups: unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR,
	})
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open link monitor: %w", err)
	}
	m := &Monitor{file: file, buf: make([]byte, 64<<10)}
	if m.raw, err = file.SyscallConn(); err != nil {
		file.Close()
		return nil, fmt.Errorf("open link monitor: %w", err)
	}
	if m.conn, err = Open(); err != nil {
		file.Close()
		return nil, fmt.Errorf("open link monitor: %w", err)
	}
	if m.known, err = m.conn.snapshot(ctx); err != nil {
		m.Close()
		return nil, fmt.Errorf("open link monitor: %w", err)
	}
	return m, nil
}

// Close closes the monitor. A Run under way fails.
func (m *Monitor) Close() error { return errors.Join(m.file.Close(), m.conn.Close()) }

// Interfaces returns all interfaces, in the order of their indices, as they are
// known to the monitor: before Run, what the first event is a change of. It is
// not to be called while Run runs.
func (m *Monitor) Interfaces() []Interface { return m.known.interfaces() }

// Run calls emit for each change, one after another, until ctx is cancelled,
// which is no error. Where changes came faster than they were taken and the
// kernel dropped some, it reads the tables again and emits the differences. Run
// is called once.
func (m *Monitor) Run(ctx context.Context, emit func(Event)) error {
	stop := context.AfterFunc(ctx, func() { _ = m.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for {
		err := m.step(ctx, emit)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("link monitor: %w", err)
		}
	}
}

// step waits for the next changes and applies them, with all that have come by
// then: of several addresses that were added to an interface the last is told of.
func (m *Monitor) step(ctx context.Context, emit func(Event)) error {
	added := map[int]change{} // by interface
	for wait := true; ; wait = false {
		b, err := m.receive(wait)
		switch {
		case errors.Is(err, unix.ENOBUFS):
			return m.resync(ctx, emit)
		case errors.Is(err, unix.EAGAIN):
			return m.settle(ctx, added, emit)
		case err != nil:
			return err
		}
		msgs, err := syscall.ParseNetlinkMessage(b)
		if err != nil {
			return err
		}
		for _, msg := range msgs {
			m.known.apply(msg, func(c change) {
				if c.kind == AddressAdded {
					added[c.node.index] = c
				} else {
					emit(c.event())
				}
			})
		}
	}
}

// settle tells of addresses that were added, and then lets more come: somebody
// adds them by the hundred, we mostly, and should not have to share the processor
// with us after each.
func (m *Monitor) settle(ctx context.Context, added map[int]change, emit func(Event)) error {
	for index, c := range added {
		if m.known[index] == c.node { // or it is gone by now
			emit(c.event())
		}
	}
	if len(added) > 0 {
		select {
		case <-time.After(settlePause):
		case <-ctx.Done():
		}
	}
	return nil
}

// settlePause is for how long nothing is heard after an address was added.
const settlePause = 2 * time.Millisecond

// resync forgets what is still queued, for it ends in a gap: its last word on an
// interface may not have been the last. What comes after that is newer than the
// gap, and told again by the tables at worst.
func (m *Monitor) resync(ctx context.Context, emit func(Event)) error {
	for {
		_, err := m.receive(false)
		if errors.Is(err, unix.EAGAIN) {
			break
		}
		if err != nil && !errors.Is(err, unix.ENOBUFS) {
			return err
		}
	}
	for {
		now, err := m.conn.snapshot(ctx)
		if err == nil {
			m.known.become(now, func(c change) { emit(c.event()) })
			return nil
		}
		// Changes that interrupt every dump, or an answer that got lost, are no
		// reason to give up: what is known is old, not wrong.
		select {
		case <-time.After(resyncPause):
		case <-ctx.Done():
			return err
		}
	}
}

// resyncPause is the time between two tries to read the tables.
const resyncPause = time.Second

// receive returns one datagram of the kernel, in a buffer of its own. With wait
// it does not return EAGAIN.
func (m *Monitor) receive(wait bool) ([]byte, error) {
	for {
		var n int
		var from unix.Sockaddr
		var inner error
		err := m.raw.Read(func(fd uintptr) bool {
			n, from, inner = unix.Recvfrom(int(fd), m.buf, 0)
			return !wait || inner != unix.EAGAIN
		})
		switch {
		case err != nil:
			return nil, err
		case inner == unix.EINTR:
			continue
		case inner != nil:
			return nil, inner
		}
		if sa, ok := from.(*unix.SockaddrNetlink); ok && sa.Pid == nl.PidKernel {
			return append([]byte(nil), m.buf[:n]...), nil
		}
	}
}
