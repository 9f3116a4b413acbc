package lint

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/diag"
)

var clusterAddresses = &Rule{
	Name: "cluster-addresses", Severity: diag.Warning,
	Doc: "nodes of one virtual router hold different addresses",
	Why: `A router drops adverts that do not list its own virtual_ipaddress: the nodes do not
take each other for one virtual router, and all become master. Where adverts are
not compared (skip_check_adv_addr, virtual_ipaddress_excluded), an address is gone
after a take-over.`,
	Bad: `node a: virtual_ipaddress { 192.0.2.10/24 192.0.2.11/24 }
node b: virtual_ipaddress { 192.0.2.10/24 }`,
	Good: `node a: virtual_ipaddress { 192.0.2.10/24 }
node b: virtual_ipaddress { 192.0.2.10/24 }`,
	Cluster: compare(func(first, x *member) (found []diag.Diagnostic) {
		const dropped, gone = "they drop each other's adverts, both become master", "it is gone when the other is master"
		found = append(found, addresses(first, x, first.announced, x.announced, "virtual_ipaddress", dropped)...)
		return append(found, addresses(first, x, first.excluded, x.excluded, "virtual_ipaddress_excluded", gone)...)
	}),
}

// addresses compares a list of two members.
func addresses(first, x *member, want, got []listed, keyword, consequence string) (found []diag.Diagnostic) {
	masks := map[netip.Addr]listed{}
	for _, a := range want {
		masks[a.Addr()] = a
	}
	for _, a := range got {
		other, ok := masks[a.Addr()]
		switch {
		case !ok:
			found = append(found, differs(a.at, "write the same addresses on all nodes",
				first.here("which lacks it", keyword),
				"%s of %s does not list %s: %s", keyword, first.name(), a.Addr(), consequence)...)
		case other.Bits() != a.Bits():
			found = append(found, differs(a.at, "write the same mask on all nodes",
				[]diag.Related{{Range: other.at, Message: "the other mask"}},
				"the mask of %s is /%d here and /%d in %s: routes change with the master", a.Addr(), a.Bits(), other.Bits(), first.name())...)
			found[len(found)-1].Severity = diag.Info
		}
	}
	for _, a := range want {
		if !contains(got, a.Addr()) {
			found = append(found, differs(x.at(keyword), "write the same addresses on all nodes",
				[]diag.Related{{Range: a.at, Message: "listed here"}},
				"%s of %s lacks %s, which %s lists: %s", keyword, x.Name, a.Addr(), first.name(), consequence)...)
		}
	}
	return found
}
