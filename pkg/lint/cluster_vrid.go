package lint

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kactl/kactl/pkg/diag"
)

var clusterVRID = &Rule{
	Name: "cluster-vrid", Severity: diag.Warning,
	Doc: "nodes hold one address under two virtual router ids, or use one id for two virtual routers",
	Why: `Adverts are told apart by virtual_router_id alone. Nodes that hold one address under
two ids do not hear each other, and both hold it at once. Two virtual routers with
one id on one network hear each other's adverts, and drop them or give way to them.`,
	Bad:  "node a: virtual_router_id 51\nnode b: virtual_router_id 52, with the same addresses",
	Good: "node a: virtual_router_id 51\nnode b: virtual_router_id 51",
	Cluster: func(nodes []*Node) (found []diag.Diagnostic) {
		byVRID, byAddress := map[uint8][]*member{}, map[netip.Addr][]*member{}
		for _, n := range nodes {
			for _, y := range members(n) {
				candidates := slices.Clone(byVRID[y.VRID])
				byVRID[y.VRID] = append(byVRID[y.VRID], y)
				for _, a := range y.held() {
					candidates = append(candidates, byAddress[a.Addr()]...)
					byAddress[a.Addr()] = append(byAddress[a.Addr()], y)
				}
				found = append(found, firstClash(candidates, y)...)
			}
		}
		return found
	},
}

// firstClash is a finding about y and the first of the members of other nodes
// that it clashes with.
func firstClash(others []*member, y *member) []diag.Diagnostic {
	for _, x := range others {
		if x.node == y.node {
			continue
		}
		if problem := clash(x, y); problem != "" {
			hint := "write the same virtual_router_id for one virtual router on all nodes"
			if x.VRID == y.VRID {
				hint = "give each virtual router a number of its own"
			}
			return differs(y.at("virtual_router_id"), hint, x.here("the other one", "virtual_router_id"), "%s", problem)
		}
	}
	return nil
}

// clash says what is wrong with the numbers of x and y, of two nodes.
func clash(x, y *member) string {
	if !x.familyOf(y) {
		return ""
	}
	if x.VRID != y.VRID {
		a, common := overlap(x.held(), y.held())
		if !common {
			return ""
		}
		return fmt.Sprintf("%s is held under virtual_router_id %d here and %d by %s: both hold it at once", a.Addr(), y.VRID, x.VRID, x.name())
	}
	if !x.same(y) && x.Interface == y.Interface && len(x.peers) == 0 && len(y.peers) == 0 && x.Group == y.Group {
		return fmt.Sprintf("virtual_router_id %d on %s is that of %s too, which holds other addresses: they hear each other", y.VRID, y.Interface, x.name())
	}
	return ""
}
