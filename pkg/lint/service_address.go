package lint

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

var serviceAddress = &Rule{
	Name: "service-address", Severity: diag.Warning,
	Doc: "a virtual_server on an address that no vrrp_instance holds",
	Why: `Clients reach a virtual server while this machine has its address. In a file with
vrrp_instances, an address that none of them holds does not move to the other
machine, and most often it is a typing error. List it in virtual_ipaddress, or in
static_ipaddress if it is to stay.`,
	Bad: `vrrp_instance VI_1 {
    virtual_ipaddress {
        192.0.2.10/24
    }
}
virtual_server 192.0.2.100 80 {
}`,
	Good: `vrrp_instance VI_1 {
    virtual_ipaddress {
        192.0.2.10/24
    }
}
virtual_server 192.0.2.10 80 {
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		instances := slices.Collect(n.statements("vrrp_instance"))
		if len(instances) == 0 || n.misread(nil) {
			return nil
		}
		held := map[netip.Addr]bool{}
		var near []listed // in the order of the file
		for _, s := range instances {
			near = append(near, slices.Concat(addressList(s, "virtual_ipaddress"), addressList(s, "virtual_ipaddress_excluded"))...)
			for _, own := range []string{"unicast_src_ip", "mcast_src_ip"} {
				if c := child(s, own); c != nil {
					held[parseAddr(c.Arg(0))] = true
				}
			}
		}
		for _, l := range near {
			held[l.Addr()] = true
		}
		for _, p := range topAddresses(n) {
			held[p.Addr()] = true
		}
		if n.Host != nil {
			for _, a := range n.Host.Addresses("") {
				held[a] = true
			}
		}
		routes := localRoutes(n)
		for s := range n.statements("virtual_server") {
			addr, ok := endpoint(s)
			a := addr.Addr()
			if !ok || held[a] || a.IsLoopback() || slices.ContainsFunc(routes, func(p netip.Prefix) bool { return p.Contains(a) }) {
				continue
			}
			found = append(found, finding(s.AtArg(0), "list it in virtual_ipaddress", "no vrrp_instance holds %s: the service stays behind at a take-over", a))
		}
		return found
	},
}

// parseAddr reads an address, the zero Addr if it is none.
func parseAddr(text string) netip.Addr {
	a, _ := netip.ParseAddr(text)
	return a
}

// topAddresses are those of static_ipaddress.
func topAddresses(n *Node) (out []netip.Prefix) {
	for s := range n.statements("static_ipaddress") {
		for _, l := range s.Body() {
			if p, ok := prefix(l.Name()); ok {
				out = append(out, p)
			}
		}
	}
	return out
}

// localRoutes are the networks that a route makes this machine's own: "local
// 192.0.2.0/24 dev lo".
func localRoutes(n *Node) (out []netip.Prefix) {
	lists := slices.Collect(n.statements("static_routes"))
	lists = slices.AppendSeq(lists, n.statements("vrrp_instance", "virtual_routes"))
	for _, list := range lists {
		for _, l := range list.Body() {
			if !slices.ContainsFunc(l.Words, func(w syntax.Word) bool { return strings.EqualFold(w.Text, "local") }) {
				continue
			}
			for _, w := range l.Words {
				if p, ok := prefix(w.Text); ok {
					out = append(out, p.Masked())
				}
			}
		}
	}
	return out
}
