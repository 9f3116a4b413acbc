package lint

import (
	"fmt"
	"net/netip"

	"github.com/kactl/kactl/pkg/diag"
)

var vipMask = &Rule{
	Name: "vip-without-mask", Severity: diag.Info,
	Doc: "a virtual address without a mask",
	Why: `Without a mask keepalived adds the address as /32, or /128: it brings no route to
its network, and is no source for packets there. That works where the interface
has an address of the same network besides. Write the mask either way, so that a
reader knows which of the two is meant.`,
	Bad: `virtual_ipaddress {
    192.0.2.100
}`,
	Good: `virtual_ipaddress {
    192.0.2.100/24
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for v := range n.vips() {
			if v.masked {
				continue
			}
			a := v.prefix.Addr()
			found = append(found, finding(v.at(),
				fmt.Sprintf("write %s with the mask of its network, or %s if that is meant", netip.PrefixFrom(a, n.networkOf(v)), v.prefix),
				"%s has no mask: keepalived adds it as %s", a, v.prefix))
		}
		return found
	},
}

// networkOf guesses the length of the mask that v lacks: that of another address
// in whose network it is, or the usual one.
func (n *Node) networkOf(v vip) int {
	for other := range n.vips() {
		if other.masked && other.prefix.Contains(v.prefix.Addr()) && !other.prefix.IsSingleIP() {
			return other.prefix.Bits()
		}
	}
	if v.prefix.Addr().Is6() {
		return 64
	}
	return 24
}
