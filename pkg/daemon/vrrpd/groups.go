package vrrpd

import (
	"sync/atomic"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

// settleGroup passes on e when all members of the group have settled. What their own
// programs are run for comes before it.
func (l *loop) settleGroup(e event.GroupSettled) {
	var members []string
	for _, name := range e.Settings.Members {
		if l.instances[name] != nil {
			members = append(members, name)
		}
	}
	var left atomic.Int64
	left.Store(int64(len(members)))
	for _, name := range members {
		l.net.After(name, func() {
			if left.Add(-1) == 0 {
				e.At = time.Now()
				l.out.put(e)
			}
		})
	}
}

// endGroups passes on the ends of all groups, at the stop.
func (l *loop) endGroups() {
	l.router.Groups(func(g *vrrp.SyncGroup, state vrrp.State) bool {
		l.settleGroup(event.GroupSettled{Settings: g, State: state, Ended: true})
		return true
	})
}

// ledBy returns the transition of a group that began with an instance, nil for none.
func ledBy(i *vrrp.Instance, effects []vrrp.Effect) *vrrp.Effect {
	for n := range effects {
		if e := &effects[n]; e.Kind == vrrp.GroupTransition && e.Member == i {
			return e
		}
	}
	return nil
}
