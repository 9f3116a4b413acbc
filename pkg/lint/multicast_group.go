package lint

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/diag"
)

var multicastGroup = &Rule{
	Name: "multicast-group", Severity: diag.Warning,
	Doc: "a multicast group that is not one of the local network",
	Why: `Groups outside of 224.0.0.0/24 are not bound to the local network: routers pass
adverts on, which have a TTL of 255, and switches that snoop IGMP hold them back
until they have heard who wants them. The group of VRRP is 224.0.0.18; another of
224.0.0.0/24 keeps clusters apart as well.`,
	Bad: `global_defs {
    vrrp_mcast_group4 230.1.1.1
}`,
	Good: `global_defs {
    vrrp_mcast_group4 224.0.0.18
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		local := netip.MustParsePrefix("224.0.0.0/24")
		for _, path := range [][]string{{"global_defs", "vrrp_mcast_group4"}, {"vrrp_instance", "mcast_dst_ip"}} {
			for s := range n.statements(path...) {
				a, err := netip.ParseAddr(s.Arg(0))
				if err == nil && a.Is4() && a.IsMulticast() && !local.Contains(a) {
					found = append(found, finding(s.AtArg(0), "write 224.0.0.18, or another address of 224.0.0.0/24",
						"%s is outside of 224.0.0.0/24: adverts may leave the local network, or not get through it", a))
				}
			}
		}
		return found
	},
}
