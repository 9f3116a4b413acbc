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
	stop atomic.Bool
	seen chan standstill
}

// A standstill is for how long a machine stood still: in all, and at a time.
type standstill struct{ total, longest time.Duration }

// newWitness begins to watch, with the priority that the director has.
func newWitness() *witness {
	w := &witness{seen: make(chan standstill, 1)}
	go func() {
		runtime.LockOSThread() // and not unlocked: the priority ends with the thread
		_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 50}, 0)
		var seen standstill
		for !w.stop.Load() {
			const pause = 2 * time.Millisecond
			began := time.Now()
			ts := unix.NsecToTimespec(int64(pause))
			_ = unix.Nanosleep(&ts, nil)
			late := time.Since(began) - pause
			seen.longest = max(seen.longest, late)
			if late > 5*pause {
				seen.total += late
			}
		}
		w.seen <- seen
	}()
	return w
}

// stalled ends the watch, and returns for how long the machine stood still.
func (w *witness) stalled() standstill {
	w.stop.Store(true)
	return <-w.seen
}
