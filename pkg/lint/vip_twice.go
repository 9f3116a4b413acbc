package lint

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/diag"
)

var vipTwice = &Rule{
	Name: "vip-twice", Severity: diag.Warning,
	Doc: "a virtual address that two instances have, or one has under two masks",
	Why: `Instances elect their masters apart from each other. An address of two of them is
soon on two machines at once, and the one whose instance gives it up removes it
although the other one still counts on it. Give each instance its own.`,
	Bad: `vrrp_instance A {
    interface eth0
    virtual_router_id 1
    virtual_ipaddress {
        192.0.2.100/24
    }
}
vrrp_instance B {
    interface eth0
    virtual_router_id 2
    virtual_ipaddress {
        192.0.2.100/24
    }
}`,
	Good: `vrrp_instance A {
    interface eth0
    virtual_router_id 1
    virtual_ipaddress {
        192.0.2.100/24
    }
}
vrrp_instance B {
    interface eth0
    virtual_router_id 2
    virtual_ipaddress {
        192.0.2.101/24
    }
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		type key struct {
			addr   netip.Addr
			device string
		}
		first := map[key]vip{}
		for v := range n.vips() {
			k := key{v.prefix.Addr(), v.device}
			was, ok := first[k]
			if !ok {
				first[k] = v
				continue
			}
			d := finding(v.at(), "remove it from one of them", "%s is an address of vrrp_instance %s already", k.addr, was.instance.Arg(0))
			d.Related = []diag.Related{{Range: was.at(), Message: "first given here"}}
			if was.instance == v.instance {
				if was.list == v.list && was.line.Name() == v.line.Name() {
					continue // the language finds that
				}
				d.Message = k.addr.String() + " is given above already, as " + was.line.Name() + " in " + was.list
				d.Hint = "keep one of the two"
			}
			found = append(found, d)
		}
		return found
	},
}
