package vrrpd

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// linkReported takes what the watcher of the interfaces reports to the router.
func (l *loop) linkReported(k Link) {
	switch {
	case k.Route != nil:
		l.net.LostRoute(*k.Route)
		return
	case k.Rule != nil:
		l.net.LostRule(*k.Rule)
		return
	}
	if !k.Synced {
		defer l.net.Moved(k.Grown)
		l.promoteLink(k)
		l.ownReported(k)
	}
	l.lostWithPrimary = k.WithPrimary
	switch {
	case k.Synced:
	case k.Gone:
		l.carriers.forget(k)
	default:
		k = l.carriers.take(k, l.linkDue)
	}
	state := stateOfLink(k)
	switch {
	case k.Synced:
		l.starting = true
		l.reload(vrrp.RouterEvent{Kind: vrrp.LinksKnown, Delay: l.startupDelay()})
		l.starting, l.synced = false, true
		if l.failed != nil {
			return // the loop ends, and what waits for it learns that
		}
		for _, f := range l.unsynced {
			f()
		}
		l.unsynced = nil
	case k.Gone:
		l.handle(vrrp.RouterEvent{Kind: vrrp.LinkRemoved, Link: state})
	case k.Lost.IsValid():
		l.handle(vrrp.RouterEvent{Kind: vrrp.AddressLost, Link: state, Lost: k.Lost})
		if l.hostKept || len(l.static.Addresses) > 0 {
			l.lost(k.Name, k.Lost) // the router knows of those of instances alone
		}
	default:
		l.handle(vrrp.RouterEvent{Kind: vrrp.LinkChanged, Link: state})
	}
}

// startupDelay is how long from now no instance is to become master: until the time
// after the start of the daemon and the boot of the machine that the settings ask for,
// whichever is later.
func (l *loop) startupDelay() time.Duration {
	d := l.delays.start
	if l.delays.boot > 0 {
		d = max(d, l.delays.boot-l.sys.Uptime())
	}
	if d <= 0 {
		return 0
	}
	l.log.Info(fmt.Sprintf("Delaying startup for %.6g seconds", d.Seconds()))
	return d
}

// startDelays are vrrp_startup_delay and vrrp_delay_after_boot.
type startDelays struct{ start, boot time.Duration }

// whenSynced calls f when all interfaces that there are have been reported, and
// the settings applied.
func (l *loop) whenSynced(f func()) {
	if l.synced {
		f()
		return
	}
	l.unsynced = append(l.unsynced, f)
}

// scriptReported takes the verdict on a tracked script to the router.
func (l *loop) scriptReported(name string, up bool) {
	value := 0
	if up {
		value = 1
	}
	l.handle(vrrp.RouterEvent{Kind: vrrp.TrackReported, Track: vrrp.TrackScript, Name: name, Value: value})
}

func stateOfLink(k Link) *vrrp.Link {
	return &vrrp.Link{Name: k.Name, Index: k.Index, Up: k.Up, MAC: k.MAC, MTU: k.MTU, Addrs: k.Addrs}
}

// linkDue lets a change count that has lasted long enough. Any goroutine may call it.
func (l *loop) linkDue(name string, turn int) {
	l.tasks.post(func() {
		if k, changed := l.carriers.due(name, turn); changed {
			l.handle(vrrp.RouterEvent{Kind: vrrp.LinkChanged, Link: stateOfLink(k)})
		}
	})
}
