package lab

import (
	"sync"
	"time"
)

// A stall is a time during which this process did not get the processor though
// it was due: the machine stood still, or had others to serve.
type stall struct {
	end time.Time
	d   time.Duration
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

func watchStalls() {
	stalls.once.Do(func() { go watch(time.Sleep) })
}

func watch(sleep func(time.Duration)) {
	for {
		began := time.Now()
		sleep(stallPace)
		now := time.Now()
		if late := now.Sub(began) - stallPace; late >= shortest {
			stalls.mu.Lock()
			stalls.all = append(stalls.all, stall{now, late})
			stalls.mu.Unlock()
		}
	}
}

// Stalled is for how long this process has stood still since a moment: in all,
// and at a time. The programs beside it fared no better.
func Stalled(since time.Time) (total, longest time.Duration) {
	stalls.mu.Lock()
	defer stalls.mu.Unlock()
	for _, s := range stalls.all {
		if s.end.After(since) {
			total += s.d
			longest = max(longest, s.d)
		}
	}
	return total, longest
}

// starved tells whether directors that work as they should may have lost their
// addresses since a moment, or checks run out of time.
func starved(since time.Time) bool {
	total, longest := Stalled(since)
	return excused(total, longest, time.Since(since))
}

func excused(total, longest, of time.Duration) bool { return longest > time.Second || total > of/10 }
