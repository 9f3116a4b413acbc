package lint

import (
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

var serviceQuorum = &Rule{
	Name: "service-quorum", Severity: diag.Warning,
	Doc: "a quorum that never comes back",
	Why: `The quorum is a sum of weights. With hysteresis the sum must be as much as both
together before a quorum that was lost comes back: if all real servers have less, the
sorry server keeps the clients.`,
	Bad: `quorum 2
hysteresis 1
real_server 192.0.2.21 80 {
    weight 1
}
real_server 192.0.2.22 80 {
    weight 1
}`,
	Good: `quorum 1
real_server 192.0.2.21 80 {
    weight 1
}
real_server 192.0.2.22 80 {
    weight 1
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for v := range n.statements("virtual_server") {
			quorum := lastChild(v, "quorum")
			sum, ok := weightSum(v)
			if quorum == nil || !ok {
				continue
			}
			q, h := whole(v, "quorum", 1), whole(v, "hysteresis", 0)
			if h < q && q <= sum && q+h > sum { // else keepalived changes them
				found = append(found, finding(lastChild(v, "hysteresis").AtArg(0), "write less",
					"quorum %d and hysteresis %d exceed the weights of all real servers, %d: a quorum that was lost never comes back", q, h, sum))
			}
		}
		return found
	},
}

// weightSum adds up the weights of the real servers of v. It reports false if a
// check can change them.
func weightSum(v *syntax.Statement) (sum int, ok bool) {
	weight := whole(v, "weight", 1)
	for _, r := range v.Body() {
		if r.Name() != "real_server" {
			continue
		}
		sum += whole(r, "weight", weight)
		for _, c := range checks(r) {
			if c.Name() == "FILE_CHECK" || child(c, "misc_dynamic") != nil {
				return 0, false
			}
		}
	}
	return sum, sum > 0
}
