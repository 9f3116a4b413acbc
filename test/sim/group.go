package sim

import "github.com/kactl/kactl/pkg/vrrp"

// restGroups checks that the members of a group are in one state, and that the
// group was said to be in it.
func (h *host) restGroups() {
	h.router.Groups(func(g *vrrp.SyncGroup, said vrrp.State) bool {
		var first *driven
		for _, name := range g.Members {
			d := h.find(name)
			switch {
			case d == nil:
				return true // being made
			case first == nil:
				first = d
			case d.state != first.state && d.state != vrrp.Init && first.state != vrrp.Init:
				h.w.fail("in one group %s is in %v and %s in %v", first.cfg.Name, first.state, d.cfg.Name, d.state)
			case d.state != first.state:
				return true
			}
		}
		if first != nil && first.state != vrrp.Init && said != first.state {
			h.w.fail("group %s was said to be in %v: it is in %v", g.Name, said, first.state)
		}
		return true
	})
}

// inGroup says whether the instance is in a group.
func (h *host) inGroup(d *driven) (in bool) {
	h.router.Groups(func(g *vrrp.SyncGroup, _ vrrp.State) bool {
		for _, name := range g.Members {
			in = in || name == d.cfg.Name
		}
		return !in
	})
	return in
}
