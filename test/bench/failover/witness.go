package main

import (
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A witness tells whether the machine itself stood still: on one that is shared
// every process may sleep a tenth of a second too long at times, and a take-over
// then is nobody's merit or fault. It wakes up every now and then, but not while
// the backup takes over.
type witness struct {
	end  atomic.Int64 // when the timer ends, in nanoseconds of Unix time
	late chan time.Duration
}

const (
	watch   = 2 * time.Millisecond  // between two looks
	quiet   = time.Millisecond      // no look for so long before the timer ends
	again   = 40 * time.Millisecond // and after it: reading the capture takes a processor
	tooLate = 2 * time.Millisecond  // for a measurement
)

// newWitness begins to watch; until is to be called.
func newWitness() *witness {
	w := &witness{late: make(chan time.Duration, 1)}
	w.end.Store(time.Now().Add(startWithin).UnixNano())
	go func() {
		// A thread of its own is woken by the kernel, not by Go's scheduler.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		w.late <- w.look()
	}()
	return w
}

// look returns how late it woke up at worst.
func (w *witness) look() (worst time.Duration) {
	for done := false; !done; {
		next, end := time.Now().Add(watch), time.Unix(0, w.end.Load())
		if next.After(end.Add(-quiet)) {
			next, done = end.Add(again), true
		}
		for time.Now().Before(next) {
			pause := unix.NsecToTimespec(int64(time.Until(next)))
			_ = unix.Nanosleep(&pause, nil) // interrupted, it goes on
		}
		worst = max(worst, time.Since(next))
	}
	return worst
}

// until waits until shortly after the end of the timer, and tells whether the
// machine stood still since the beginning.
func (w *witness) until(end time.Time) (stalled bool) {
	w.end.Store(end.UnixNano())
	return <-w.late > tooLate
}
