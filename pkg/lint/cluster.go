package lint

import (
	"net/netip"
	"slices"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A member is one node's part in a virtual router: one of its vrrp_instances.
type member struct {
	*vrrp.Instance
	node  *Node
	block *syntax.Statement

	// Announced and excluded are its addresses of both families, as they stand
	// in virtual_ipaddress and virtual_ipaddress_excluded.
	announced, excluded []listed
	peers               []listed
	source              netip.Addr // zero is not configured
}

// listed is an address in a list, and its place.
type listed struct {
	netip.Prefix
	at diag.Range
}

// at is where x sets the first of the keywords, or else where global_defs sets
// it for all, or else where x starts.
func (x *member) at(keywords ...string) diag.Range {
	for _, block := range [][]string{{"vrrp_instance", x.Name}, {"global_defs"}} {
		for _, k := range keywords {
			if at := x.node.At(append(block, k)...); at.Start.Line != 0 {
				return at
			}
		}
	}
	return x.block.Range()
}

// name names x in a message about another node.
func (x *member) name() string { return x.Name + " of " + x.node.Name }

// here is the place of x's own setting, to stand beside a finding about another.
func (x *member) here(message string, keywords ...string) []diag.Related {
	return []diag.Related{{Range: x.at(keywords...), Message: message}}
}

// held are all addresses that x holds as master.
func (x *member) held() []listed { return slices.Concat(x.announced, x.excluded) }

// family is 4 or 6, or 0 if no address tells.
func (x *member) family() int {
	for _, list := range [][]listed{x.announced, x.peers} {
		if len(list) > 0 {
			return family(list[0].Addr())
		}
	}
	if x.source.IsValid() {
		return family(x.source)
	}
	return 0
}

func family(a netip.Addr) int {
	if a.Is4() {
		return 4
	}
	return 6
}

// members returns the instances of n that run, as they are written.
func members(n *Node) []*member {
	blocks := map[string]*syntax.Statement{}
	for s := range n.statements("vrrp_instance") {
		if blocks[s.Arg(0)] == nil {
			blocks[s.Arg(0)] = s
		}
	}
	var out []*member
	for i := range n.Config.VRRP.Instances {
		v := &n.Config.VRRP.Instances[i]
		s := blocks[v.Name]
		if s == nil || n.misread(s) {
			continue
		}
		x := &member{Instance: v, node: n, block: s, source: v.Source}
		x.announced = addressList(s, "virtual_ipaddress")
		x.excluded = addressList(s, "virtual_ipaddress_excluded")
		x.peers = addressList(s, "unicast_peer")
		out = append(out, x)
	}
	return out
}

// addressList reads the addresses at the start of the lines of a list in s. A
// list may be given several times.
func addressList(s *syntax.Statement, name string) (out []listed) {
	for _, list := range s.Body() {
		if list.Name() != name {
			continue
		}
		for _, l := range list.Body() {
			if p, ok := prefix(l.Name()); ok {
				out = append(out, listed{p, l.AtName()})
			}
		}
	}
	return out
}

// prefix reads ADDRESS[/MASK].
func prefix(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p, true
	}
	a, err := netip.ParseAddr(text)
	return netip.PrefixFrom(a, a.BitLen()), err == nil
}

func contains(list []listed, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(l listed) bool { return l.Addr() == a })
}

// overlap returns the first address of ys that is in xs too.
func overlap(xs, ys []listed) (listed, bool) {
	i := slices.IndexFunc(ys, func(y listed) bool { return contains(xs, y.Addr()) })
	if i < 0 {
		return listed{}, false
	}
	return ys[i], true
}

// same reports whether x and y, of two nodes, are meant to be one virtual
// router: they have its number, and an address in common, or one sends to the
// other, or they have the same name on the same interface.
func (x *member) same(y *member) bool {
	if x.VRID != y.VRID || !x.familyOf(y) {
		return false
	}
	if _, ok := overlap(x.held(), y.held()); ok {
		return true
	}
	if x.source.IsValid() && contains(y.peers, x.source) || y.source.IsValid() && contains(x.peers, y.source) {
		return true
	}
	return x.Interface == y.Interface && (x.Name == y.Name || len(x.held()) == 0 || len(y.held()) == 0)
}

func (x *member) familyOf(y *member) bool {
	f, g := x.family(), y.family()
	return f == g || f == 0 || g == 0
}

// virtualRouters returns the virtual routers that several nodes take part in,
// each with one member of a node, in the order of the nodes.
func virtualRouters(nodes []*Node) [][]*member {
	var all [][]*member
	byVRID := map[uint8][]int{}
	for _, n := range nodes {
		for _, y := range members(n) {
			i := slices.IndexFunc(byVRID[y.VRID], func(i int) bool {
				last := all[i][len(all[i])-1]
				return last.node != n && slices.ContainsFunc(all[i], func(x *member) bool { return x.same(y) })
			})
			if i < 0 {
				byVRID[y.VRID] = append(byVRID[y.VRID], len(all))
				all = append(all, []*member{y})
				continue
			}
			i = byVRID[y.VRID][i]
			all[i] = append(all[i], y)
		}
	}
	return slices.DeleteFunc(all, func(r []*member) bool { return len(r) < 2 })
}

// compare makes a Cluster function of one that compares two members of one
// virtual router: the first one with each of the others.
func compare(f func(first, x *member) []diag.Diagnostic) func([]*Node) []diag.Diagnostic {
	return func(nodes []*Node) (found []diag.Diagnostic) {
		for _, r := range virtualRouters(nodes) {
			for _, x := range r[1:] {
				found = append(found, f(r[0], x)...)
			}
		}
		return found
	}
}

// differs is a finding in x, with what the first member has beside it.
func differs(at diag.Range, hint string, related []diag.Related, format string, args ...any) []diag.Diagnostic {
	d := finding(at, hint, format, args...)
	d.Related = related
	return []diag.Diagnostic{d}
}
