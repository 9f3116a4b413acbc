package config

import (
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// garpGroup is a garp_group that is being read.
type garpGroup struct {
	GARPGroup
	delayed bool
}

func garpGroupKeyword() Keyword {
	interval := func(name, doc string, set func(*garpGroup, float64)) Keyword {
		return Keyword{Name: name, Args: "SECONDS", Need: 1, Unit: "s", Limits: decimal(0, 2147.483647), Effect: true, Doc: doc,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				g := d.links.garp
				n, ok := d.number(k, s, "ignores it")
				if ok {
					set(g, n)
				}
				// What is no number at all counts as a pause of 0.
				_, message := parseNumber(s.Arg(0), decimal(0, 1e30))
				g.delayed = g.delayed || ok || message != "" && !strings.HasPrefix(s.Arg(0), "-")
			}}
	}
	return Keyword{Name: "garp_group", Shape: syntax.Block, Effect: true, decode: (*decoder).garpGroup, repeats: true,
		Doc: "interfaces behind one switch, for which announcements wait for each other", Inside: []Keyword{
			interval("garp_interval", "pause between two gratuitous ARP messages", func(g *garpGroup, n float64) { g.GARP = seconds(n) }),
			interval("gna_interval", "pause between two unsolicited neighbour advertisements", func(g *garpGroup, n float64) { g.GNA = seconds(n) }),
			{Name: "interface", Args: "INTERFACE", Need: 1, Effect: true, Doc: "the one interface of the group", decode: func(d *decoder, _ *Keyword, s *syntax.Statement) {
				d.groupInterface(s.AtArg(0), s.Arg(0))
			}},
			{Name: "interfaces", Shape: syntax.List, Effect: true, decode: (*decoder).garpInterfaces,
				Doc: "interfaces of the group, separated by blanks or lines"},
		}}
}

func (d *decoder) garpGroup(k *Keyword, s *syntax.Statement) {
	g := new(garpGroup)
	d.links.garp = g
	d.inside(k, s, k.Name)
	switch {
	case d.stop:
	case !g.delayed:
		d.fault("empty-block", d.endOf(s), "garp_group without an interval; keepalived removes it").Hint = "write garp_interval SECONDS"
	default:
		d.config.Links.GARPGroups = append(d.config.Links.GARPGroups, g.GARPGroup)
	}
}

func (d *decoder) garpInterfaces(_ *Keyword, s *syntax.Statement) {
	if len(s.Body()) == 0 {
		d.fault("empty-block", d.endOf(s), "interfaces of garp_group is empty")
	}
	for _, l := range s.Body() {
		for _, w := range l.Words {
			at := l.At(w)
			if d.policy == syntax.Keepalived {
				at = d.endOf(s) // where keepalived notices
			}
			d.groupInterface(at, w.Text)
		}
	}
}

// groupInterface adds an interface to the group, unless it is in one.
func (d *decoder) groupInterface(at diag.Range, name string) {
	if !d.interfaceExists(at, name) {
		return
	}
	if d.links.grouped[name] {
		d.fault("duplicate-name", at, "%s is in a garp_group already; keepalived ignores it here", clip(name))
		return
	}
	if d.links.grouped == nil {
		d.links.grouped = map[string]bool{}
	}
	d.links.grouped[name] = true
	d.links.garp.Interfaces = append(d.links.garp.Interfaces, name)
}
