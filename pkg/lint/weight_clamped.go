package lint

import (
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/vrrp"
)

var weightClamped = &Rule{
	Name: "weight-clamped", Severity: diag.Warning,
	Doc: "tracking weights that cannot change the priority",
	Why: `Weights keep the priority between 1 and 254. One that adds to 254 or takes from 1
changes nothing, and what is tracked with it never moves the addresses. Choose
another priority, or track without a weight.`,
	Bad: `vrrp_instance VI_1 {
    priority 254
    track_interface {
        eth1 weight 20
    }
}`,
	Good: `vrrp_instance VI_1 {
    priority 254
    track_interface {
        eth1 weight -20
    }
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for _, x := range n.Config.VRRP.Instances {
			if x.Priority == vrrp.PriorityOwner {
				continue
			}
			least, most := int(x.Priority), int(x.Priority)
			for _, t := range x.Tracks {
				least += min(t.Change(true), t.Change(false))
				most += max(t.Change(true), t.Change(false))
			}
			if min(most, 254) != max(least, 1) {
				continue
			}
			for _, t := range x.Tracks {
				if t.Weight != 0 {
					found = append(found, finding(n.At("vrrp_instance", x.Name, trackKeyword(t.Kind), t.Name), "write another priority, or track it without a weight",
						"a weight of %d changes nothing: the priority of %s is %d, and stays between 1 and 254", t.Weight, x.Name, x.Priority))
				}
			}
		}
		return found
	},
}

// trackKeyword is the block that tracks things of a kind.
func trackKeyword(k vrrp.TrackKind) string {
	if k == vrrp.TrackScript {
		return "track_script"
	}
	return "track_interface"
}
