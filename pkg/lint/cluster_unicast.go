package lint

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"
)

var clusterUnicast = &Rule{
	Name: "cluster-unicast", Severity: diag.Warning,
	Doc: "a node does not send its adverts to another of the same virtual router",
	Why: `With unicast_peer, adverts go to the addresses in the list and nowhere else. A node
that is in nobody's list, or that waits for multicast, hears no master and becomes
one. List on each node the unicast_src_ip of every other.`,
	Bad: `node a: unicast_src_ip 192.0.2.1  unicast_peer { 192.0.2.2 }
node b: unicast_src_ip 192.0.2.2  unicast_peer { 192.0.2.3 }`,
	Good: `node a: unicast_src_ip 192.0.2.1  unicast_peer { 192.0.2.2 }
node b: unicast_src_ip 192.0.2.2  unicast_peer { 192.0.2.1 }`,
	Cluster: func(nodes []*Node) (found []diag.Diagnostic) {
		for _, r := range virtualRouters(nodes) {
			for i, y := range r {
				for _, x := range r[:i] {
					found = append(found, unicast(x, y)...)
				}
			}
		}
		return found
	},
}

// unicast compares two members of one virtual router, x of the earlier node.
func unicast(x, y *member) (found []diag.Diagnostic) {
	switch {
	case len(x.peers) == 0 && len(y.peers) == 0:
	case len(x.peers) == 0:
		found = differs(y.at("unicast_peer"), "write unicast_peer on all nodes, or on none",
			x.here("multicast", "interface"),
			"%s sends by unicast and %s by multicast: neither hears the other, both become master", y.Name, x.name())
	case len(y.peers) == 0:
		found = differs(y.at("interface"), "write unicast_peer on all nodes, or on none",
			x.here("unicast", "unicast_peer"),
			"%s sends by multicast and %s by unicast: neither hears the other, both become master", y.Name, x.name())
	default:
		found = slices.Concat(lacks(y, x), lacks(x, y))
	}
	return found
}

// lacks finds that from does not send to to. What to sends from must be in its
// file: the address that its interface has is unknown here.
func lacks(from, to *member) []diag.Diagnostic {
	if !to.source.IsValid() || contains(from.peers, to.source) {
		return nil
	}
	return differs(from.at("unicast_peer"), "add "+to.source.String(),
		to.here("its address", "unicast_src_ip", "mcast_src_ip"),
		"unicast_peer lacks %s, which is %s: that hears no adverts of %s", to.source, to.name(), from.Name)
}
