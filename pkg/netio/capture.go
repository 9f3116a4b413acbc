package netio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// CaptureOptions say what to capture.
type CaptureOptions struct {
	// Interfaces are the names of those to capture on; none means all,
	// those that come later too.
	Interfaces []string
	// Promiscuous captures what is sent to other hosts too: unicast adverts.
	// Multicast is captured without, whatever its group.
	Promiscuous bool
	// Buffer is how much the kernel keeps while nothing is read, in bytes; 0 is
	// DefaultBuffer. It is rounded up.
	Buffer int
	// OnLink is told of the interfaces that there are when the capture is
	// opened, and of those that come, go, go up and down while Next waits. It may
	// be nil.
	OnLink func(LinkEvent)
}

// DefaultBuffer takes 50,000 adverts a second for one second, and fewer no
// shorter.
const DefaultBuffer = 8 << 20

// CaptureLag is how long after a frame has arrived Next may return it, at the
// most, while there is processor time: the kernel hands frames over by the block.
// Who waits for a frame in vain adds it.
const CaptureLag = 2 * retire

// retire is how long a block may wait for more frames.
const retire = 10 * time.Millisecond

// CaptureStats are the counts of a capture.
type CaptureStats struct {
	// Received is how many frames Next has returned.
	Received uint64
	// Dropped is how many more there were, for which the buffer had no room.
	Dropped uint64
}

// A Capture receives the frames of adverts and announcements that pass the
// host's interfaces, in both directions. It changes nothing of the host's but
// that the interfaces take all multicast while it lasts. It is for one goroutine
// at a time.
type Capture struct {
	options CaptureOptions
	ctx     context.Context
	unstop  func() bool
	woken   chan struct{} // closed when the end of ctx has been passed on

	fd, stop int // the socket, and what wakes it up
	ring     ring
	links    links
	deadline time.Time
	stats    CaptureStats
}

// OpenCapture begins to capture in the network namespace of the calling thread.
// It needs the capability CAP_NET_RAW, and says so without. When ctx is done
// the capture is at its end.
func OpenCapture(ctx context.Context, o CaptureOptions) (*Capture, error) {
	c := &Capture{options: o, ctx: ctx, fd: -1, stop: -1}
	if err := c.open(); err != nil {
		c.Close()
		return nil, fmt.Errorf("open the capture: %w", err)
	}
	return c, nil
}

func (c *Capture) open() (err error) {
	// Of no protocol, it receives nothing until it is bound.
	c.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if errors.Is(err, unix.EPERM) {
		return &captureDeniedError{err}
	}
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	if c.stop, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		return fmt.Errorf("eventfd: %w", err)
	}
	buffer := c.options.Buffer
	if buffer <= 0 {
		buffer = DefaultBuffer
	}
	if err := c.ring.open(c.fd, buffer); err != nil {
		return err
	}
	if err := c.links.open(); err != nil {
		return err
	}
	if err := c.updateLinks(c.options.OnLink); err != nil {
		return err
	}
	if err := c.links.missing(c.options.Interfaces); err != nil {
		return err
	}
	c.woken = make(chan struct{})
	c.unstop = context.AfterFunc(c.ctx, func() {
		_, _ = unix.Write(c.stop, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		close(c.woken)
	})
	return nil
}

// A captureDeniedError says what to do for a capture.
type captureDeniedError struct{ err error }

func (e *captureDeniedError) Error() string {
	path, err := os.Executable()
	if err != nil {
		path = "kactl"
	}
	return fmt.Sprintf("%v: it needs the capability CAP_NET_RAW: run it as root, or once: setcap cap_net_raw+ep %s", e.err, path)
}

func (e *captureDeniedError) Unwrap() error { return e.err }

// Close ends the capture.
func (c *Capture) Close() error {
	if c.unstop != nil && !c.unstop() {
		<-c.woken
	}
	c.unstop = nil
	c.ring.close()
	c.links.close()
	var first error
	for _, fd := range []*int{&c.fd, &c.stop} {
		if *fd < 0 {
			continue
		}
		if err := unix.Close(*fd); err != nil && first == nil {
			first = fmt.Errorf("close the capture: %w", err)
		}
		*fd = -1
	}
	return first
}

// SetDeadline makes Next return os.ErrDeadlineExceeded when there is no frame by
// then. The zero time is none.
func (c *Capture) SetDeadline(t time.Time) { c.deadline = t }

// Next waits for the next frame and reads it into f. It returns io.EOF, as it
// is, once the context is done, and os.ErrDeadlineExceeded, as it is, at the
// deadline.
func (c *Capture) Next(f *Frame) error {
	looked := false // for changes of interfaces, which come before the deadline
	for {
		// Whoever is slower than what comes would never see the end otherwise.
		for c.ctx.Err() == nil && c.ring.next(f) {
			index := c.ring.index()
			l := c.links.of(index)
			if l == nil {
				continue // of an interface that is not captured on
			}
			f.Interface = l.name
			c.stats.Received++
			return nil
		}
		if c.ctx.Err() != nil {
			return io.EOF
		}
		timeout := time.Duration(-1)
		if c.ring.ready() {
			timeout = 0
		} else if !c.deadline.IsZero() {
			timeout = max(time.Until(c.deadline), 0)
			if timeout == 0 && looked {
				return os.ErrDeadlineExceeded
			}
		}
		if err := c.wait(timeout); err != nil {
			return fmt.Errorf("capture: %w", err)
		}
		looked = true
	}
}

// wait waits until something happens and does what that asks for, but for
// frames. A negative time-out is none.
func (c *Capture) wait(timeout time.Duration) error {
	fds := [...]unix.PollFd{
		{Fd: int32(c.stop), Events: unix.POLLIN},
		{Fd: int32(c.fd), Events: unix.POLLIN},
		{Fd: int32(c.links.heard.FD), Events: unix.POLLIN},
	}
	var limit *unix.Timespec
	if timeout >= 0 {
		t := unix.NsecToTimespec(int64(timeout))
		limit = &t
	}
	if _, err := unix.Ppoll(fds[:], limit, nil); err != nil {
		if err == unix.EINTR {
			return nil
		}
		return fmt.Errorf("poll: %w", err)
	}
	if fds[1].Revents&unix.POLLERR != 0 {
		// Its interface went down or away. That clears the error; the links
		// tell what became of it.
		errno, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && errno != 0 && unix.Errno(errno) != unix.ENETDOWN {
			err = unix.Errno(errno)
		}
		if err != nil {
			return err
		}
	}
	if fds[2].Revents != 0 && c.links.changed() {
		return c.updateLinks(c.options.OnLink)
	}
	return nil
}

// Stats are the counts so far.
func (c *Capture) Stats() (CaptureStats, error) {
	// The kernel begins at 0 after each call.
	s, err := unix.GetsockoptTpacketStatsV3(c.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return c.stats, fmt.Errorf("read the counts of the capture: %w", err)
	}
	c.stats.Dropped += uint64(s.Drops)
	return c.stats, nil
}
