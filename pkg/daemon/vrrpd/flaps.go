package vrrpd

import (
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Transitions are for the log one by one as long as there are no more than these;
// whoever sends adverts can cause them several times a second.
const (
	flapsAtOnce = 20
	flapEvery   = 2 * time.Second // one more each time
)

// flaps bound what is logged of an instance's transitions. The zero value is
// ready.
type flaps struct {
	// full is when as many as flapsAtOnce may be logged again.
	full    vrrp.Time
	dropped int
}

// allow says whether to log a transition that happens now.
func (f *flaps) allow(now vrrp.Time) bool {
	next := max(f.full, now).Add(flapEvery)
	if next.Sub(now) > flapsAtOnce*flapEvery {
		f.dropped++
		return false
	}
	f.full = next
	return true
}

// often says that there have been several transitions of late: the details of each
// are of no interest then.
func (f *flaps) often(now vrrp.Time) bool { return f.full.Sub(now) > 3*flapEvery }

// limitFlaps says of the instances that effects are of whether their transitions
// are for the log. Of those that are not, it has the number a moment later, and what
// came of them.
func (l *loop) limitFlaps(at vrrp.Time, effects []vrrp.Effect) {
	transitions := false
	for n := range effects {
		if i := l.known(&effects[n]); i != nil {
			i.now, i.quiet = max(i.now, at), false
		}
		transitions = transitions || effects[n].Kind == vrrp.Transition
	}
	if !transitions {
		return
	}
	for n := range effects {
		i := l.known(&effects[n])
		if i == nil || effects[n].Kind != vrrp.Transition || i.flaps.allow(i.now) {
			continue
		}
		i.quiet = true
		if i.flaps.dropped == 1 {
			time.AfterFunc(flapEvery, func() { l.tasks.post(func() { l.countFlaps(i) }) })
		}
	}
}

func (l *loop) countFlaps(i *instance) {
	l.out.put(event.Flapping{Settings: i.cfg, Count: i.flaps.dropped, State: i.state, At: time.Now()})
	i.flaps.dropped = 0
}
