package lint

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"
)

var hostSource = &Rule{
	Name: "host-source-address", Severity: diag.Warning,
	Doc: "a source address of adverts that this machine does not have",
	Why: `Adverts with an address that is not the machine's are not sent, or nobody answers
to them: after a copy from another node it is that node's. Write an address of the
interface, or leave it out to have the first one.`,
	Bad: `interface eth0               # has 192.0.2.1
unicast_src_ip 192.0.2.2`,
	Good: `interface eth0               # has 192.0.2.1
unicast_src_ip 192.0.2.1`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		if n.Host == nil {
			return nil
		}
		for _, x := range members(n) {
			has := n.Host.Addresses(x.Interface)
			if len(has) == 0 || !x.source.IsValid() || slices.Contains(has, x.source) {
				continue
			}
			keyword := "mcast_src_ip"
			if child(x.block, keyword) == nil {
				keyword = "unicast_src_ip"
			}
			if keyword == "unicast_src_ip" && slices.Contains(n.Host.Addresses(""), x.source) {
				continue // routed to it, as one of a loopback is
			}
			hint := "write one of its addresses"
			if a := ownAddress(x, family(x.source)); a.IsValid() {
				hint = "it has " + a.String()
			}
			on := x.Interface
			if on == "" {
				on = "this machine"
			}
			found = append(found, finding(x.at(keyword), hint, "%s does not have %s", on, x.source))
		}
		return found
	},
}
