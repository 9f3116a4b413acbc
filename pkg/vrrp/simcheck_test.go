package vrrp

import (
	"slices"
	"time"
)

// see holds the effects of one event against what must hold in every life.
func (h *host) see(ev RouterEvent, effects []Effect) {
	names := map[*Instance]*driven{}
	for _, d := range h.driven {
		names[d.cfg] = d
		d.sent = false
	}
	for _, e := range effects {
		d := names[e.Instance]
		switch {
		case e.Kind == Added:
			names[e.Instance] = &driven{cfg: e.Instance}
			h.driven = append(h.driven, names[e.Instance])
			continue
		case e.Kind == Changed:
			if names[e.Before] == nil {
				h.n.fail("changed: %s, which is not known", e.Before.Name)
			}
			names[e.Instance] = names[e.Before]
			names[e.Instance].cfg = e.Instance
			continue
		case e.Instance == nil && e.Interface != "":
			continue
		case e.Kind == GroupTransition:
			if e.From == e.To || e.Member != nil && !slices.Contains(e.Group.Members, e.Member.Name) {
				h.n.fail("%v, by %v", e, e.Member)
			}
			continue
		case e.Instance == nil:
			h.n.fail("names no instance: %v", e)
		case d == nil && !h.known(e.Instance):
			h.n.fail("names an instance that does not exist: %s: %v", e.Instance.Name, e)
		case d == nil: // the settings are others, the instance goes on
			d = h.find(e.Instance.Name)
			names[e.Instance] = d
		}
		h.seeOne(d, e)
		if e.Kind == Removed {
			delete(names, e.Instance)
		}
	}
}

// known says whether the settings are those of an instance that goes on unchanged.
func (h *host) known(cfg *Instance) bool {
	now, _ := h.router.Instance(cfg.Name)
	d := h.find(cfg.Name)
	if now != cfg || d == nil {
		return false
	}
	d.cfg = cfg
	return true
}

func (h *host) seeOne(d *driven, e Effect) {
	fail := h.n.fail
	switch e.Kind {
	case SendAdvert:
		if e.Priority != PriorityResign && e.Priority != d.priority(h) || !e.Source.IsValid() && d.cfg.DontTrackPrimary {
			fail("%s sends an advert of priority %d from %v", d.cfg.Name, e.Priority, e.Source)
		}
		d.sent = true
	case SetAddresses:
		if len(e.Addresses) > 0 && d.state != Master && !d.sent {
			fail("%s wants its addresses before it has said so", d.cfg.Name)
		}
	case Announce:
		if d.state != Master || e.Repeat < 1 {
			fail("%s in %v: %v", d.cfg.Name, d.state, e)
		}
	case Transition:
		if e.From != d.state || e.From == e.To || e.Reason == 0 {
			fail("%s was in %v: %v", d.cfg.Name, d.state, e)
		}
		d.state = e.To
	case Stopped:
		if e.From != d.state {
			fail("%s was in %v: %v", d.cfg.Name, d.state, e)
		}
		d.state = Init
	case Added, Removed:
		if d.state != Init {
			fail("%s ends in %v", d.cfg.Name, d.state)
		}
	}
}

// priority is the effective one, or that of the moment before the end.
func (d *driven) priority(h *host) uint8 {
	if _, m := h.router.Instance(d.cfg.Name); m != nil {
		return m.Priority()
	}
	return 0
}

// rest checks a host between two events.
func (h *host) rest(ev RouterEvent) {
	fail := h.n.fail
	if ev.Kind == Stop {
		for _, f := range h.ifaces {
			if len(f.vips) > 0 {
				fail("stopped, and %s has %v", f.Name, f.vips)
			}
		}
		return
	}
	count := 0
	h.router.Instances(func(cfg *Instance, m *Machine) bool {
		count++
		d := h.find(cfg.Name)
		switch {
		case d == nil || d.cfg != cfg && !h.known(cfg):
			fail("%s is not known to its driver", cfg.Name)
		case d.state != m.State():
			fail("%s is in %v, its effects end in %v", cfg.Name, m.State(), d.state)
		case (m.State() == Master) != (len(d.wants) > 0):
			fail("%s in %v wants %v", cfg.Name, m.State(), d.wants)
		case m.State() == Master && !slices.Equal(d.wants, slices.Concat(cfg.Addresses, cfg.Excluded)):
			fail("%s wants %v", cfg.Name, d.wants)
		case m.State() == Master && m.Faulty():
			fail("%s is master with a fault", cfg.Name)
		}
		return true
	})
	if count != len(h.driven) {
		fail("%d instances, %d driven", count, len(h.driven))
	}
	h.restGroups()
	h.restSockets()
	if at, ok := h.router.Deadline(h.n.now); ok && at < h.n.now.Add(-time.Hour) {
		fail("a deadline long past: %v", at)
	}
}

// restGroups checks that the members of a group are in one state, and that the
// group was said to be in it.
func (h *host) restGroups() {
	for _, g := range h.router.groups {
		same := len(g.members) > 0 && g.members[0].machine.State() != Init
		for _, m := range g.members {
			same = same && m.machine.State() == g.members[0].machine.State()
		}
		if same && g.state != g.members[0].machine.State() {
			h.n.fail("group %s was said to be in %v: it is in %v", g.cfg.Name, g.state, g.members[0].machine.State())
		}
		for _, m := range g.members {
			a, b := g.members[0].machine.State(), m.machine.State()
			if a != b && a != Init && b != Init {
				h.n.fail("in one group %s is in %v and %s in %v", g.members[0].cfg.Name, a, m.cfg.Name, b)
			}
		}
	}
}

// restSockets checks that every interface with instances has the socket that they
// need, as far as it is to be had.
func (h *host) restSockets() {
	for _, f := range h.router.ifaces {
		for n := range f.families {
			h.restSocket(f, &f.families[n])
		}
	}
}

func (h *host) restSocket(f *iface, a *family) {
	if f.exists && len(a.members) > 0 != (a.wanted != nil) || !f.exists && a.wanted != nil {
		h.n.fail("%s with %d instances wants the socket %v", f.Name, len(a.members), a.wanted)
	}
	for _, m := range a.members {
		if a.wanted != nil && !m.unicast() && !slices.Contains(a.wanted.Groups, m.cfg.Group) {
			h.n.fail("%s: %s needs the group %v, the socket has %v", f.Name, m.cfg.Name, m.cfg.Group, a.wanted.Groups)
		}
		if a.wanted != nil && m.machine.Listening() && !a.wanted.Tap {
			h.n.fail("%s: %s listens, the socket has no tap", f.Name, m.cfg.Name)
		}
	}
}

// checkAddresses says whether a host has the addresses of a virtual router if it is
// the master, and none if it is not.
func (h *host) checkAddresses(when string, vr int, master bool) {
	h.n.t.Helper()
	cfg, _ := h.instance(vr)
	for _, a := range slices.Concat(cfg.Addresses, cfg.Excluded) {
		if f := h.iface(a.Device); slices.Contains(f.vips, a.Prefix) != master {
			h.n.fail("%s: host %d, master of %s %v: %s has %v", when, h.number, cfg.Name, master, f.Name, f.vips)
		}
	}
	for _, f := range h.ifaces {
		for _, v := range f.vips {
			if !slices.ContainsFunc(h.driven, func(d *driven) bool {
				return slices.ContainsFunc(d.wants, func(a Address) bool { return a.Prefix == v && a.Device == f.Name })
			}) {
				h.n.fail("%s: host %d has %v on %s, which nobody wants", when, h.number, v, f.Name)
			}
		}
	}
}
