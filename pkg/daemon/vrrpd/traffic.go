package vrrpd

import (
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A traffic is how much comes in. Where that is a lot, the loop lets messages
// gather for a moment instead of waking up for each: a wake-up costs several
// times what a message does. No timer waits for that, and none fires before what
// has gathered was read.
type traffic struct {
	// slack is how long a message may wait.
	slack time.Duration
	// count is of messages since patience was asked for.
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

// patience returns how long messages may gather from now.
func (t *traffic) patience(now vrrp.Time) time.Duration {
	t.ahead = min(max(t.ahead, now).Add(time.Duration(t.count)*usualGap), now.Add(heavyFrom+heavyFor))
	t.count = 0
	if t.ahead.Sub(now) <= heavyFrom {
		return 0
	}
	return t.slack
}

// slackFor returns the slack for instances.
func slackFor(instances []vrrp.Instance) time.Duration {
	shortest := time.Second
	for n := range instances {
		shortest = min(shortest, instances[n].AdvertInterval)
	}
	return shortest / slackShare
}
