package lint

import (
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/vrrp"
)

var vipDrops = &Rule{
	Name: "vip-drops-traffic", Severity: diag.Warning,
	Doc: "virtual addresses that take no packets, by vrrp_strict or no_accept",
	Why: `By the letter of the RFC a router that does not own an address takes no packet
for it, so vrrp_strict and no_accept have keepalived put firewall rules in place
that drop them: no ping, no service, no virtual_server on the address. That is of
use for the address of a gateway alone. Remove vrrp_strict or no_accept; with
vrrp_strict in version 3, write accept in the instance.`,
	Bad: `global_defs {
    vrrp_strict
}
vrrp_instance VI_1 {
    virtual_ipaddress {
        192.0.2.100/24
    }
}`,
	Good: `vrrp_instance VI_1 {
    virtual_ipaddress {
        192.0.2.100/24
    }
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		priority := map[string]uint8{}
		for _, x := range n.Config.VRRP.Instances {
			priority[x.Name] = x.Priority
		}
		seen := map[diag.Range]bool{}
		for x := range n.statements("vrrp_instance") {
			name := x.Arg(0)
			keyword, hint, at := "vrrp_strict", "remove it, unless the addresses are those of a gateway; version 3 has accept besides", n.strictAt(x)
			if s := child(x, "no_accept"); s != nil {
				keyword, hint, at = "no_accept", "remove it, unless the addresses are those of a gateway", s.AtName()
			} else if child(x, "accept") != nil {
				continue // version 2 ignores it, and the language says so
			}
			p, runs := priority[name]
			if at == (diag.Range{}) || !runs || p == vrrp.PriorityOwner || seen[at] {
				continue
			}
			seen[at] = true
			d := finding(at, hint, "%s drops all packets to the virtual addresses of vrrp_instance %s", keyword, name)
			found = append(found, d)
		}
		return found
	},
}
