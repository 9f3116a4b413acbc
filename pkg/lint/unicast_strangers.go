package lint

import (
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/vrrp"
)

var unicastStrangers = &Rule{
	Name: "unicast-strangers", Severity: diag.Warning,
	Doc: "unicast peers, and adverts taken from anybody",
	Why: `Adverts by multicast come from the same network, with a TTL of 255. By unicast
they may have crossed routers, and without check_unicast_src they need not come from
a peer: whoever can send a packet to this router can take the addresses from it, or
make it announce them again and again. A password that others do not know keeps
strangers out as well, unless they can listen.`,
	Bad: `vrrp_instance VI_1 {
    version 3
    unicast_peer {
        192.0.2.2
    }
}`,
	Good: `vrrp_instance VI_1 {
    version 3
    unicast_peer {
        192.0.2.2
    }
    check_unicast_src
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		for _, x := range n.Config.VRRP.Instances {
			if len(x.Peers) > 0 && !x.PeersOnly && x.Auth.Type == vrrp.AuthNone && len(x.HMAC.Keys) == 0 {
				found = append(found, finding(n.At("vrrp_instance", x.Name, "unicast_peer"), "add check_unicast_src",
					"%s obeys adverts from anybody who can send it a packet", x.Name))
			}
		}
		return found
	},
}
