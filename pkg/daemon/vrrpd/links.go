package vrrpd

import (
	"fmt"
	"net/netip"

	"github.com/kactl/kactl/pkg/vrrp"
)

// linkState is what is known of an interface that exists.
type linkState struct {
	index int
	up    bool
	addrs []netip.Prefix
	// source is the first of addrs that is not a virtual address.
	source netip.Addr
}

// updateLink takes note of what the watcher of the interfaces reports.
func (l *loop) updateLink(k Link) {
	switch {
	case k.Synced:
		l.synced = true
		l.apply(l.settings)
	case k.Gone:
		l.dropLink(k.Name)
	default:
		l.setLink(k.Name, linkState{index: k.Index, up: k.Up, addrs: k.Addrs})
	}
}

// setLink takes note of an interface that is new or has changed, and tells the
// instances that depend on it.
func (l *loop) setLink(name string, s linkState) {
	s.source = l.firstAddress(s.addrs)
	old, existed := l.links[name]
	l.links[name] = s
	if existed && old.up != s.up {
		l.log.Info(fmt.Sprintf("Netlink reports %s %s", name, upOrDown(s.up)))
	}
	if p := l.ports[name]; p != nil {
		if existed && old.index != s.index {
			l.closePort(p)
		}
		if err := l.open(p); err != nil {
			l.log.Error(err.Error())
		}
	}
	if existed && old.up == s.up && old.source == s.source && old.index == s.index {
		return
	}
	l.linkChanged(name)
}

// dropLink takes note that an interface is gone.
func (l *loop) dropLink(name string) {
	if _, ok := l.links[name]; !ok {
		return
	}
	delete(l.links, name)
	l.log.Info(fmt.Sprintf("Netlink reports %s deleted", name))
	if p := l.ports[name]; p != nil {
		l.closePort(p)
	}
	l.linkChanged(name)
}

func upOrDown(up bool) string {
	if up {
		return "up"
	}
	return "down"
}

// linkChanged tells every instance that runs on the interface, or tracks it.
func (l *loop) linkChanged(name string) {
	for _, i := range l.instances {
		if i.cfg.Interface == name {
			l.tellLink(i)
		}
		l.tellTracks(i, vrrp.TrackInterface, name, l.links[name].up)
	}
}

// tellLink gives an instance the state of its own interface.
func (l *loop) tellLink(i *instance) {
	l.step(i, vrrp.Event{Kind: vrrp.InterfaceChanged, Up: l.links[i.cfg.Interface].up})
	l.step(i, vrrp.Event{Kind: vrrp.SourceChanged, From: l.sourceOf(i.cfg)})
}

// tellTracks gives an instance the state of a thing, if it tracks it.
func (l *loop) tellTracks(i *instance, kind vrrp.TrackKind, name string, up bool) {
	for n, t := range i.cfg.Tracks {
		if t.Kind == kind && t.Name == name {
			l.step(i, vrrp.Event{Kind: vrrp.TrackChanged, Track: n, Up: up})
		}
	}
}

// setScript takes note of the verdict on a tracked script.
func (l *loop) setScript(name string, up bool) {
	l.scripts[name] = up
	for _, i := range l.instances {
		l.tellTracks(i, vrrp.TrackScript, name, up)
	}
}

// sourceOf returns the configured source, or the first address of the
// interface.
func (l *loop) sourceOf(cfg *vrrp.Instance) netip.Addr {
	if cfg.Source.IsValid() {
		return cfg.Source
	}
	return l.links[cfg.Interface].source
}

// firstAddress returns the first IPv4 address that is not a virtual one: those
// come and go with the state.
func (l *loop) firstAddress(addrs []netip.Prefix) netip.Addr {
	for _, a := range addrs {
		if a.Addr().Is4() && !l.virtual[a.Addr()] {
			return a.Addr()
		}
	}
	return netip.Addr{}
}
