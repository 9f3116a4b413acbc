package sim

import (
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A clock is that of a host. It goes on evenly, a bit too fast or too slowly, and
// stands still while the host is suspended. The time of day may be wrong besides.
type clock struct {
	perMillion int64         // what it gains in a million
	behind     time.Duration // what it has stood still
	wall       time.Duration // what the time of day is ahead
}

// local is the host's time at a time of the network.
func (c *clock) local(now vrrp.Time) vrrp.Time {
	return now.Add(time.Duration(int64(now.Sub(beginning))*c.perMillion/million) - c.behind)
}

// when is the first time of the network at which the host's time is at, or later.
func (c *clock) when(at vrrp.Time) vrrp.Time {
	now := at.Add(c.behind)
	if c.perMillion == 0 {
		return now
	}
	now = beginning.Add(time.Duration(int64(now.Sub(beginning)) * million / (million + c.perMillion)))
	for c.local(now) < at {
		now++
	}
	for c.local(now-1) >= at {
		now--
	}
	return now
}

const million = 1_000_000

// now is the host's time.
func (h *host) now() vrrp.Time { return h.clock.local(h.w.now) }

// wall is the host's time of day.
func (h *host) wall() time.Time {
	return time.Unix(1_700_000_000, int64(h.w.now.Sub(beginning)+h.clock.wall))
}
