package vrrpd

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// fakeTime says that new fake systems get a fakeWaiter. Tests run one by one.
var fakeTime bool

// inFakeTime runs a test in which time passes only while everybody waits: seconds
// of an instance's life cost none, and a busy machine is never late. The test runs
// the loop with a fakeWaiter, for nothing would know that a poller waits.
func inFakeTime(t *testing.T, test func(*testing.T)) {
	t.Helper()
	before := started
	defer func() { started, fakeTime = before, false }()
	synctest.Test(t, func(t *testing.T) {
		started, fakeTime = time.Now(), true
		test(t)
	})
}

// A fakeWaiter is a poller that waits by channels.
type fakeWaiter struct {
	woken, arrived chan struct{}
	timer          *time.Timer
	watched        []int
}

func newFakeWaiter(arrived chan struct{}) *fakeWaiter {
	return &fakeWaiter{woken: make(chan struct{}, 1), arrived: arrived, timer: time.NewTimer(time.Hour)}
}

func (w *fakeWaiter) watch(fd int) error {
	w.watched = append(w.watched, fd)
	return nil
}

func (w *fakeWaiter) unwatch(fd int) {
	w.watched = slices.DeleteFunc(w.watched, func(other int) bool { return other == fd })
}

func (w *fakeWaiter) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

func (w *fakeWaiter) arm(at vrrp.Time) error {
	w.timer.Reset(at.Sub(monotonic()))
	return nil
}

func (w *fakeWaiter) wait(patience time.Duration, ready func(fd int)) error {
	if patience > 0 {
		select {
		case <-w.woken:
		case <-w.timer.C:
		case <-time.After(patience):
		}
		return w.look(ready)
	}
	select {
	case <-w.woken:
	case <-w.timer.C:
	case <-w.arrived:
	}
	return w.look(ready)
}

// poll takes a moment, so that the time for which the loop polls comes to an end.
func (w *fakeWaiter) poll(ready func(fd int)) error {
	time.Sleep(10 * time.Microsecond)
	return w.look(ready)
}

func (w *fakeWaiter) look(ready func(fd int)) error {
	fds := make([]unix.PollFd, len(w.watched))
	for n, fd := range w.watched {
		fds[n] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	}
	if _, err := unix.Poll(fds, 0); err != nil && err != unix.EINTR {
		return err
	}
	for _, p := range fds {
		if p.Revents != 0 {
			ready(int(p.Fd))
		}
	}
	return nil
}

func (w *fakeWaiter) close() { w.timer.Stop() }
