package config

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/syntax"
)

// balancedGroup is a virtual_server_group that was read.
type balancedGroup struct {
	lvs.Group
	statement *syntax.Statement
}

// serviceGroup reads a virtual_server_group.
func (d *decoder) serviceGroup(k *Keyword, s *syntax.Statement) {
	g := &balancedGroup{Group: lvs.Group{Name: s.Arg(0)}, statement: s}
	for _, l := range s.Body() {
		if l.Name() == "fwmark" && len(l.Args()) == 0 {
			d.lacks(&Keyword{Name: "fwmark", Args: "NUMBER [inet|inet6]"}, l)
			if d.stop {
				return
			}
			continue
		}
		if e, ok := d.groupEntry(l); ok {
			g.Entries = append(g.Entries, e)
		}
	}
	if len(g.Entries) == 0 {
		d.fault("empty-block", d.endOf(s), "virtual_server_group %s has no address and no mark; keepalived removes it", clip(g.Name))
		return
	}
	if was := d.balancedNamed[g.Name]; was != nil {
		x := d.warn("duplicate-name", s.AtArg(0), "there is a virtual_server_group %s already; keepalived never uses this one", clip(g.Name))
		x.Related = []diag.Related{{Range: was.statement.Range(), Message: "first defined here"}}
		return
	}
	d.balancedNamed[g.Name] = g
	d.balanced = append(d.balanced, g)
}

// groupEntry reads ADDRESS [PORT], with a range of addresses in place of one, or
// fwmark NUMBER [inet|inet6].
func (d *decoder) groupEntry(l *syntax.Statement) (e lvs.Entry, ok bool) {
	if l.Name() == "fwmark" {
		return d.markEntry(l)
	}
	var problem string
	if e.First, e.Last, problem = addressRange(l.Name()); problem != "" {
		x := d.fault("address", l.AtName(), "%s %s; keepalived skips it", clip(l.Name()), problem)
		x.Hint = "write an address, and a range as 192.0.2.1-9, 192.0.2.1-192.0.2.9 or 192.0.2.0/24"
		return e, false
	}
	if len(l.Args()) == 0 || l.Arg(0) == "0" || l.Arg(0) == "" {
		return e, true
	}
	port, ok := d.numberAt(exactly(ports.Min, ports.Max), l.AtArg(0), "port", l.Arg(0), "skips the address")
	e.Port = uint16(port)
	return e, ok
}

func (d *decoder) markEntry(l *syntax.Statement) (e lvs.Entry, ok bool) {
	mark, ok := d.numberAt(exactly(marks.Min, marks.Max), l.AtArg(0), "fwmark", l.Arg(0), "ignores it")
	if !ok {
		return e, false
	}
	e.Mark = uint32(mark)
	if len(l.Args()) > 1 {
		family, known := families[l.Arg(1)]
		if e.Family, ok = uint8(family), known; !ok {
			d.fault("value", l.AtArg(1), "unknown family %s; keepalived ignores the mark", clip(l.Arg(1))).Hint = "write inet or inet6"
		}
	}
	return e, ok
}

// addressRange reads the forms that a range of addresses has. The problem is
// empty if there is none.
func addressRange(text string) (first, last netip.Addr, problem string) {
	const none = "is not an IP address"
	if start, mask, ok := strings.Cut(text, "/"); ok {
		return maskedRange(start, mask)
	}
	start, end, ranged := strings.Cut(text, "-")
	first, ok := address(start)
	if !ok {
		return first, last, none
	}
	switch {
	case !ranged:
		return first, first, ""
	case strings.ContainsAny(end, ".:"):
		if last, ok = address(end); !ok || last.Is4() != first.Is4() {
			return first, last, none
		}
	default:
		if last, problem = lastInRange(first, end); problem != "" {
			return first, last, problem
		}
		if last == first {
			return first, last, "ends where it starts"
		}
	}
	if last.Less(first) {
		return first, last, "ends before it starts"
	}
	return first, last, ""
}

// lastInRange is first with its last part replaced by end: a decimal number to
// 255, or a hexadecimal one to ffff for IPv6.
func lastInRange(first netip.Addr, end string) (netip.Addr, string) {
	base, bytes := 10, first.AsSlice()
	if first.Is6() {
		base, end = 16, strings.TrimPrefix(end, "0x")
	}
	n, err := strconv.ParseUint(end, base, 64)
	switch most := map[int]uint64{10: 255, 16: 0xffff}[base]; {
	case end == "":
		return first, "has no end"
	case err != nil:
		return first, "does not end in a number"
	case n > most:
		return first, "ends in too large a number"
	}
	i := len(bytes) - 1
	if bytes[i] = byte(n); base == 16 {
		bytes[i-1] = byte(n >> 8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last, ""
}

func maskedRange(start, mask string) (first, last netip.Addr, problem string) {
	first, ok := address(start)
	if !ok {
		return first, last, "is not an IP address"
	}
	bits, err := strconv.Atoi(mask)
	if err != nil || bits < 1 || bits > first.BitLen() {
		return first, last, "has no valid mask"
	}
	p := netip.PrefixFrom(first, bits)
	if p.Masked().Addr() != first {
		return first, last, "has bits behind its mask"
	}
	b := first.AsSlice()
	for i := bits; i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	last, _ = netip.AddrFromSlice(b)
	return first, last, ""
}

// finishBalanced checks the service s against its group.
func (d *decoder) finishBalanced(s *service) {
	g := d.balancedNamed[s.Group]
	if g == nil {
		d.warn("unknown-group", s.statement.AtArg(1), "there is no virtual_server_group %s: keepalived balances nothing for it", clip(s.Group))
		return
	}
	marks, addresses, foreign, anyPort := 0, 0, false, false
	for _, e := range g.Entries {
		if e.First.IsValid() {
			addresses++
			anyPort = anyPort || e.Port == 0
			continue
		}
		marks++
		foreign = foreign || e.Family != 0 && int(e.Family) != s.family
	}
	if foreign && !s.tunnelled() {
		marks = 0 // keepalived does not look at them then
	}
	at := s.statement.Range()
	if marks > 0 && addresses == 0 && s.protocolAt != nil {
		d.fault("mark-protocol", s.protocolAt.Range(), "a service by firewall mark has no protocol; keepalived ignores it").Hint = "remove it"
	}
	if anyPort && s.Persistence == 0 {
		s.Persistence = defaultPersistence
		d.fault("no-port", at, "virtual_server_group %s has an address without a port, which needs persistence; keepalived turns that on", clip(g.Name))
	}
	for _, r := range s.reals {
		if r.Addr.Port() == 0 {
			continue
		}
		if marks > 0 && r.forward(s) != lvs.NAT {
			d.fault("port", r.statement.Range(), "a service by firewall mark has no port; keepalived ignores port %d", r.Addr.Port())
		}
		if r.forward(s) == lvs.NAT {
			continue
		}
		for _, e := range g.Entries {
			if e.First.IsValid() && e.Port != r.Addr.Port() {
				d.fault("port", r.statement.Range(), "%s forwards to the service's port %d, not to %d", r.forward(s), e.Port, r.Addr.Port())
				break
			}
		}
	}
}
