package vrrpd

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A poller waits for sockets, one deadline and other goroutines at once. All
// but wake belongs to the thread that waits.
type poller struct {
	timer, event int
	// urgent has the two in it, all the sockets too.
	urgent, all int
	events      []unix.EpollEvent
	watched     int       // descriptors
	armed       vrrp.Time // when the timer goes off, never if it is 0
}

func newPoller() (*poller, error) {
	p := &poller{timer: -1, event: -1, urgent: -1, all: -1, events: make([]unix.EpollEvent, 2)}
	if err := p.open(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *poller) open() (err error) {
	if p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		return os.NewSyscallError("timerfd_create", err)
	}
	if p.event, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	for _, set := range []*int{&p.urgent, &p.all} {
		if *set, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
			return os.NewSyscallError("epoll_create1", err)
		}
		for _, fd := range []int{p.timer, p.event} {
			if err := addTo(*set, fd); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *poller) close() {
	for _, fd := range []int{p.urgent, p.all, p.timer, p.event} {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

func addTo(set, fd int) error {
	err := unix.EpollCtl(set, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
	if err != nil {
		return fmt.Errorf("watch descriptor %d: %w", fd, os.NewSyscallError("epoll_ctl", err))
	}
	return nil
}

// watch adds a descriptor to those that wait returns when they can be read.
func (p *poller) watch(fd int) error {
	if err := addTo(p.all, fd); err != nil {
		return err
	}
	p.watched++
	return nil
}

// unwatch takes a descriptor off again, before it is closed.
func (p *poller) unwatch(fd int) {
	// It can only fail when the descriptor is not watched.
	_ = unix.EpollCtl(p.all, unix.EPOLL_CTL_DEL, fd, nil)
	p.watched--
}

// wake makes wait return. Any goroutine may call it.
func (p *poller) wake() {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	// EAGAIN means that the counter is full: it wakes as it is.
	_, _ = unix.Write(p.event, one[:])
}

// arm sets the time at which wait returns at the latest, or earlier: the deadline
// of a backup moves on with every advert, and a timer that goes off before it,
// once in a while, is cheaper than one that is set anew each time.
func (p *poller) arm(at vrrp.Time) error {
	if p.armed != 0 && p.armed <= at {
		return nil
	}
	// A value of 0 would disarm the timer.
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(at.Sub(monotonic()), 1)))}
	if err := unix.TimerfdSettime(p.timer, 0, &spec, nil); err != nil {
		return os.NewSyscallError("timerfd_settime", err)
	}
	p.armed = at
	return nil
}

// forever lets wait sleep for as long as it takes.
const forever = -1

// wait sleeps until something is ready, and calls ready for every descriptor that
// can be read, the poller's own excepted. Up to patience it does not wake up for
// descriptors that were watched, only for the deadline and for wake. It may
// return for nothing.
func (p *poller) wait(patience time.Duration, ready func(fd int)) error {
	if ms := int(patience.Milliseconds()); ms > 0 {
		if err := p.look(p.urgent, ms, ready); err != nil {
			return err
		}
		return p.poll(ready)
	}
	return p.look(p.all, forever, ready)
}

// poll is wait without sleep.
func (p *poller) poll(ready func(fd int)) error { return p.look(p.all, 0, ready) }

// look waits on one of the two sets for at most that many milliseconds.
func (p *poller) look(set, milliseconds int, ready func(fd int)) error {
	// Room for everything that can be ready: one wait must see it all. It does not
	// change below, while what is ready opens and closes sockets.
	if need := p.watched + 2 - len(p.events); need > 0 {
		p.events = append(p.events, make([]unix.EpollEvent, need)...)
	}
	n, err := unix.EpollWait(set, p.events, milliseconds)
	if err == unix.EINTR {
		return nil
	}
	if err != nil {
		return os.NewSyscallError("epoll_wait", err)
	}
	for _, ev := range p.events[:n] {
		fd := int(ev.Fd)
		if fd != p.timer && fd != p.event {
			ready(fd)
			continue
		}
		if fd == p.event && milliseconds == 0 {
			continue // who only looks does not take the tasks that this wakes up for
		}
		var buf [8]byte
		_, _ = unix.Read(fd, buf[:])
		if fd == p.timer {
			p.armed = 0
		}
	}
	return nil
}
