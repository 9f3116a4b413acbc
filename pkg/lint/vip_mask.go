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
		known := n.networks()
		for v := range n.vips() {
			if v.masked {
				continue
			}
			a := v.prefix.Addr()
			found = append(found, finding(v.at(),
				fmt.Sprintf("write %s with the mask of its network, or %s if that is meant", netip.PrefixFrom(a, known.bits(a)), v.prefix),
				"%s has no mask: keepalived adds it as %s", a, v.prefix))
		}
		return found
	},
}

// networks are those of the addresses that have a mask, and the first line of each.
type networks map[netip.Prefix]int

func (n *Node) networks() networks {
	found := networks{}
	line := 0
	for v := range n.vips() {
		if p := v.prefix.Masked(); v.masked && !p.IsSingleIP() {
			if _, ok := found[p]; !ok {
				found[p] = line
			}
		}
		line++
	}
	return found
}

// bits guesses the length of the mask that a lacks: that of the first address in
// whose network it is, or the usual one.
func (n networks) bits(a netip.Addr) int {
	guess, first := 24, -1
	if a.Is6() {
		guess = 64
	}
	for bits := range a.BitLen() {
		if line, ok := n[netip.PrefixFrom(a, bits).Masked()]; ok && (first < 0 || line < first) {
			guess, first = bits, line
		}
	}
	return guess
}
