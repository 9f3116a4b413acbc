package lint

import (
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/lvs"
)

var hostForwarding = &Rule{
	Name: "host-forwarding", Severity: diag.Warning,
	Doc: "NAT services on a machine that forwards nothing",
	Why: `With NAT, the real servers' answers pass through this machine on their way to the
clients. Without net.ipv4.ip_forward (net.ipv6.conf.all.forwarding) it drops them,
and connections hang.`,
	Bad:  `lvs_method NAT               # with net.ipv4.ip_forward = 0`,
	Good: `lvs_method NAT               # with net.ipv4.ip_forward = 1`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		if n.Host == nil {
			return nil
		}
		own := n.Host.Addresses("")
		for v, s := range n.services() {
			name, tree := "net.ipv4.ip_forward", "net.ipv4.conf."
			if v.ID.Addr.Addr().Is6() {
				name, tree = "net.ipv6.conf.all.forwarding", "net.ipv6.conf."
			}
			if value, ok := n.Host.Sysctl(name); !ok || value != "0" || forwards(n.Host, tree) {
				continue
			}
			for _, r := range v.Reals {
				if r.Forward == lvs.NAT && !slices.Contains(own, r.Addr.Addr()) && !r.Addr.Addr().IsLoopback() {
					found = append(found, finding(methodAt(s, r.Addr), "sysctl -w "+name+"=1, and in /etc/sysctl.d",
						"%s is 0: this machine drops the answers of real_server %s", name, r.Addr))
					break
				}
			}
		}
		return found
	},
}

// forwards reports whether an interface forwards for itself.
func forwards(h Host, tree string) bool {
	return slices.ContainsFunc(h.Interfaces(), func(device string) bool {
		value, ok := h.Sysctl(tree + sysctlName(device) + ".forwarding")
		return ok && value != "0"
	})
}

// sysctlName is how sysctl(8) writes a device: eth0.100 as eth0/100.
func sysctlName(device string) string { return strings.ReplaceAll(device, ".", "/") }

var hostNonlocalBind = &Rule{
	Name: "host-nonlocal-bind", Severity: diag.Warning,
	Doc: "a check from a virtual address, on a machine that cannot use it while it is backup",
	Why: `bindto names the address that a check connects from. While the other node has it,
the check cannot connect at all, and every real server counts as down. Bind to an
address of this machine, or set net.ipv4.ip_nonlocal_bind - the answers go to the
other node all the same.`,
	Bad:  `bindto 192.0.2.10            # a virtual_ipaddress`,
	Good: `bindto 192.0.2.1             # of this machine`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		if n.Host == nil {
			return nil
		}
		var held []listed
		for _, x := range members(n) {
			held = append(held, x.held()...)
		}
		for _, r := range realServers(n) {
			for _, c := range checks(r) {
				bind := lastChild(c, "bindto")
				if bind == nil {
					continue
				}
				a := parseAddr(bind.Arg(0))
				name := "net.ipv4.ip_nonlocal_bind"
				if a.Is6() {
					name = "net.ipv6.ip_nonlocal_bind"
				}
				if value, ok := n.Host.Sysctl(name); a.IsValid() && contains(held, a) && ok && value == "0" {
					found = append(found, finding(bind.AtArg(0), "bind to an address of this machine",
						"%s is a virtual address: while this node is backup the check fails, and %s counts as down", a, r.Arg(0)))
				}
			}
		}
		return found
	},
}

var hostStickyClients = &Rule{
	Name: "host-sticky-clients", Severity: diag.Info,
	Doc: "kernel parameters that keep clients with real servers that are gone",
	Why: `While net.ipv4.vs.expire_nodest_conn is 0, packets of a connection to a real server
that was removed are dropped until the connection times out; with 1 the client
learns at once, and its next connection goes to another. While
net.ipv4.vs.conn_reuse_mode is 0, a client that uses a port again comes to the
server that it had, be that of weight 0.`,
	Bad:  `net.ipv4.vs.expire_nodest_conn = 0`,
	Good: `net.ipv4.vs.expire_nodest_conn = 1`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		if n.Host == nil {
			return nil
		}
		for _, s := range n.services() {
			for _, p := range []struct{ name, consequence string }{
				{"net.ipv4.vs.expire_nodest_conn", "connections to a removed real server hang until they time out"},
				{"net.ipv4.vs.conn_reuse_mode", "a client that reuses a port stays with a real server of weight 0"},
			} {
				if value, ok := n.Host.Sysctl(p.name); ok && value == "0" {
					found = append(found, finding(s.Range(), "sysctl -w "+p.name+"=1, and in /etc/sysctl.d", "%s is 0: %s", p.name, p.consequence))
				}
			}
			break // once is enough
		}
		return found
	},
}

var hostARP = &Rule{
	Name: "host-arp", Severity: diag.Warning,
	Doc: "a real server of its own DR service that answers ARP for the address",
	Why: `With DR the real servers have the service's address on lo, and must not answer ARP
for it: the clients would come to them past the balancer. A node that is balancer
and real server at once must keep still while it is backup: net.ipv4.conf.all.arp_ignore
must be 1 or 2, and arp_announce 2.`,
	Bad:  `real_server 192.0.2.1 80     # this machine, with arp_ignore = 0`,
	Good: `real_server 192.0.2.1 80     # this machine, with arp_ignore = 1`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		if n.Host == nil {
			return nil
		}
		own, lo := n.Host.Addresses(""), n.Host.Addresses("lo")
		for v, s := range n.services() {
			if !v.ID.Addr.Addr().Is4() || !slices.Contains(lo, v.ID.Addr.Addr()) || !answersARP(n.Host) {
				continue
			}
			for _, r := range v.Reals {
				if r.Forward == lvs.DR && slices.Contains(own, r.Addr.Addr()) {
					found = append(found, finding(realAt(s, r.Addr), "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2, and in /etc/sysctl.d",
						"arp_ignore is 0: this machine has %s on lo and answers ARP for it while the other node is master", v.ID.Addr.Addr()))
					break
				}
			}
		}
		return found
	},
}

// answersARP reports whether h answers ARP for addresses of lo on all of its
// interfaces. The greater of two parameters counts.
func answersARP(h Host) bool {
	value, ok := h.Sysctl("net.ipv4.conf.all.arp_ignore")
	return ok && value == "0" && !slices.ContainsFunc(h.Interfaces(), func(device string) bool {
		value, ok := h.Sysctl("net.ipv4.conf." + sysctlName(device) + ".arp_ignore")
		return device != "lo" && ok && value != "0"
	})
}
