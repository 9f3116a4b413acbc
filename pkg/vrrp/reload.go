package vrrp

import (
	"reflect"
	"slices"
)

// reload makes the members those of the settings. What did not change goes on as
// if nothing had happened. The order is that of the settings: what goes, goes
// first, for what comes may need its VRID or its addresses; then what changes;
// then what is new.
func (r *Router) reload(now Time, out []Effect) []Effect {
	if !r.known {
		return out // an interface that is not known yet would look like a fault
	}
	r.noteFollowers()
	clear(r.virtual)
	for n := range r.settings.Instances {
		cfg := &r.settings.Instances[n]
		for _, addrs := range [][]Address{cfg.Addresses, cfg.Excluded} {
			for _, a := range addrs {
				key := scoped(a.Prefix.Addr(), a.Device)
				r.virtual[key] = r.virtual[key] || !a.NoTrack
			}
		}
	}
	out = r.takeOwn(out, r.ifaces...)
	r.forgetTracks()

	kept := r.match()
	for _, m := range r.members {
		m.group = nil // until all have changed
	}
	out = r.removeOthers(kept, now, out)
	out = r.change(kept, now, out)
	out = r.addOthers(kept, now, out)
	for _, f := range slices.Clone(r.ifaces) {
		out = r.wantSockets(f, out)
		r.prune(f)
	}
	return r.tellAll(now, out)
}

// match returns, for each of the settings' instances, the member that goes on as
// that: the one of its name, or else the one that the network knows by its
// interface, family and VRID and whose name is gone. Nil is a new one.
func (r *Router) match() []*member {
	kept := make([]*member, len(r.settings.Instances))
	wanted := map[string]bool{}
	for n := range kept {
		cfg := &r.settings.Instances[n]
		wanted[cfg.Name] = true
		if m := r.named[cfg.Name]; m != nil && m.is(cfg) {
			kept[n] = m
		}
	}
	for n := range kept {
		cfg := &r.settings.Instances[n]
		if r.named[cfg.Name] != nil {
			continue
		}
		i := slices.IndexFunc(r.members, func(m *member) bool {
			return !wanted[m.cfg.Name] && m.is(cfg) && m.unicast() == (len(cfg.Peers) > 0) && !slices.Contains(kept, m)
		})
		if i >= 0 {
			kept[n] = r.members[i]
		}
	}
	return kept
}

// is says whether the network knows the member and cfg as one virtual router.
func (m *member) is(cfg *Instance) bool {
	return m.cfg.Interface == cfg.Interface && m.cfg.IPv6() == cfg.IPv6() && m.cfg.VRID == cfg.VRID
}

// end ends the life of a member. One that has not begun yet may have addresses that
// a predecessor has left.
func (r *Router) end(m *member, now Time, out []Effect) []Effect {
	if !m.started {
		return append(out, Effect{Kind: SetAddresses, Instance: m.cfg})
	}
	return r.step(m, now, Event{Kind: Shutdown}, out)
}

// removeOthers ends the members that do not go on.
func (r *Router) removeOthers(kept []*member, now Time, out []Effect) []Effect {
	for _, m := range r.members {
		if slices.Contains(kept, m) {
			continue
		}
		out = r.end(m, now, out)
		delete(r.named, m.cfg.Name)
		out = append(out, Effect{Kind: Removed, Instance: m.cfg})
	}
	return out
}

// change lets the members that go on do so under the new settings.
func (r *Router) change(kept []*member, now Time, out []Effect) []Effect {
	for n, m := range kept {
		if m == nil {
			continue
		}
		cfg, old := &r.settings.Instances[n], m.cfg
		run := r.settings.runs(cfg)
		if reflect.DeepEqual(m.run, run) {
			m.cfg, m.run, m.machine.cfg = cfg, run, run
			continue
		}
		delete(r.named, old.Name)
		r.named[cfg.Name] = m
		m.configure(cfg, run)
		out = append(out, Effect{Kind: Changed, Instance: cfg, Before: old})
		m.now = max(m.now, now)
		from := len(out)
		out = r.follow(m, from, m.machine.Reconfigure(m.now, run, out))
		e := Effect{Kind: SetAddresses, Instance: cfg}
		if m.master() {
			e.Addresses, e.Repeat = m.held, cfg.GARP.Repeat
		}
		out = append(out, e)
	}
	return out
}

// order makes the members those that go on, in the order of the settings.
func (r *Router) order(kept []*member) {
	r.members = r.members[:0:0]
	for _, m := range kept {
		if m != nil {
			r.members = append(r.members, m)
		}
	}
}

// addOthers begins the members that are new.
func (r *Router) addOthers(kept []*member, now Time, out []Effect) []Effect {
	for n, m := range kept {
		if m != nil {
			continue
		}
		cfg := &r.settings.Instances[n]
		m = newMember(cfg, r.settings.runs(cfg))
		kept[n] = m
		r.named[m.cfg.Name] = m
		out = append(out, Effect{Kind: Added, Instance: m.cfg})
	}
	r.order(kept)
	r.regroup()
	// What interfaces have follows the order of the settings too, not that in which
	// it was loaded.
	for _, f := range r.ifaces {
		for n := range f.families {
			a := &f.families[n]
			a.members, a.byVRID, a.senders = nil, nil, nil
		}
	}
	for _, m := range r.members {
		r.attach(m)
	}
	return out
}

// tellAll gives every member what is known of all that it depends on, and lets
// those begin whose interface is known.
func (r *Router) tellAll(now Time, out []Effect) []Effect {
	for _, m := range r.members {
		switch {
		case m.started:
			out = r.tell(m, now, out)
		case m.socket() != socketAsked:
			out = r.start(m, now, out)
		}
	}
	return r.syncAll(now, out)
}

// tell gives a member all that is known of what it depends on.
func (r *Router) tell(m *member, now Time, out []Effect) []Effect {
	out = r.tellRoom(m, now, out)
	out = r.tellLink(m, now, out)
	for n, t := range m.run.Tracks {
		if value, known := r.valueOf(t); known {
			out = r.step(m, now, Event{Kind: TrackChanged, Track: n, Value: value}, out)
		}
	}
	return out
}

// start begins the life of a member.
func (r *Router) start(m *member, now Time, out []Effect) []Effect {
	if m.group != nil {
		out = r.tellGroup(m, now, GroupWaiting, out) // sync says more
	}
	out = r.tell(m, now, out)
	m.machine.notBefore = r.notBefore
	m.started = true
	return r.step(m, now, Event{Kind: Startup}, out)
}
