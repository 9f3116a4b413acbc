package lab

import (
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A stall is a time during which a thread of this process did not get its processor
// though it was due: the machine stood still, or had others to serve.
type stall struct {
	processor int
	end       time.Time
	d         time.Duration
}

// How often the watch for stalls looks, and what is none: timers may be late by as
// much in a guest that has all that it needs.
var stallPace = pace(10 * time.Millisecond)

const shortest = 50 * time.Millisecond

// stalls are all since the first lab.
var stalls struct {
	once sync.Once
	mu   sync.Mutex
	all  []stall
}

// watchStalls begins to watch each processor: a director may wait for one while
// another has time.
func watchStalls() {
	stalls.once.Do(func() {
		for processor := range runtime.NumCPU() {
			go func() {
				runtime.LockOSThread() // and not unlocked: the thread ends with its processor
				var only unix.CPUSet
				only.Set(processor)
				_ = unix.SchedSetaffinity(0, &only) // where that fails it watches any
				watch(processor, func(d time.Duration) {
					ts := unix.NsecToTimespec(int64(d))
					_ = unix.Nanosleep(&ts, nil)
				})
			}()
		}
	})
}

func watch(processor int, sleep func(time.Duration)) {
	for {
		began := time.Now()
		sleep(stallPace)
		now := time.Now()
		if late := now.Sub(began) - stallPace; late >= shortest {
			stalls.mu.Lock()
			stalls.all = append(stalls.all, stall{processor, now, late})
			stalls.mu.Unlock()
		}
	}
}

// Stalled is for how long the processor that fared worst has stood still for this
// process since a moment: in all, and at a time. The programs beside it fared no
// better.
func Stalled(since time.Time) (total, longest time.Duration) {
	stalls.mu.Lock()
	defer stalls.mu.Unlock()
	sums := map[int]time.Duration{}
	for _, s := range stalls.all {
		if s.end.After(since) {
			sums[s.processor] += s.d
			total = max(total, sums[s.processor])
			longest = max(longest, s.d)
		}
	}
	return total, longest
}

// starved tells whether directors that work as they should may have lost their
// addresses since a moment, or checks run out of time: the machine stood still for
// more than limit at a time, or for a tenth of it all.
func starved(since time.Time, limit time.Duration) bool {
	total, longest := Stalled(since)
	return excused(total, longest, time.Since(since), limit)
}

// longestStall is the limit of stories with timers of a second.
const longestStall = time.Second

func excused(total, longest, of, limit time.Duration) bool { return longest > limit || total > of/10 }
