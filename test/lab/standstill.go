package lab

import (
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A Witness measures for how long the machine itself stands still: on one that is
// shared every process may sleep a tenth of a second too long at times.
type Witness struct {
	stop atomic.Bool
	seen chan Standstill
}

// A Standstill is for how long a machine stood still: in all, and at a time.
type Standstill struct{ Total, Longest time.Duration }

// NewWitness begins to watch, with the real-time priority 50, which a director has by
// vrrp_rt_priority.
func NewWitness() *Witness {
	w := &Witness{seen: make(chan Standstill, 1)}
	go func() {
		runtime.LockOSThread() // and not unlocked: the priority ends with the thread
		_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 50}, 0)
		var seen Standstill
		for !w.stop.Load() {
			const pause = 2 * time.Millisecond
			began := time.Now()
			ts := unix.NsecToTimespec(int64(pause))
			_ = unix.Nanosleep(&ts, nil)
			late := time.Since(began) - pause
			seen.Longest = max(seen.Longest, late)
			if late > 5*pause {
				seen.Total += late
			}
		}
		w.seen <- seen
	}()
	return w
}

// Stalled ends the watch, and returns for how long the machine stood still.
func (w *Witness) Stalled() Standstill {
	w.stop.Store(true)
	return <-w.seen
}
