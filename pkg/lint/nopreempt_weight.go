package lint

import "github.com/kactl/kactl/pkg/diag"

var nopreemptWeight = &Rule{
	Name: "nopreempt-weight", Severity: diag.Warning,
	Doc: "nopreempt together with a tracking weight",
	Why: `A weight moves the addresses by lowering the master's priority below that of
another router, which takes over as it preempts. With nopreempt it does not: the
failed master stays. Track without a weight instead: a failure is FAULT then, and
the master resigns. If one router alone has nopreempt, it is the one that does
not step in when the others' weights say that it should.`,
	Bad: `vrrp_instance VI_1 {
    nopreempt
    track_script {
        chk weight -20
    }
}`,
	Good: `vrrp_instance VI_1 {
    nopreempt
    track_script {
        chk
    }
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for _, x := range n.Config.VRRP.Instances {
			for _, t := range x.Tracks {
				if !x.NoPreempt || t.Weight == 0 {
					continue
				}
				d := finding(n.At("vrrp_instance", x.Name, "nopreempt"), "track "+t.Name+" without a weight, on all routers, or remove nopreempt",
					"with nopreempt %s takes over from no master whose priority a weight has lowered", x.Name)
				d.Related = []diag.Related{{Range: n.At("vrrp_instance", x.Name, trackKeyword(t.Kind), t.Name), Message: "a weight is tracked here"}}
				found = append(found, d)
				break
			}
		}
		return found
	},
}
