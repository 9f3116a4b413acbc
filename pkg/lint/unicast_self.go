package lint

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

var unicastSelf = &Rule{
	Name: "unicast-self", Severity: diag.Warning,
	Doc: "a unicast peer that is the router itself",
	Why: `unicast_peer lists the other routers. One that has its own address there sends
adverts to itself; where that is the only peer no other router hears it, and each
becomes master. It happens where one file is copied to all routers.`,
	Bad: `vrrp_instance VI_1 {
    unicast_src_ip 192.0.2.1
    unicast_peer {
        192.0.2.1
        192.0.2.2
    }
}`,
	Good: `vrrp_instance VI_1 {
    unicast_src_ip 192.0.2.1
    unicast_peer {
        192.0.2.2
    }
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for x := range n.statements("vrrp_instance") {
			var source netip.Addr
			for _, name := range []string{"mcast_src_ip", "unicast_src_ip"} {
				if s := child(x, name); s != nil {
					source, _ = netip.ParseAddr(s.Arg(0))
				}
			}
			for _, l := range peersOf(x) {
				a, err := netip.ParseAddr(l.Name())
				if err == nil && a == source {
					found = append(found, finding(l.AtName(), "list the other routers alone", "%s is the address of this router itself", a))
				}
			}
		}
		return found
	},
}

// peersOf are the lines of an instance's unicast_peer.
func peersOf(x *syntax.Statement) (lines []*syntax.Statement) {
	for _, s := range x.Body() {
		if s.Name() == "unicast_peer" {
			lines = append(lines, s.Body()...)
		}
	}
	return lines
}
