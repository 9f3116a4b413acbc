package lint

import "github.com/kactl/kactl/pkg/diag"

var strictUnicast = &Rule{
	Name: "strict-unicast", Severity: diag.Warning,
	Doc: "vrrp_strict together with unicast peers",
	Why: `The RFC knows multicast alone, and vrrp_strict rules out unicast_peer by the
manual. Versions differ in what they make of the two together: 2.2.7 sends to the
peers all the same. Remove vrrp_strict.`,
	Bad: `global_defs {
    vrrp_strict
}
vrrp_instance VI_1 {
    unicast_peer {
        192.0.2.2
    }
}`,
	Good: `vrrp_instance VI_1 {
    unicast_peer {
        192.0.2.2
    }
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		seen := map[diag.Range]bool{}
		for x := range n.statements("vrrp_instance") {
			at, peers := n.strictAt(x), child(x, "unicast_peer")
			if at == (diag.Range{}) || peers == nil || len(peers.Body()) == 0 || seen[at] {
				continue
			}
			seen[at] = true
			d := finding(at, "remove it", "vrrp_strict does not go with the unicast peers of vrrp_instance %s", x.Arg(0))
			d.Related = []diag.Related{{Range: peers.Range(), Message: "the peers are here"}}
			found = append(found, d)
		}
		return found
	},
}
