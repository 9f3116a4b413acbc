package lint

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

var unusableAddress = &Rule{
	Name: "unusable-address", Severity: diag.Error,
	Doc: "an address that nobody can have: multicast, unspecified, broadcast, or loopback among machines",
	Why: `A real server, a service, a virtual address, a peer or a source is one host. The
kernel refuses another address ("invalid argument"), or nobody ever answers there.
keepalived -t accepts it. A real server on the loopback interface is fine: this
machine serves then.`,
	Bad: `virtual_server 192.0.2.10 80 {
    real_server 224.0.0.9 80 {
    }
}`,
	Good: `virtual_server 192.0.2.10 80 {
    real_server 192.0.2.21 80 {
    }
}`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		u := unusable{broadcasts: n.broadcasts()}
		for x := range n.statements("vrrp_instance") {
			for _, name := range []string{"unicast_src_ip", "mcast_src_ip"} {
				u.arg(lastChild(x, name), "the source of adverts", between)
			}
			for _, l := range peersOf(x) {
				u.look(l.AtName(), l.Name(), "a unicast peer", between)
			}
		}
		for v := range n.vips() {
			u.look(v.at(), v.line.Name(), "a virtual address", between&^ofNetwork) // vip-of-network has those
		}
		for v := range n.statements("virtual_server") {
			if v.Arg(0) != "group" && v.Arg(0) != "fwmark" {
				u.arg(v, "the address of a service", always|ofNetwork)
			}
			u.arg(lastChild(v, "sorry_server"), "a sorry server", always|ofNetwork|linkLocal)
		}
		for s := range n.statements("virtual_server_group") {
			for _, l := range s.Body() {
				if l.Name() != "fwmark" {
					u.look(l.AtName(), l.Name(), "the address of a service", always|ofNetwork)
				}
			}
		}
		for _, r := range realServers(n) {
			u.arg(r, "a real server", always|ofNetwork|linkLocal)
			for _, c := range checks(r) {
				u.arg(lastChild(c, "connect_ip"), "the target of a check", always|ofNetwork)
				u.arg(lastChild(c, "bindto"), "the source of a check", multicast|broadcast|ofNetwork)
			}
		}
		return u.found
	},
}

// A class is a set of addresses that are not those of a host.
type class uint8

const (
	multicast class = 1 << iota
	unspecified
	broadcast // 255.255.255.255
	ofNetwork // the broadcast address of a network that the file names
	loopback
	linkLocal // of IPv6, which IPVS does not take for a real server

	always  = multicast | unspecified | broadcast
	between = always | ofNetwork | loopback // of machines that talk to each other
)

// unusable gathers the findings.
type unusable struct {
	broadcasts map[netip.Addr]netip.Prefix
	found      []diag.Diagnostic
}

// arg looks at the first word behind s, which may be nil.
func (u *unusable) arg(s *syntax.Statement, role string, refuse class) {
	if s != nil && s.Arg(0) != "" {
		u.look(s.AtArg(0), s.Arg(0), role, refuse)
	}
}

// look reports the address text where it is of a class that role refuses. A mask
// or the end of a range behind it is no part of the address.
func (u *unusable) look(at diag.Range, text, role string, refuse class) {
	if i := strings.IndexAny(text, "/-"); i >= 0 {
		text = text[:i]
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return
	}
	a = a.WithZone("")
	network, isNetwork := u.broadcasts[a]
	what := ""
	switch {
	case refuse&multicast != 0 && a.IsMulticast():
		what = "a multicast address"
	case refuse&unspecified != 0 && a.IsUnspecified():
		what = "the unspecified address"
	case refuse&broadcast != 0 && a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		what = "the broadcast address"
	case refuse&loopback != 0 && a.IsLoopback():
		what = "an address of the loopback interface, which no other machine reaches"
	case refuse&linkLocal != 0 && a.Is6() && a.IsLinkLocalUnicast():
		what = "a link-local address"
	case refuse&ofNetwork != 0 && isNetwork:
		what = fmt.Sprintf("the broadcast address of the network %s", network)
	default:
		return
	}
	u.found = append(u.found, finding(at, "write the address of a host", "%s is %s: it cannot be %s", a, what, role))
}

// broadcasts are those of the networks that the addresses in the file have.
func (n *Node) broadcasts() map[netip.Addr]netip.Prefix {
	m := map[netip.Addr]netip.Prefix{}
	var networks []netip.Prefix
	for v := range n.vips() {
		networks = append(networks, v.prefix)
	}
	for _, p := range slices.Concat(networks, topAddresses(n)) {
		if p = p.Masked(); p.Addr().Is4() && 8 <= p.Bits() && p.Bits() <= 30 {
			last := p.Addr().As4()
			for i := p.Bits(); i < 32; i++ {
				last[i/8] |= 0x80 >> (i % 8)
			}
			m[netip.AddrFrom4(last)] = p
		}
	}
	return m
}
