package vrrpd

import (
	"net/netip"
	"reflect"
	"slices"

	"github.com/kactl/kactl/pkg/vrrp"
)

// apply makes the instances those of the settings. What did not change goes on
// as if nothing had happened. It runs on the loop's thread.
func (l *loop) apply(s vrrp.Settings) {
	l.settings = s
	if !l.synced {
		return // an interface that is not known yet would look like a fault
	}
	defer l.net.Together()()
	l.traffic.slack = slackFor(s.Instances)
	wanted := map[string]*vrrp.Instance{}
	l.virtual = map[netip.Addr]bool{}
	for n := range s.Instances {
		cfg := &s.Instances[n]
		wanted[cfg.Name] = cfg
		for _, a := range addresses(cfg) {
			l.virtual[a.Prefix.Addr()] = true
		}
	}
	for name, state := range l.links {
		state.source = l.firstAddress(state.addrs)
		l.links[name] = state
	}
	l.forgetScripts(s.Scripts)

	l.followRenamed(wanted)
	// What goes, goes first: what comes may need its VRID or its addresses.
	for name, i := range l.instances {
		if cfg := wanted[name]; cfg == nil || cfg.Interface != i.cfg.Interface || cfg.VRID != i.cfg.VRID {
			l.removeInstance(i)
		}
	}
	for n := range s.Instances {
		cfg := &s.Instances[n]
		if i := l.instances[cfg.Name]; i != nil && !reflect.DeepEqual(i.cfg, cfg) {
			l.changeInstance(i, cfg)
		}
	}
	for n := range s.Instances {
		if cfg := &s.Instances[n]; l.instances[cfg.Name] == nil {
			l.addInstance(cfg)
		}
	}
	for _, i := range l.instances {
		l.tellRoom(i)
	}
	// What their interfaces' first address is may have changed for all.
	for _, i := range l.instances {
		l.tellLink(i)
	}
}

// followRenamed lets an instance that only got another name go on under it: the
// interface and the VRID are what the network knows it by.
func (l *loop) followRenamed(wanted map[string]*vrrp.Instance) {
	for name, i := range l.instances {
		if wanted[name] != nil {
			continue
		}
		for _, cfg := range wanted {
			if l.instances[cfg.Name] == nil && cfg.Interface == i.cfg.Interface && cfg.VRID == i.cfg.VRID &&
				(len(cfg.Peers) == 0) == (len(i.cfg.Peers) == 0) {
				delete(l.instances, name)
				l.instances[cfg.Name] = i
				l.net.Rename(name, cfg.Name)
				break
			}
		}
	}
}

// forgetScripts drops the verdicts on scripts that are no longer configured.
func (l *loop) forgetScripts(scripts []vrrp.Script) {
	for name := range l.scripts {
		if !slices.ContainsFunc(scripts, func(s vrrp.Script) bool { return s.Name == name }) {
			delete(l.scripts, name)
		}
	}
}

func (l *loop) addInstance(cfg *vrrp.Instance) {
	i := newInstance(cfg, l.log)
	l.attach(i)
	l.instances[cfg.Name] = i
	l.tellAll(i)
	l.step(i, vrrp.Event{Kind: vrrp.Startup})
}

func (l *loop) removeInstance(i *instance) {
	l.step(i, vrrp.Event{Kind: vrrp.Shutdown})
	l.due.remove(i)
	l.detach(i)
	l.net.Drop(i.cfg.Name)
	delete(l.instances, i.cfg.Name)
}

// changeInstance lets an instance go on under other settings.
func (l *loop) changeInstance(i *instance, cfg *vrrp.Instance) {
	if old := i.cfg; old.Group != cfg.Group || (len(old.Peers) == 0) != (len(cfg.Peers) == 0) {
		l.detach(i)
		i.configure(cfg)
		l.attach(i)
	}
	i.configure(cfg)
	i.now = max(i.now, monotonic())
	l.effects = i.machine.Reconfigure(i.now, cfg, l.effects[:0])
	l.follow(i)
	l.renewAddresses(i)
	l.tellAddresses(i)
	l.tellAll(i)
}

// tellAll gives an instance all that is known of what it depends on.
func (l *loop) tellAll(i *instance) {
	l.tellRoom(i)
	l.tellLink(i)
	for n, t := range i.cfg.Tracks {
		up, known := l.scripts[t.Name]
		if t.Kind == vrrp.TrackInterface {
			up, known = l.links[t.Name].up, true
		}
		if known {
			l.step(i, vrrp.Event{Kind: vrrp.TrackChanged, Track: n, Value: valueOf(up)})
		}
	}
}
