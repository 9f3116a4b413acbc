package flood

import (
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A witness tells for how long the machine itself stood still: on one that is
// shared every process may sleep a tenth of a second too long at times.
type witness struct {
	stop  atomic.Bool
	worst chan time.Duration
}

// newWitness begins to watch, with the priority that the director has.
func newWitness() *witness {
	w := &witness{worst: make(chan time.Duration, 1)}
	go func() {
		runtime.LockOSThread() // and not unlocked: the priority ends with the thread
		_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 50}, 0)
		var worst time.Duration
		for !w.stop.Load() {
			const pause = 2 * time.Millisecond
			began := time.Now()
			ts := unix.NsecToTimespec(int64(pause))
			_ = unix.Nanosleep(&ts, nil)
			worst = max(worst, time.Since(began)-pause)
		}
		w.worst <- worst
	}()
	return w
}

// stalled ends the watch, and returns the longest time that the machine stood
// still.
func (w *witness) stalled() time.Duration {
	w.stop.Store(true)
	return <-w.worst
}
