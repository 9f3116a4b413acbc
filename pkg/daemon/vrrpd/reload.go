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
	var gone []change
	var moved []*instance
	for n := range s.Instances {
		cfg := &s.Instances[n]
		if i := l.instances[cfg.Name]; i != nil && !reflect.DeepEqual(i.cfg, cfg) {
			was, is := addresses(i.cfg), addresses(cfg)
			if !slices.Equal(was, is) {
				// What was decided about the old ones is overtaken.
				i.generation.Add(1)
				gone = append(gone, change{i, missingFrom(was, is)})
				moved = append(moved, i)
			}
			l.changeInstance(i, cfg)
		}
	}
	l.takeOff(gone)
	for _, i := range moved {
		if i.machine.State() == vrrp.Master {
			l.execute(i, i.held, job{kind: ensure, generation: i.generation.Load(), repeat: i.cfg.GARP.Repeat})
		}
	}
	for n := range s.Instances {
		if cfg := &s.Instances[n]; l.instances[cfg.Name] == nil {
			l.addInstance(cfg)
		}
	}
	l.endIdleExecutors()
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
				break
			}
		}
	}
}

// A change is addresses that an instance has no longer.
type change struct {
	instance *instance
	addrs    []vrrp.Address
}

// takeOff removes addresses that are not ours to keep, whatever the state of
// their instance is by now, unless another master holds them under the new
// settings.
func (l *loop) takeOff(gone []change) {
	held := map[vrrp.Address]bool{}
	for _, i := range l.instances {
		if i.machine.State() == vrrp.Master {
			for _, a := range addresses(i.cfg) {
				held[a] = true
			}
		}
	}
	for _, g := range gone {
		addrs := slices.DeleteFunc(g.addrs, func(a vrrp.Address) bool { return held[a] })
		l.execute(g.instance, byDevice(addrs), job{kind: remove, generation: always})
	}
}

// endIdleExecutors ends those of interfaces that no address is on any more.
func (l *loop) endIdleExecutors() {
	needed := map[string]bool{}
	for _, i := range l.instances {
		for _, part := range i.held {
			needed[part.device] = true
		}
	}
	for device := range l.executors {
		if !needed[device] {
			l.endExecutor(device)
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
	delete(l.instances, i.cfg.Name)
}

// changeInstance lets an instance go on under other settings. The addresses that
// come and go are the caller's business.
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
	l.tellAddresses(i)
	l.tellAll(i)
}

// missingFrom returns those of a that are not in b.
func missingFrom(a, b []vrrp.Address) []vrrp.Address {
	var missing []vrrp.Address
	for _, x := range a {
		if !slices.Contains(b, x) {
			missing = append(missing, x)
		}
	}
	return missing
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
