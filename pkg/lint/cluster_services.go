package lint

import (
	"net/netip"
	"slices"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/syntax"
)

var clusterServices = &Rule{
	Name: "cluster-services", Severity: diag.Warning,
	Doc: "nodes of one virtual router balance its addresses differently",
	Why: `After a take-over the new master has the address, and clients come to it. A service
that is missing there is gone; one with another scheduler, method or real servers
sends them elsewhere. Write the same virtual_server blocks on all nodes.`,
	Bad: `node a: virtual_server 192.0.2.10 80 { ... }
node b: (nothing)`,
	Good: `node a: virtual_server 192.0.2.10 80 { ... }
node b: virtual_server 192.0.2.10 80 { ... }`,
	Cluster: func(nodes []*Node) (found []diag.Diagnostic) {
		services := map[*Node]byAddress{}
		for _, n := range nodes {
			services[n] = servicesByAddress(n)
		}
		for _, r := range virtualRouters(nodes) {
			for _, x := range r[1:] {
				for _, a := range r[0].held() {
					if contains(x.held(), a.Addr()) {
						found = append(found, compareServices(r[0], x, services[r[0].node][a.Addr()], services[x.node][a.Addr()])...)
					}
				}
			}
		}
		return found
	},
}

// A balancedService is a virtual server with its block.
type balancedService struct {
	*lvs.VirtualServer
	block *syntax.Statement
}

// byAddress are the virtual servers of a node.
type byAddress map[netip.Addr][]balancedService

func servicesByAddress(n *Node) byAddress {
	m := byAddress{}
	for v, s := range n.services() {
		a := v.ID.Addr.Addr()
		m[a] = append(m[a], balancedService{v, s})
	}
	return m
}

// compareServices compares the services on one address of two nodes.
func compareServices(first, x *member, theirs, own []balancedService) (found []diag.Diagnostic) {
	for _, was := range theirs {
		i := slices.IndexFunc(own, func(b balancedService) bool { return b.ID == was.ID })
		switch {
		case i >= 0 && !first.node.misread(was.block) && !x.node.misread(own[i].block):
			found = append(found, compareService(first, was, own[i])...)
		case i < 0 && !x.node.misread(nil):
			found = append(found, missing(x, first, was)...)
		}
	}
	for _, is := range own {
		if !slices.ContainsFunc(theirs, func(b balancedService) bool { return b.ID == is.ID }) && !first.node.misread(nil) {
			found = append(found, differs(is.block.Range(), "write the same virtual_server on all nodes",
				first.here("where it is missing", "virtual_ipaddress", "virtual_ipaddress_excluded"),
				"%s has no virtual_server %s: it is gone while that node is master", first.node.Name, is.ID)...)
		}
	}
	return found
}

// missing finds that x's node lacks a service of an address that x holds.
func missing(x, first *member, was balancedService) []diag.Diagnostic {
	at := x.block.Range()
	for _, a := range x.held() {
		if a.Addr() == was.ID.Addr.Addr() {
			at = a.at
		}
	}
	return differs(at, "write the same virtual_server on all nodes",
		[]diag.Related{{Range: was.block.Range(), Message: "the service"}},
		"no virtual_server %s, which %s has: it is gone while this node is master", was.ID, first.node.Name)
}

// compareService compares one service of two nodes.
func compareService(first *member, was, is balancedService) (found []diag.Diagnostic) {
	node := first.node.Name
	setting := func(equal bool, what string, a, b any, keywords ...string) {
		if !equal {
			found = append(found, differs(settingAt(is.block, keywords...), "write the same on all nodes",
				[]diag.Related{{Range: settingAt(was.block, keywords...), Message: "the other one"}},
				"%s of virtual_server %s is %v here and %v in %s", what, is.ID, b, a, node)...)
		}
	}
	setting(was.Scheduler == is.Scheduler, "the scheduler", was.Scheduler, is.Scheduler, "lvs_sched", "lb_algo")
	setting(was.Persistence == is.Persistence, "the persistence", was.Persistence, is.Persistence, "persistence_timeout")

	have := reals(is)
	had := reals(was)
	for _, r := range was.Reals {
		if _, ok := have[r.Addr]; !ok {
			found = append(found, differs(is.block.Range(), "write the same real servers on all nodes",
				[]diag.Related{{Range: realAt(was.block, r.Addr), Message: "the real server"}},
				"virtual_server %s has no real_server %s, which it has in %s", is.ID, r.Addr, node)...)
		}
	}
	for _, r := range is.Reals {
		at := realAt(is.block, r.Addr)
		other, ok := had[r.Addr]
		if !ok {
			found = append(found, differs(at, "write the same real servers on all nodes",
				[]diag.Related{{Range: was.block.Range(), Message: "the service there"}},
				"virtual_server %s has no real_server %s in %s", is.ID, r.Addr, node)...)
			continue
		}
		if other.Forward != r.Forward {
			found = append(found, differs(methodAt(is.block, r.Addr), "write the same method on all nodes",
				[]diag.Related{{Range: methodAt(was.block, r.Addr), Message: "the other method"}},
				"packets reach real_server %s by %s here and by %s in %s", r.Addr, r.Forward, other.Forward, node)...)
		}
		if other.Weight != r.Weight {
			found = append(found, differs(at, "write the same weight on all nodes",
				[]diag.Related{{Range: realAt(was.block, r.Addr), Message: "the other weight"}},
				"real_server %s has weight %d here and %d in %s", r.Addr, r.Weight, other.Weight, node)...)
			found[len(found)-1].Severity = diag.Info
		}
	}
	return found
}

func reals(b balancedService) map[netip.AddrPort]lvs.RealServer {
	m := make(map[netip.AddrPort]lvs.RealServer, len(b.Reals))
	for _, r := range b.Reals {
		m[r.Addr] = r
	}
	return m
}

// settingAt is where block sets the keyword, or where it starts.
func settingAt(block *syntax.Statement, keywords ...string) diag.Range {
	if c := lastOf(block, keywords...); c != nil {
		return c.Range()
	}
	return block.Range()
}

// realAt is where block has the real server.
func realAt(block *syntax.Statement, addr netip.AddrPort) diag.Range {
	if r := realBlock(block, addr); r != nil {
		return r.Range()
	}
	return block.Range()
}

// methodAt is where the method of a real server is set, by itself or its
// service.
func methodAt(block *syntax.Statement, addr netip.AddrPort) diag.Range {
	if r := realBlock(block, addr); r != nil {
		if c := lastOf(r, "lvs_method", "lb_kind"); c != nil {
			return c.Range()
		}
	}
	return settingAt(block, "lvs_method", "lb_kind")
}

// realBlock finds a real server. One without a port has the service's, and DR
// and TUN know no other.
func realBlock(block *syntax.Statement, addr netip.AddrPort) (found *syntax.Statement) {
	for _, c := range block.Body() {
		if c.Name() != "real_server" {
			continue
		}
		a, ok := endpoint(c)
		if ok && a == addr {
			return c
		}
		if ok && a.Addr() == addr.Addr() && found == nil {
			found = c
		}
	}
	return found
}
