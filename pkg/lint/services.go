package lint

import (
	"iter"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/syntax"
)

// services yields the virtual servers that run, each with its block. Those of a
// firewall mark or a group are not among them.
func (n *Node) services() iter.Seq2[*lvs.VirtualServer, *syntax.Statement] {
	return func(yield func(*lvs.VirtualServer, *syntax.Statement) bool) {
		blocks := map[lvs.ServiceID]*syntax.Statement{}
		for s := range n.statements("virtual_server") {
			if addr, ok := endpoint(s); ok {
				key := lvs.ServiceID{Protocol: protocolOf(s), Addr: addr}
				if blocks[key] == nil {
					blocks[key] = s
				}
			}
		}
		for i := range n.Config.LVS.Services {
			v := &n.Config.LVS.Services[i]
			if s := blocks[v.ID]; s != nil && !yield(v, s) {
				return
			}
		}
	}
}

// protocolOf is that of virtual_server s; keepalived takes UDP for none. SCTP is
// 0.
func protocolOf(s *syntax.Statement) lvs.Protocol {
	last := lastChild(s, "protocol")
	switch {
	case last == nil || strings.EqualFold(last.Arg(0), "UDP"):
		return lvs.UDP
	case strings.EqualFold(last.Arg(0), "TCP"):
		return lvs.TCP
	}
	return 0
}

// endpoint reads ADDRESS [PORT]; without a port it is 0.
func endpoint(s *syntax.Statement) (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(s.Arg(0))
	port, _ := strconv.ParseUint(s.Arg(1), 10, 16)
	return netip.AddrPortFrom(a, uint16(port)), err == nil
}

// lastChild returns the last statement called name in s, the one that counts,
// or nil.
func lastChild(s *syntax.Statement, name string) (last *syntax.Statement) {
	for _, c := range s.Body() {
		if c.Name() == name {
			last = c
		}
	}
	return last
}

// lastOf is lastChild for a keyword with several names.
func lastOf(s *syntax.Statement, names ...string) (last *syntax.Statement) {
	for _, name := range names {
		if c := lastChild(s, name); c != nil && (last == nil || c.Line > last.Line) {
			last = c
		}
	}
	return last
}

// whole reads the number behind a keyword of s, or returns otherwise.
func whole(s *syntax.Statement, name string, otherwise int) int {
	if c := lastChild(s, name); c != nil {
		if n, err := strconv.Atoi(c.Arg(0)); err == nil {
			return n
		}
	}
	return otherwise
}

// checks are the blocks in a real_server, all of which are checks.
func checks(real *syntax.Statement) (out []*syntax.Statement) {
	for _, c := range real.Body() {
		if c.Block != nil {
			out = append(out, c)
		}
	}
	return out
}
