package vrrpd

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// linkState is what is known of an interface that exists.
type linkState struct {
	index int
	up    bool
	mac   string
	mtu   int
	addrs []netip.Prefix
	// source is the first of addrs that is not a virtual address.
	source netip.Addr
}

// updateLink takes note of what the watcher of the interfaces reports.
func (l *loop) updateLink(k Link) {
	switch {
	case k.Synced:
		l.synced, l.starting = true, true
		l.apply(l.settings)
		l.starting = false
		for _, f := range l.unsynced {
			f()
		}
		l.unsynced = nil
	case k.Gone:
		l.dropLink(k.Name, k.Index)
	default:
		l.setLink(k.Name, linkState{index: k.Index, up: k.Up, mac: k.MAC, mtu: k.MTU, addrs: k.Addrs})
		if l.virtual[k.Lost.Addr()] {
			l.net.Lost(k.Name, k.Lost)
		}
	}
}

// whenSynced calls f when all interfaces that there are have been reported, and
// the settings applied.
func (l *loop) whenSynced(f func()) {
	if l.synced {
		f()
		return
	}
	l.unsynced = append(l.unsynced, f)
}

// setLink takes note of an interface that is new or has changed, and tells the
// instances that depend on it.
func (l *loop) setLink(name string, s linkState) {
	s.source = l.firstAddress(s.addrs)
	old, existed := l.links[name]
	l.links[name] = s
	moved := !slices.Equal(old.addrs, s.addrs)
	l.countLocal(old.addrs, s.addrs)
	if existed && old.up != s.up {
		l.log.Info(fmt.Sprintf("Netlink reports %s %s", name, upOrDown(s.up)))
	}
	if before, ok := l.dropped[s.index]; ok && !existed {
		delete(l.dropped, s.index)
		l.net.Renamed(before, name, s.addrs)
	}
	if p := l.ports[name]; p != nil {
		if existed && old.index != s.index {
			l.closePort(p)
		}
		if !p.failing { // or it is tried again in its time
			l.open(p)
		}
	}
	if l.ports[name] != nil && old.source.IsValid() && s.source.IsValid() && old.source != s.source {
		l.log.Info(fmt.Sprintf("the first address of %s is %v now, no longer %v", name, s.source, old.source))
	}
	if !existed || old.up != s.up || old.source != s.source || old.index != s.index {
		l.linkChanged(name)
	}
	if old.index != s.index {
		for _, i := range l.instances {
			if i.cfg.Interface == name {
				l.tellRoom(i)
			}
		}
	}
	if moved {
		l.tellSources()
	}
	l.repair(name, old, s)
}

// repair looks after the addresses of masters on an interface that is another
// one under the same name, or has another hardware address.
func (l *loop) repair(name string, old, now linkState) {
	renewed := old.index != now.index
	if !renewed && old.mac == now.mac {
		return
	}
	if renewed {
		l.net.Renewed(name)
	} else {
		l.net.Readdressed(name)
	}
}

// dropLink takes note that an interface is gone. Another one may have its name
// by now.
func (l *loop) dropLink(name string, index int) {
	if state, ok := l.links[name]; !ok || state.index != index {
		return
	}
	l.countLocal(l.links[name].addrs, nil)
	delete(l.links, name)
	for _, i := range l.instances {
		if slices.ContainsFunc(i.held, func(p netstate.Part) bool { return p.Device == name }) {
			l.dropped[index] = name
		}
	}
	l.log.Info(fmt.Sprintf("Netlink reports %s deleted", name))
	if p := l.ports[name]; p != nil {
		l.closePort(p)
	}
	l.linkChanged(name)
	l.tellSources()
}

// countLocal takes note that an interface has other addresses.
func (l *loop) countLocal(old, now []netip.Prefix) {
	// Most changes are at the end: hundreds of addresses come one by one.
	for len(old) > 0 && len(now) > 0 && old[0] == now[0] {
		old, now = old[1:], now[1:]
	}
	for _, a := range now {
		l.local[a.Addr()]++
	}
	for _, a := range old {
		if l.local[a.Addr()]--; l.local[a.Addr()] == 0 {
			delete(l.local, a.Addr())
		}
	}
}

// tellSources tells the instances whose configured source has come or gone,
// on whatever interface.
func (l *loop) tellSources() {
	for _, i := range l.instances {
		if i.cfg.Source.IsValid() && i.machine.Source() != l.sourceOf(i.cfg) {
			l.tellLink(i)
		}
	}
}

// tellRoom gives an instance the room that an advert has on its interface.
// Routers agree on what adverts carry, so that follows the MTU only where
// settings are applied, or an interface is new.
func (l *loop) tellRoom(i *instance) {
	if state, ok := l.links[i.cfg.Interface]; ok {
		l.step(i, vrrp.Event{Kind: vrrp.RoomChanged, Room: i.carry(state.mtu)})
	}
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

// tellLink gives an instance the state of its own interface. One on which it can
// neither hear nor speak is as good as down.
func (l *loop) tellLink(i *instance) {
	up := l.links[i.cfg.Interface].up && !i.port.failing
	l.step(i, vrrp.Event{Kind: vrrp.InterfaceChanged, Up: up})
	l.step(i, vrrp.Event{Kind: vrrp.SourceChanged, From: l.sourceOf(i.cfg)})
}

// tellTracks gives an instance the state of a thing, if it tracks it.
func (l *loop) tellTracks(i *instance, kind vrrp.TrackKind, name string, up bool) {
	for n, t := range i.cfg.Tracks {
		if t.Kind == kind && t.Name == name {
			l.step(i, vrrp.Event{Kind: vrrp.TrackChanged, Track: n, Value: valueOf(up)})
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

// sourceOf returns the configured source if this host has it, or the first
// address of the interface.
func (l *loop) sourceOf(cfg *vrrp.Instance) netip.Addr {
	if cfg.Source.IsValid() {
		if l.local[cfg.Source] == 0 {
			return netip.Addr{}
		}
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

// valueOf is the value of a thing that is up or down.
func valueOf(up bool) int {
	if up {
		return 1
	}
	return 0
}
