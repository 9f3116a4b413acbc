package lint

import (
	"iter"
	"net/netip"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// A vip is one line of virtual_ipaddress or virtual_ipaddress_excluded.
type vip struct {
	instance *syntax.Statement
	list     string // the keyword
	line     *syntax.Statement
	// prefix is /32 or /128 where masked is false.
	prefix netip.Prefix
	masked bool
	device string
}

func (v vip) at() diag.Range { return v.line.AtName() }

// vips yields the virtual addresses of all instances, in the order of the file.
func (n *Node) vips() iter.Seq[vip] {
	return func(yield func(vip) bool) {
		for x := range n.statements("vrrp_instance") {
			device := ""
			if s := child(x, "interface"); s != nil {
				device = s.Arg(0)
			}
			for _, list := range x.Body() {
				if list.Name() != "virtual_ipaddress" && list.Name() != "virtual_ipaddress_excluded" {
					continue
				}
				for _, l := range list.Body() {
					if v, ok := vipOf(x, list, l, device); ok && !yield(v) {
						return
					}
				}
			}
		}
	}
}

// vipOf reads a line of list in instance x, whose interface is device.
func vipOf(x, list, l *syntax.Statement, device string) (vip, bool) {
	v := vip{instance: x, list: list.Name(), line: l, device: device}
	for i, w := range l.Args() {
		if w.Text == "dev" && i+1 < len(l.Args()) {
			v.device = l.Arg(i + 1)
		}
	}
	if p, err := netip.ParsePrefix(l.Name()); err == nil {
		v.prefix, v.masked = p, true
		return v, true
	}
	a, err := netip.ParseAddr(l.Name())
	if err != nil || a.Zone() != "" {
		return v, false
	}
	v.prefix = netip.PrefixFrom(a, a.BitLen())
	return v, true
}
