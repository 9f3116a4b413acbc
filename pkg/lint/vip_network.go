package lint

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/diag"
)

var vipNetwork = &Rule{
	Name: "vip-of-network", Severity: diag.Warning,
	Doc: "a virtual address that is the network's own or its broadcast address",
	Why: `The first address of an IPv4 network stands for the network and the last one for
all its hosts: other machines send no packet for a single host there. With the
mask as it is the address belongs to nobody; one of the two is wrong.`,
	Bad: `virtual_ipaddress {
    192.0.2.255/24
}`,
	Good: `virtual_ipaddress {
    192.0.2.254/24
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for v := range n.vips() {
			a := v.prefix.Addr()
			if !a.Is4() || v.prefix.Bits() > 30 || v.prefix.Bits() == 0 {
				continue
			}
			what := ""
			switch {
			case a == v.prefix.Masked().Addr():
				what = "the address of the network itself"
			case !v.prefix.Contains(a.Next()):
				what = "the broadcast address of the network"
			default:
				continue
			}
			found = append(found, finding(v.at(), "write an address of a host, or "+netip.PrefixFrom(a, 32).String()+" if the mask is wrong",
				"%s is %s %s", a, what, v.prefix.Masked()))
		}
		return found
	},
}
