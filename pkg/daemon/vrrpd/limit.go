package vrrpd

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A thing that comes with packets is logged once in logEvery, and where it goes
// on and on ever more rarely, down to once in logAtLeast.
const (
	logEvery   = 10 * time.Second
	logAtLeast = 10 * time.Minute
)

// A limiter keeps what a peer can cause from flooding the log and the other sinks of
// events. The zero limiter is ready.
type limiter struct {
	until   vrrp.Time
	pause   time.Duration
	dropped int
}

// allow says whether to log now, and how many were kept back since the last
// time.
func (l *limiter) allow(now vrrp.Time) (dropped int, ok bool) {
	if now < l.until {
		l.dropped++
		return 0, false
	}
	if l.dropped == 0 {
		l.pause = logEvery
	} else {
		l.pause = min(2*l.pause, logAtLeast)
	}
	l.until = now.Add(l.pause)
	dropped, l.dropped = l.dropped, 0
	return dropped, true
}

// andMore words what was kept back.
func andMore(dropped int) string {
	if dropped == 0 {
		return ""
	}
	return fmt.Sprintf(" (and %d more like it since that was last logged)", dropped)
}
