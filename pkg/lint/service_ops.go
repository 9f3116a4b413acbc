package lint

import (
	"strings"

	"github.com/kactl/kactl/pkg/diag"
)

var serviceOPS = &Rule{
	Name: "service-ops", Severity: diag.Warning,
	Doc: "ops where it has no effect: with persistence, or without UDP",
	Why: `ops (one-packet scheduling) chooses a real server for each datagram of UDP, and
persistence keeps a client with one: persistence wins, and all datagrams of a client
go to one server. TCP has no such scheduling.`,
	Bad: `protocol UDP
ops
persistence_timeout 50`,
	Good: `protocol UDP
ops`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for v := range n.statements("virtual_server") {
			ops := child(v, "ops")
			if ops == nil {
				continue
			}
			p := lastChild(v, "protocol")
			if p != nil && !strings.EqualFold(p.Arg(0), "UDP") {
				found = append(found, finding(ops.AtName(), "remove it", "ops is for UDP: it has no effect on %s", strings.ToUpper(p.Arg(0))))
			} else if t := lastChild(v, "persistence_timeout"); t != nil && t.Arg(0) != "0" {
				d := finding(ops.AtName(), "remove ops, or persistence_timeout", "persistence keeps all datagrams of a client with one server: ops does not spread them")
				d.Related = []diag.Related{{Range: t.Range(), Message: "persistence"}}
				found = append(found, d)
			}
		}
		return found
	},
}
