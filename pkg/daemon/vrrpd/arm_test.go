package vrrpd

import (
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// An alarm takes down when the loop wants to be woken up.
type alarm struct {
	waiter
	at vrrp.Time
}

func (a *alarm) arm(at vrrp.Time) error {
	a.at = at
	return nil
}

// Adverts wait a little for each other; nothing waits where a backup takes over.
func TestArm(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		// The intervals of a master, and of a backup, none if 0: that one takes over after
		// 3.21875 of them.
		master, backup time.Duration
		want           time.Duration // after the master's advert
	}{
		{"a master alone", 100 * ms, 0, ms},
		{"at a short interval", 10 * ms, 0, ms / 10},
		{"at a long one", 10 * time.Second, 0, ms},
		{"a take-over much later", 100 * ms, 40 * ms, ms},
		{"a little later", 102 * ms, 32 * ms, ms - spinLead},
		{"right after the advert", 103*ms - ms/10, 32 * ms, 0},
		{"before it", 104 * ms, 32 * ms, -ms - spinLead},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, _, _ := newHotLoop(t, vrrp.PriorityOwner)
			a := owner("A", 61, "198.51.100.61/24")
			a.Version, a.AdvertInterval = 3, c.master
			settings := vrrp.Settings{Instances: []vrrp.Instance{a}}
			if c.backup > 0 {
				b := owner("B", 62, "198.51.100.62/24")
				b.Version, b.AdvertInterval, b.Priority, b.InitialState = 3, c.backup, 200, vrrp.Backup
				settings.Instances = append(settings.Instances, b)
			}
			l.reload(vrrp.RouterEvent{Kind: vrrp.Reload, Settings: &settings})
			l.flushEvents()
			var advert vrrp.Time
			l.router.Instances(func(i *vrrp.Instance, m *vrrp.Machine) bool {
				advert, _ = m.Deadline()
				return false
			})
			// A backup opens its tap before it takes over.
			for at, _ := l.router.Deadline(monotonic()); at < advert.Add(-10*ms); at, _ = l.router.Deadline(at) {
				l.handleAt(at, vrrp.RouterEvent{Kind: vrrp.DeadlineReached})
			}
			alarm := &alarm{waiter: l.poll}
			l.poll = alarm
			if err := l.arm(); err != nil {
				t.Fatal(err)
			}
			if got := alarm.at.Sub(advert); got != c.want {
				t.Errorf("the loop wakes up %v after the advert is due, want %v", got, c.want)
			}
		})
	}
}
