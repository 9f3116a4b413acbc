package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/nlconn"
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
	LinkChanged         // another hardware address or MTU
	AddressAdded        // Event.Addr; of several at once the last
	AddressRemoved      // Event.Addr
	RouteRemoved        // Event.Route, one of ours; of any, and rules too, nothing is known
	RuleRemoved         // Event.Rule
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
	case RouteRemoved:
		return "route removed"
	case RuleRemoved:
		return "rule removed"
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
	// WithPrimary says that the kernel removed Addr, a secondary address, with the
	// primary one of its subnet.
	WithPrimary bool
	// Route has the destination, the table, the metric and the type of service of
	// the route that went. Of an IPv6 one the metric is never 0.
	Route iproute.Route
	// Rule has the family and the preference of the rule that went.
	Rule iproute.Rule
}

// monitorBuffer takes some thousand changes while their receiver is busy.
const monitorBuffer = 1 << 20

// A Monitor hears of every change of interfaces and their addresses, and of the
// removal of rules and of such routes as have our protocol.
type Monitor struct {
	conn  *Conn
	heard *nlconn.Listener
	stop  *os.File // can be read when Run is to end
	ender *os.File // makes it so when it is closed
	known table
}

// OpenMonitor begins to listen and then reads what there is, so that nothing is
// missed in between.
func OpenMonitor(ctx context.Context) (*Monitor, error) { return openMonitor(ctx, monitorBuffer) }

func openMonitor(ctx context.Context, buffer int) (*Monitor, error) {
	heard, err := nlconn.Listen(unix.NETLINK_ROUTE, monitorGroups, buffer)
	if err != nil {
		return nil, fmt.Errorf("open link monitor: %w", err)
	}
	m := &Monitor{heard: heard}
	if err := heard.Filter(monitorFilter()); err != nil {
		m.Close()
		return nil, fmt.Errorf("open link monitor: %w", err)
	}
	if err := m.open(ctx); err != nil {
		m.Close()
		return nil, fmt.Errorf("open link monitor: %w", err)
	}
	return m, nil
}

func (m *Monitor) open(ctx context.Context) (err error) {
	if m.stop, m.ender, err = os.Pipe(); err != nil {
		return err
	}
	if m.conn, err = Open(); err != nil {
		return err
	}
	m.known, err = m.conn.snapshot(ctx)
	return err
}

// Close closes the monitor, when Run has ended.
func (m *Monitor) Close() error {
	errs := []error{m.heard.Close()}
	for _, f := range []*os.File{m.stop, m.ender} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	if m.conn != nil {
		errs = append(errs, m.conn.Close())
	}
	return errors.Join(errs...)
}

// Interfaces returns all interfaces, in the order of their indices, as they are
// known to the monitor: before Run, what the first event is a change of. It is
// not to be called while Run runs.
func (m *Monitor) Interfaces() []Interface { return m.known.interfaces() }

// Run calls emit for each change, one after another, until ctx is cancelled,
// which is no error. Where changes came faster than they were taken and the
// kernel dropped some, it reads the tables again and emits the differences. Run
// is called once.
func (m *Monitor) Run(ctx context.Context, emit func(Event)) error {
	stop := context.AfterFunc(ctx, func() { _, _ = m.ender.Write([]byte{0}) })
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
// then: of several addresses that were added to an interface only the last is reported. An
// interface that goes down takes its IPv6 addresses along, and the kernel speaks of
// them first; the cause is reported before.
func (m *Monitor) step(ctx context.Context, emit func(Event)) error {
	var removed []change
	added := map[int]change{} // by interface
	var gone secondaries
	waited := false
	for wait := true; ; wait = false {
		b, err := m.receive(wait)
		switch {
		case errors.Is(err, unix.ENOBUFS):
			gone.tell(emit)
			m.tell(removed, added, emit)
			return m.resync(ctx, emit)
		case errors.Is(err, unix.EAGAIN) && len(gone) > 0 && !waited:
			waited = true // for the primary one, which the kernel may be about to tell of
			pause()
			continue
		case errors.Is(err, unix.EAGAIN):
			gone.tell(emit)
			m.tell(removed, added, emit)
			return nil
		case err != nil:
			return err
		}
		msgs, err := syscall.ParseNetlinkMessage(bytes.Clone(b)) // what is known keeps parts of it
		if err != nil {
			return err
		}
		for _, msg := range msgs {
			m.known.apply(msg, func(c change) {
				switch {
				case c.kind == AddressAdded:
					added[c.node.index] = c
				case c.kind == AddressRemoved && c.addr.Addr().Is6():
					removed = append(removed, c)
				case c.kind == AddressRemoved && c.address.secondary:
					gone = append(gone, c)
				default:
					gone.explain(c)
					gone.tell(emit)
					gone = nil
					emit(c.event())
				}
			})
		}
	}
}

// tell tells of addresses that were removed and added.
func (m *Monitor) tell(removed []change, added map[int]change, emit func(Event)) {
	for _, c := range removed {
		if m.known[c.node.index] == c.node { // or it is gone by now
			emit(c.event())
		}
	}
	for index, c := range added {
		if m.known[index] == c.node {
			emit(c.event())
		}
	}
}

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
			emit(Event{Kind: RouteRemoved})
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

// gather is for how long changes may gather before they are taken: somebody adds
// addresses by the hundred, we mostly, and should not have to share the processor
// with us after each.
const gather = 2 * time.Millisecond

// sleep waits until there is something to receive, and for gather. It fails when
// Run is to end.
func (m *Monitor) sleep() error {
	fds := []unix.PollFd{{Fd: int32(m.heard.FD), Events: unix.POLLIN}, {Fd: int32(m.stop.Fd()), Events: unix.POLLIN}}
	_, err := unix.Poll(fds, -1)
	switch {
	case err != nil && err != unix.EINTR:
		return os.NewSyscallError("poll", err)
	case fds[1].Revents != 0:
		return os.ErrClosed
	}
	pause()
	return nil
}

// pause lets changes gather.
func pause() {
	t := unix.NsecToTimespec(int64(gather))
	_ = unix.Nanosleep(&t, nil) // shorter will do
}

// receive returns one datagram of the kernel, until the next call. With wait it
// does not return EAGAIN.
func (m *Monitor) receive(wait bool) ([]byte, error) {
	for {
		b, err := m.heard.Receive()
		if err != unix.EAGAIN || !wait {
			return b, err
		}
		if err := m.sleep(); err != nil {
			return nil, err
		}
	}
}
