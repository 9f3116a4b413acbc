package vrrp

import "time"

// A Time is a reading of a monotonic clock in nanoseconds; where the clock
// starts does not matter. The zero Time is before every reading.
type Time int64

// Add returns the time d later.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the time from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// A timer is a deadline that may be unset.
type timer struct {
	at  Time
	set bool
}

func (t *timer) start(at Time) { t.at, t.set = at, true }
func (t *timer) stop()         { t.set = false }

// due says whether the timer has run out.
func (t timer) due(now Time) bool { return t.set && now >= t.at }

// earliest returns the first of the timers that are set.
func earliest(ts ...timer) timer {
	var first timer
	for _, t := range ts {
		if t.set && (!first.set || t.at < first.at) {
			first = t
		}
	}
	return first
}
