package vrrpd

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// logEvery is how often a thing that comes with packets may be logged.
const logEvery = 10 * time.Second

// A limiter keeps what a peer can cause from flooding the log. The zero
// limiter is ready.
type limiter struct {
	until   vrrp.Time
	dropped int
}

// allow says whether to log now, and how many were kept back since the last
// time.
func (l *limiter) allow(now vrrp.Time) (dropped int, ok bool) {
	if now < l.until {
		l.dropped++
		return 0, false
	}
	l.until = now.Add(logEvery)
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
