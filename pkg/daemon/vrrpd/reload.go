package vrrpd

import (
	"context"
	"fmt"

	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Reload makes the daemon run other settings. What they do not change goes on:
// states, addresses, timers. It returns when they are in force, as Ready has it, or
// with an error when ctx or the daemon ends before that.
func (d *Daemon) Reload(ctx context.Context, s vrrp.Settings) error {
	d.cfg.Scripts.Reload(s.Scripts)
	for _, source := range d.cfg.Sources {
		source.Reload(&s)
	}
	d.polled.Store(newPolled(&s))
	err := d.ask(ctx, func(done func()) {
		d.loop.reload(vrrp.RouterEvent{Kind: vrrp.Reload, Settings: &s})
		d.loop.whenSynced(done)
	})
	if err != nil {
		return fmt.Errorf("reload virtual routers: %w", err)
	}
	return nil
}

// reload lets the router apply settings. What an instance gives up and another one
// takes is not removed in between.
func (l *loop) reload(ev vrrp.RouterEvent) {
	defer l.net.Together()()
	if ev.Kind == vrrp.Reload {
		l.coalescer.slack = slackFor(ev.Settings.Instances)
		l.carriers.configure(ev.Settings.Delays)
		l.static = ev.Settings.Static
		l.sharePauses(ev.Settings.GARPGroups)
		l.tellLower = ev.Settings.TellLower
		l.localIGMP.off = ev.Settings.NoLocalIGMP
		l.unknown = nil
		if ev.Settings.LogUnknown {
			l.unknown = unknown{}
		}
		l.configureOwn(ev.Settings)
	}
	if l.synced || ev.Kind == vrrp.LinksKnown {
		l.setOwn()
		l.setStatic(true)
		l.setLocalIGMP(l.localIGMP.off)
	}
	l.reportStatics()
	l.handle(ev)
	l.promote()
}

// sharePauses makes the interfaces of each group keep one pause between announcements.
func (l *loop) sharePauses(groups []vrrp.GARPGroup) {
	var list []netstate.SharedPause
	for _, g := range groups {
		list = append(list, netstate.SharedPause{Devices: g.Interfaces, Pause: netstate.Pause{ARP: g.ARP, NA: g.NA}})
	}
	l.net.SharePauses(list)
}
