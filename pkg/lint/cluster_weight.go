package lint

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

var clusterWeight = &Rule{
	Name: "cluster-weight", Severity: diag.Warning,
	Doc: "weights too small to make another node master",
	Why: `A weight changes the priority. If the priority of the master does not fall below
that of the next node when all fails that it tracks, the addresses stay where
nothing works. The same holds for a node that cannot rise above a master which
tracks nothing. Write a weight greater than the difference of the priorities.`,
	Bad: `node a: priority 150, script weight -20
node b: priority 100, the same script`,
	Good: `node a: priority 110, script weight -20
node b: priority 100, the same script`,
	Cluster: func(nodes []*Node) (found []diag.Diagnostic) {
		for _, r := range virtualRouters(nodes) {
			if !slices.ContainsFunc(r, (*member).opaque) {
				found = append(found, weights(r)...)
			}
		}
		return found
	},
}

// weighted are the tracks of x that change its priority.
func (x *member) weighted() (out []vrrp.Track) {
	if x.Priority == vrrp.PriorityOwner {
		return nil // which no weight moves
	}
	for _, t := range x.Tracks {
		if t.Weight != 0 {
			out = append(out, t)
		}
	}
	return out
}

// best and worst are the greatest and the least priority that what x tracks
// leaves it.
func (x *member) best() int {
	return x.limit(func(t vrrp.Track) int { return max(t.Change(true), t.Change(false)) })
}
func (x *member) worst() int {
	return x.limit(func(t vrrp.Track) int { return min(t.Change(true), t.Change(false)) })
}

func (x *member) limit(change func(vrrp.Track) int) int {
	p := int(x.Priority)
	if p == vrrp.PriorityOwner {
		return p
	}
	for _, t := range x.weighted() {
		p += change(t)
	}
	return min(max(p, 1), vrrp.PriorityOwner-1)
}

// opaque reports whether x hangs on something that is not in its settings: a
// kind of track that is not decoded, one of a file, which multiplies its weight,
// or one of its sync group.
func (x *member) opaque() bool {
	known := map[string]bool{}
	for _, t := range x.Tracks {
		if t.Kind != vrrp.TrackInterface && t.Kind != vrrp.TrackScript {
			return true
		}
		known[t.Name] = true
	}
	lines := trackLines(x.block)
	for _, g := range x.node.Config.VRRP.Groups {
		if slices.Contains(g.Members, x.Name) {
			for s := range x.node.statements("vrrp_sync_group") {
				if s.Arg(0) == g.Name {
					lines = append(lines, trackLines(s)...)
				}
			}
		}
	}
	return slices.ContainsFunc(lines, func(name string) bool { return !known[name] })
}

// trackLines are the names in all track blocks of s.
func trackLines(s *syntax.Statement) (names []string) {
	for _, c := range s.Body() {
		switch c.Name() {
		case "track_interface", "track_script", "track_file", "track_process", "track_bfd":
			for _, l := range c.Body() {
				names = append(names, l.Name())
			}
		}
	}
	return names
}

// weights judges the members of one virtual router.
func weights(r []*member) []diag.Diagnostic {
	order := func(x, y *member) int { return x.best() - y.best() }
	master := slices.MaxFunc(r, order)
	others := slices.DeleteFunc(slices.Clone(r), func(x *member) bool { return x == master })
	next := slices.MaxFunc(others, order)
	if master.best() == next.best() {
		return nil // it is open who is master: cluster-priority, or on purpose
	}
	if len(master.weighted()) > 0 {
		if master.worst() < next.best() {
			return nil
		}
		return differs(master.trackAt(), "write a greater weight, or priorities that are closer",
			next.here("the next priority", "priority"),
			"%s falls from %d to %d at most, and %s has %d: the addresses stay where they are",
			master.Name, master.best(), master.worst(), next.name(), next.best())
	}
	// With more nodes the weights settle who of the others comes next.
	if len(r) == 2 && len(next.weighted()) > 0 {
		return differs(next.trackAt(), "write a greater weight, or track on the other node too",
			master.here("the priority to exceed", "priority"),
			"%s rises from %d to %d at most, and %s stays at %d: the weight never changes who is master",
			next.Name, next.worst(), next.best(), master.name(), master.best())
	}
	return nil
}

// trackAt is where x tracks something with a weight.
func (x *member) trackAt() diag.Range {
	t := x.weighted()[0]
	keyword := "track_interface"
	if t.Kind == vrrp.TrackScript {
		keyword = "track_script"
	}
	if at := x.node.At("vrrp_instance", x.Name, keyword, t.Name); at.Start.Line != 0 {
		return at
	}
	return x.block.Range()
}
