package lint

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/vrrp"
)

var clusterPriority = &Rule{
	Name: "cluster-priority", Severity: diag.Warning,
	Doc: "two nodes of one virtual router have the same priority",
	Why: `Nobody has said who is master: whoever was up first, and after a simultaneous start
the one with the higher address, after a moment with two. Give each node a
priority of its own. With nopreempt on all of them, which keeps who is master,
this is but advice.`,
	Bad:  "node a: priority 100\nnode b: priority 100",
	Good: "node a: priority 150\nnode b: priority 100",
	Cluster: func(nodes []*Node) (found []diag.Diagnostic) {
		for _, r := range virtualRouters(nodes) {
			stays := !slices.ContainsFunc(r, func(x *member) bool { return !x.NoPreempt })
			for i, y := range r {
				j := slices.IndexFunc(r[:i], func(x *member) bool { return x.Priority == y.Priority })
				if j < 0 {
					continue
				}
				found = append(found, differs(y.at("priority"), "write another priority",
					r[j].here("the same priority", "priority"),
					"%s and %s both have priority %d: it is open who is master", y.Name, r[j].name(), y.Priority)...)
				if stays {
					found[len(found)-1].Severity = diag.Info
				}
			}
		}
		return found
	},
}

var clusterState = &Rule{
	Name: "cluster-state", Severity: diag.Warning,
	Doc: "two nodes of one virtual router have state MASTER",
	Why: `Only one node can be master. The priority decides which, and state counts with
priority 255 alone; two of them take the addresses at once then. Write state BACKUP
on all nodes but the one with the highest priority.`,
	Bad:  "node a: state MASTER\nnode b: state MASTER",
	Good: "node a: state MASTER\nnode b: state BACKUP",
	Cluster: func(nodes []*Node) (found []diag.Diagnostic) {
		for _, r := range virtualRouters(nodes) {
			var first *member
			for _, x := range r {
				switch {
				case x.InitialState != vrrp.Master:
				case first == nil:
					first = x
				default:
					found = append(found, differs(x.at("state"), "write state BACKUP on all but one",
						first.here("the other MASTER", "state"),
						"%s and %s are both state MASTER: only one can be", x.Name, first.name())...)
				}
			}
		}
		return found
	},
}

var clusterNoPreempt = &Rule{
	Name: "cluster-nopreempt", Severity: diag.Warning,
	Doc: "nopreempt only on the node with the lowest priority, where it does nothing",
	Why: `nopreempt keeps a node from taking over from a master of lower priority. The node
with the lowest priority never does; the others still take the addresses back as
soon as they return. Write it on those with a higher priority, with state BACKUP.`,
	Bad: `node a: priority 150
node b: priority 100, nopreempt`,
	Good: `node a: priority 150, nopreempt
node b: priority 100`,
	Cluster: func(nodes []*Node) (found []diag.Diagnostic) {
		for _, r := range virtualRouters(nodes) {
			lowest := slices.MinFunc(r, func(x, y *member) int { return int(x.Priority) - int(y.Priority) })
			// Weights can turn the order round.
			useless := lowest.NoPreempt && !slices.ContainsFunc(r, func(x *member) bool {
				return len(x.weighted()) > 0 || x != lowest && (x.NoPreempt || x.Priority == lowest.Priority) || x.opaque()
			})
			if useless {
				highest := slices.MaxFunc(r, func(x, y *member) int { return int(x.Priority) - int(y.Priority) })
				found = append(found, differs(lowest.at("nopreempt"), "move it to the nodes with a higher priority",
					highest.here("this one takes the addresses back", "priority"),
					"nopreempt does nothing on %s, whose priority is the lowest: %s preempts", lowest.Name, highest.name())...)
			}
		}
		return found
	},
}

var clusterRouterID = &Rule{
	Name: "cluster-router-id", Severity: diag.Info,
	Doc: "two nodes have the same router_id",
	Why: `router_id names the machine in mails and traps. With the same one on two nodes,
nobody sees which of them has failed. Leave it out to have the host name.`,
	Bad:  "node a: router_id LVS_DEVEL\nnode b: router_id LVS_DEVEL",
	Good: "node a: router_id lb1\nnode b: router_id lb2",
	Cluster: func(nodes []*Node) (found []diag.Diagnostic) {
		for i, y := range nodes {
			id := y.Config.Global.RouterID
			j := slices.IndexFunc(nodes[:i], func(x *Node) bool { return x.Config.Global.RouterID == id })
			if j < 0 || id == "" {
				continue
			}
			found = append(found, differs(y.At("global_defs", "router_id"), "write another router_id, or none",
				[]diag.Related{{Range: nodes[j].At("global_defs", "router_id"), Message: "the same router_id"}},
				"router_id %s is that of %s too", id, nodes[j].Name)...)
		}
		return found
	},
}
