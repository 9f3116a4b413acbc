package lint

import (
	"github.com/kactl/kactl/pkg/diag"
)

var hostOwnAddress = &Rule{
	Name: "host-own-address", Severity: diag.Error,
	Doc: "an interface whose only address is a virtual one",
	Why: `A router sends adverts from an address of its own, which it keeps as backup. A
virtual address comes and goes with the state: where the interface has no other one the
router has no source, and the machine may lose the address that it is reached by.`,
	Bad: `interface eth0               # has 192.0.2.10 and no other address
virtual_ipaddress {
    192.0.2.10/24
}`,
	Good: `interface eth0               # has 192.0.2.1
virtual_ipaddress {
    192.0.2.10/24
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		if n.Host == nil {
			return nil
		}
		for _, x := range members(n) {
			if x.source.IsValid() || x.Family == 6 || ownAddress(x, 4).IsValid() {
				continue
			}
			for _, a := range n.Host.Addresses(x.Interface) {
				if a.Is4() {
					found = append(found, finding(x.at("virtual_ipaddress"), "give "+x.Interface+" an address that is not virtual",
						"%s has no address but %s, which is a virtual one", x.Interface, a))
					break
				}
			}
		}
		return found
	},
}
