package lint

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/vrrp"
)

// The IP protocols of adverts: plain, and in authentication headers (auth_type AH).
const (
	protocolVRRP = 112
	protocolAH   = 51
)

var hostFirewall = &Rule{
	Name: "host-firewall", Severity: diag.Warning,
	Doc: "the firewall drops the adverts of the other nodes, or what the sync daemon sends",
	Why: `A node that does not hear the master becomes one itself: two machines hold the
addresses. Let protocol 112 (with auth_type AH, 51) in from the other nodes, by
multicast to 224.0.0.18 or from each unicast peer; for lvs_sync_daemon, UDP port 8848 to 224.0.0.81.`,
	Bad:  `chain input { type filter hook input priority filter; policy drop; }`,
	Good: `chain input { type filter hook input priority filter; policy drop; ip protocol vrrp accept; }`,
	Node: func(n *Node) (found []diag.Diagnostic) {
		if n.Host == nil {
			return nil
		}
		for _, x := range members(n) {
			for _, p := range adverts(x) {
				chain, ok := n.Host.Drops(p)
				if !ok {
					continue
				}
				from := ""
				if p.Source.IsValid() {
					from = " from " + p.Source.String()
				}
				name := "vrrp"
				if p.Protocol == protocolAH {
					name = "ah"
				}
				found = append(found, finding(x.at("interface"), letIn(chain, "-p "+name, "meta l4proto "+name),
					"the firewall drops adverts%s on %s (chain %s): this node hears no master and becomes one", from, x.Interface, chain))
				break
			}
		}
		for s := range n.statements("global_defs", "lvs_sync_daemon") {
			p := Packet{Device: s.Arg(0), Dest: netip.AddrFrom4([4]byte{224, 0, 0, 81}), Protocol: 17, Port: 8848}
			for i := range s.Args() {
				switch s.Arg(i) {
				case "port":
					if k, err := strconv.ParseUint(s.Arg(i+1), 10, 16); err == nil {
						p.Port = uint16(k)
					}
				case "group":
					if a, err := netip.ParseAddr(s.Arg(i + 1)); err == nil {
						p.Dest = a
					}
				}
			}
			if !slices.Contains(n.Host.Interfaces(), p.Device) {
				continue
			}
			if chain, ok := n.Host.Drops(p); ok {
				found = append(found, finding(s.Range(), letIn(chain, "-p udp --dport "+strconv.Itoa(int(p.Port)), "udp dport "+strconv.Itoa(int(p.Port))),
					"the firewall drops UDP port %d on %s (chain %s): this node learns no connections of the other", p.Port, p.Device, chain))
			}
		}
		return found
	},
}

// letIn is a command that lets packets into a chain, which match them as iptables
// or as nft has it.
func letIn(chain, iptables, nft string) string {
	if program, name, _ := strings.Cut(chain, " "); strings.HasSuffix(program, "tables") {
		return program + " -I " + name + " " + iptables + " -j ACCEPT"
	}
	return "nft insert rule " + chain + " " + nft + " accept"
}

// adverts are what x must hear.
func adverts(x *member) (out []Packet) {
	if !slices.Contains(x.node.Host.Interfaces(), x.Interface) {
		return nil
	}
	p := Packet{Device: x.Interface, Protocol: protocolVRRP, Dest: x.Group}
	if x.Auth.Type == vrrp.AuthAH {
		p.Protocol = protocolAH
	}
	if len(x.peers) == 0 {
		if !p.Dest.IsValid() {
			return nil
		}
		return []Packet{p}
	}
	for _, peer := range x.peers {
		p.Source, p.Dest = peer.Addr(), x.source
		if !p.Dest.IsValid() {
			p.Dest = ownAddress(x, family(p.Source))
		}
		if p.Dest.IsValid() {
			out = append(out, p)
		}
	}
	return out
}

// ownAddress is the first of x's interface, or the zero Addr.
func ownAddress(x *member, f int) netip.Addr {
	for _, a := range x.node.Host.Addresses(x.Interface) {
		if family(a) == f && !contains(x.held(), a) {
			return a
		}
	}
	return netip.Addr{}
}
