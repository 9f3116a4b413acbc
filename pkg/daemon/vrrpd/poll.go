package vrrpd

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A poller waits for sockets, one deadline and other goroutines at once. All
// but wake belongs to the thread that waits.
type poller struct {
	epoll, timer, event int
	events              []unix.EpollEvent
}

func newPoller() (*poller, error) {
	p := &poller{epoll: -1, timer: -1, event: -1, events: make([]unix.EpollEvent, 2)}
	var err error
	if p.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		p.close()
		return nil, os.NewSyscallError("timerfd_create", err)
	}
	if p.event, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		p.close()
		return nil, os.NewSyscallError("eventfd", err)
	}
	for _, fd := range []int{p.timer, p.event} {
		if err := p.watch(fd); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

func (p *poller) close() {
	for _, fd := range []int{p.epoll, p.timer, p.event} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// watch adds a descriptor to those that wait returns when they can be read.
func (p *poller) watch(fd int) error {
	err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
	if err != nil {
		return fmt.Errorf("watch descriptor %d: %w", fd, os.NewSyscallError("epoll_ctl", err))
	}
	// Room for everything that can be ready: one wait must see it all.
	p.events = append(p.events, unix.EpollEvent{})
	return nil
}

// unwatch takes a descriptor off again, before it is closed.
func (p *poller) unwatch(fd int) {
	// It can only fail when the descriptor is not watched.
	_ = unix.EpollCtl(p.epoll, unix.EPOLL_CTL_DEL, fd, nil)
	p.events = p.events[:len(p.events)-1]
}

// wake makes wait return. Any goroutine may call it.
func (p *poller) wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	// EAGAIN means that the counter is full: it wakes as it is.
	_, _ = unix.Write(p.event, one[:])
}

// arm sets the time from now at which wait returns at the latest; a negative
// one is never.
func (p *poller) arm(after time.Duration) error {
	var spec unix.ItimerSpec
	if after >= 0 {
		// A value of 0 would disarm the timer.
		spec.Value = unix.NsecToTimespec(int64(max(after, 1)))
	}
	if err := unix.TimerfdSettime(p.timer, 0, &spec, nil); err != nil {
		return os.NewSyscallError("timerfd_settime", err)
	}
	return nil
}

// forever lets wait sleep for as long as it takes.
const forever = -1

// wait sleeps for at most that many milliseconds until something is ready, and
// calls ready for every descriptor that can be read, the poller's own excepted.
func (p *poller) wait(milliseconds int, ready func(fd int)) error {
	n, err := unix.EpollWait(p.epoll, p.events, milliseconds)
	if err == unix.EINTR {
		return nil
	}
	if err != nil {
		return os.NewSyscallError("epoll_wait", err)
	}
	for _, ev := range p.events[:n] {
		switch fd := int(ev.Fd); fd {
		case p.timer, p.event:
			var buf [8]byte
			_, _ = unix.Read(fd, buf[:])
		default:
			ready(fd)
		}
	}
	return nil
}
