package vrrpd

import (
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A coalescer says how long messages may gather: where a lot come in, the loop lets
// them gather for a moment instead of waking up for each: a wake-up costs several
// times what a message does. No timer waits for that, and none fires before what
// has gathered was read.
type coalescer struct {
	// slack is how long a message may wait.
	slack time.Duration
	// count is of messages since delay was asked for.
	count int
	// ahead is a clock that runs usualGap on with each message, and with time
	// alone if that is later. How far it is ahead says how heavy the traffic is.
	ahead vrrp.Time
}

const (
	// usualGap is the time between two messages of traffic that is not heavy:
	// 500 a second. Ten at once are not either.
	usualGap  = 2 * time.Millisecond
	heavyFrom = 10 * usualGap
	// heavyFor is for how long it is so when the last message has come.
	heavyFor = 10 * usualGap

	// slackShare is the part of the shortest advert interval that a message may
	// wait.
	slackShare = 50
)

// delay returns how long messages may gather from now.
func (c *coalescer) delay(now vrrp.Time) time.Duration {
	c.ahead = min(max(c.ahead, now).Add(time.Duration(c.count)*usualGap), now.Add(heavyFrom+heavyFor))
	c.count = 0
	if c.ahead.Sub(now) <= heavyFrom {
		return 0
	}
	return c.slack
}

// slackFor returns the slack for instances.
func slackFor(instances []vrrp.Instance) time.Duration {
	shortest := time.Second
	for n := range instances {
		shortest = min(shortest, instances[n].AdvertInterval)
	}
	return shortest / slackShare
}
