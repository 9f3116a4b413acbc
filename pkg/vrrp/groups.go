package vrrp

import "slices"

// A group is a sync group: its members are in FAULT together, become masters
// together when the time of all has come, and backups together.
type group struct {
	cfg     *SyncGroup
	members []*member // in the order of the settings of the group
	syncing bool
	// state is the last one that all members were in.
	state State
}

// regroup makes the groups of the settings. What they change for the members
// follows when all of them know what the settings changed for them: see syncAll.
func (r *Router) regroup() {
	states := map[string]State{}
	for _, g := range r.groups {
		states[g.cfg.Name] = g.state
	}
	r.groups = r.groups[:0]
	for n := range r.settings.Groups {
		g := &group{cfg: &r.settings.Groups[n], syncing: true}
		g.state = states[g.cfg.Name]
		for _, name := range g.cfg.Members {
			if m := r.named[name]; m != nil && m.group == nil {
				m.group = g
				g.members = append(g.members, m)
			}
		}
		r.groups = append(r.groups, g)
	}
}

// runs returns what an instance runs on: in a sync group, whose members must have
// one priority, its own weights do not count, unless the group says so; what the
// group tracks counts for all.
func (s *Settings) runs(cfg *Instance) *Instance {
	n := slices.IndexFunc(s.Groups, func(g SyncGroup) bool { return slices.Contains(g.Members, cfg.Name) })
	if n < 0 {
		return cfg
	}
	g, run := &s.Groups[n], *cfg
	run.Tracks = nil
	for _, t := range cfg.Tracks {
		if t.Weight == 0 || g.Weights {
			run.Tracks = append(run.Tracks, t)
		}
	}
	run.Tracks = append(run.Tracks, g.Tracks...)
	return &run
}

// syncAll brings every group, and those that are in none any more, to one state.
func (r *Router) syncAll(now Time, out []Effect) []Effect {
	for _, m := range r.members {
		if m.group == nil && m.told != NoGroup {
			out = r.tellGroup(m, now, NoGroup, out)
		}
	}
	for _, g := range r.groups {
		var gaveUp *member
		if n := slices.IndexFunc(g.members, func(m *member) bool { return m.follows }); n >= 0 {
			gaveUp = g.members[n]
		}
		from := len(out)
		out = r.settle(g, now, nil, gaveUp, out)
		advertsFirst(out[from:])
		out = g.report(nil, out)
	}
	return out
}

// noteFollowers takes note, before a reload, of the backups that follow a master. A
// group that gets one must not take its addresses from that: its masters give up. One
// that has waited in vain for its master's adverts follows nobody.
func (r *Router) noteFollowers() {
	for _, m := range r.members {
		master, _ := m.machine.Master()
		m.follows = m.machine.State() == Backup && master.IsValid() && !m.machine.Waiting()
	}
}

// sync brings the group of a member to one state after a step of that, whose
// effects are those from an index on. Adverts go out before all else.
func (r *Router) sync(m *member, from int, out []Effect) []Effect {
	g := m.group
	if g.syncing || r.stopped || m.standing() == m.seen {
		return out
	}
	gaveUp := slices.ContainsFunc(out[from:], func(e Effect) bool {
		return e.Kind == Transition && e.From == Master && e.To == Backup
	})
	var by *member
	if gaveUp {
		by = m
	}
	before := len(out)
	out = r.settle(g, m.now, m, by, out)
	if len(out) == before {
		return g.report(m.cfg, out)
	}
	if m.master() { // it was the last, and waits for nobody
		out = slices.DeleteFunc(out, func(e Effect) bool { return e.Reason == ReasonGroupWaits && e.Instance == m.cfg })
	}
	advertsFirst(out[from:])
	return g.report(m.cfg, out)
}

// report says so when all members have come to another state. by is the one that
// began.
func (g *group) report(by *Instance, out []Effect) []Effect {
	if len(g.members) == 0 {
		return out
	}
	from, to := g.state, g.members[0].machine.State()
	if to == from || to == Init || !g.all(func(m *member) bool { return m.machine.State() == to }) {
		return out
	}
	g.state = to
	return append(out, Effect{Kind: GroupTransition, Group: g.cfg, Member: by, From: from, To: to})
}

// settle brings a group to one state. lead is the member that has just changed, nil
// for none: it becomes master before the others do. gaveUp is the one that has given
// up being master, if that is what happened: then all do.
func (r *Router) settle(g *group, now Time, lead, gaveUp *member, out []Effect) []Effect {
	g.syncing = true
	defer func() { g.syncing = false }()
	out = r.tellFaults(g, now, out)
	switch {
	case gaveUp != nil:
		for _, o := range g.members {
			out = r.step(o, now, Event{Kind: GiveUp}, out)
		}
	case g.any((*member).master), g.all(func(o *member) bool { return o.machine.Waiting() }):
		if lead != nil {
			out = r.step(lead, now, Event{Kind: TakeOver}, out)
		}
		for _, o := range g.members {
			out = r.step(o, now, Event{Kind: TakeOver}, out)
		}
	}
	for _, o := range g.members {
		o.seen = o.standing()
	}
	return out
}

// A standing is what of a member matters to its group.
type standing struct {
	state                    State
	faulty, decided, waiting bool
}

// standing says how a member stands. One that has not begun knows nothing yet.
func (m *member) standing() standing {
	if !m.started {
		return standing{}
	}
	return standing{m.machine.State(), m.machine.Faulty(), m.machine.Decided(), m.machine.Waiting()}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// tellFaults tells each member what is the matter with the others.
func (r *Router) tellFaults(g *group, now Time, out []Effect) []Effect {
	faulty, undecided := 0, 0
	for _, o := range g.members {
		s := o.standing()
		faulty += count(s.faulty)
		undecided += count(!s.decided)
	}
	for _, o := range g.members {
		s := o.standing()
		others, waits := faulty-count(s.faulty), undecided-count(!s.decided)
		state := GroupReady
		switch {
		case others > 0:
			state = GroupFault
		case waits > 0:
			state = GroupWaiting
		}
		if state != o.told {
			out = r.tellGroup(o, now, state, out)
		}
	}
	return out
}

func (r *Router) tellGroup(m *member, now Time, s GroupState, out []Effect) []Effect {
	m.told = s
	return r.step(m, now, Event{Kind: GroupChanged, Group: s}, out)
}

func (g *group) any(f func(*member) bool) bool { return slices.ContainsFunc(g.members, f) }
func (g *group) all(f func(*member) bool) bool {
	return !slices.ContainsFunc(g.members, func(m *member) bool { return !f(m) })
}

// advertsFirst moves adverts to the front and keeps the order of all else: nothing
// that the first member wants done delays the advert of the last.
func advertsFirst(effects []Effect) {
	first := 0
	for n, e := range effects {
		if e.Kind != SendAdvert {
			continue
		}
		copy(effects[first+1:n+1], effects[first:n])
		effects[first] = e
		first++
	}
}
