package lvs

import (
	"reflect"
	"slices"

	"github.com/kactl/kactl/pkg/health"
)

// Reload goes over to settings s by difference, and appends what that means to out:
// first what goes, then what changes, then what comes. What did not change keeps
// its state; first says that this is the start. s must not be changed afterwards.
func (b *Balancer) Reload(s Settings, first bool, out []Effect) []Effect {
	cause := Reloaded
	if first {
		cause = Started
	}
	old := *b
	*b = *NewBalancer()
	services, _ := s.expand()
	for i := range s.Services {
		b.add(&s.Services[i], &old, first)
	}
	for _, w := range services {
		v := b.byKey[w.Key()]
		v.ids = append(v.ids, w.id)
		b.table[w.id] = wanted{w.id, v.VirtualServer}
	}
	out = old.goneIn(b, cause, out)
	for _, v := range b.virtuals {
		if v.added {
			out = append(out, Effect{Kind: VirtualAdded, Cause: cause, Virtual: v.VirtualServer})
		}
		for _, r := range v.reals {
			if old.reals[RealKey{v.key, r.Addr}] == nil {
				out = append(out, Effect{Kind: RealAdded, Cause: cause, Virtual: v.VirtualServer, Real: r.RealServer, Up: r.up})
			}
		}
		before := len(out)
		out = b.settle(v, cause, nil, nil, out)
		if len(out) == before { // its settings may be others all the same
			out = append(out, Effect{Kind: TableChanged, Cause: cause, Virtual: v.VirtualServer, IDs: v.ids})
		}
	}
	for _, v := range b.virtuals {
		for _, r := range v.reals {
			for _, c := range r.checks {
				if was := old.reals[RealKey{v.key, r.Addr}]; was == nil || !slices.Contains(was.checks, c) {
					out = append(out, Effect{Kind: CheckAdded, Cause: cause, Virtual: v.VirtualServer, Real: r.RealServer, Check: c})
				}
			}
		}
	}
	return out
}

// add takes virtual server x up, with the state that it has in old. Of two with one
// key the first counts, and of two of its real servers with one address as well.
func (b *Balancer) add(x *VirtualServer, old *Balancer, first bool) {
	v := &virtual{VirtualServer: x, key: x.Key()}
	if b.byKey[v.key] != nil {
		return
	}
	if was := old.byKey[v.key]; was == nil {
		v.added = true
	} else {
		v.quorum, v.sorry = was.quorum, was.sorry
	}
	b.byKey[v.key] = v
	b.virtuals = append(b.virtuals, v)
	for i := range x.Reals {
		key := RealKey{v.key, x.Reals[i].Addr}
		if b.reals[key] != nil {
			continue
		}
		r := &real{RealServer: &x.Reals[i], virtual: v, up: true, weight: x.Reals[i].Weight}
		was := old.reals[key]
		if was != nil {
			r.up, r.weight = was.up, was.weight
		}
		r.takeChecks(was, first)
		b.reals[key] = r
		b.checks += len(r.checks)
		v.reals = append(v.reals, r)
	}
}

// takeChecks gives r its checks. Those that was, if not nil, has as well keep their
// state.
func (r *real) takeChecks(was *real, first bool) {
	var old []*Check
	if was != nil {
		old = slices.Clone(was.checks)
	}
	for _, x := range r.Checks {
		i := slices.IndexFunc(old, func(c *Check) bool { return reflect.DeepEqual(c.state.Check(), x) })
		if i >= 0 {
			c := old[i]
			c.real = r
			r.checks = append(r.checks, c)
			old = slices.Delete(old, i, i+1)
			continue
		}
		c := &Check{real: r}
		switch {
		case first:
			c.state = health.New(x)
		case r.up:
			c.state = health.NewAdded(x)
		default:
			c.state = health.NewDown(x)
		}
		r.checks = append(r.checks, c)
	}
}

// goneIn appends what of b is not in next.
func (b *Balancer) goneIn(next *Balancer, cause Cause, out []Effect) []Effect {
	for _, v := range b.virtuals {
		after := next.byKey[v.key]
		if after == nil {
			out = append(out, Effect{Kind: VirtualRemoved, Cause: cause, Virtual: v.VirtualServer})
		}
		for _, r := range v.reals {
			kept := next.reals[RealKey{v.key, r.Addr}]
			for _, c := range r.checks {
				if kept == nil || !slices.Contains(kept.checks, c) {
					c.gone = true
					out = append(out, Effect{Kind: CheckRemoved, Cause: cause, Virtual: v.VirtualServer, Real: r.RealServer, Check: c})
				}
			}
			if kept == nil {
				out = append(out, Effect{Kind: RealRemoved, Cause: cause, Virtual: v.VirtualServer, Real: r.RealServer, Up: r.up, WithVirtual: after == nil})
			}
		}
		if ids := goneIDs(v.ids, next); len(ids) > 0 {
			out = append(out, Effect{Kind: TableChanged, Cause: cause, Virtual: v.VirtualServer, IDs: ids})
		}
	}
	return out
}

// goneIDs are those that next does not balance.
func goneIDs(ids []ServiceID, next *Balancer) (gone []ServiceID) {
	for _, id := range ids {
		if _, ok := next.table[id]; !ok {
			gone = append(gone, id)
		}
	}
	return gone
}
