package config

import (
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// staticDecoder is what reading static things takes.
type staticDecoder struct {
	groups map[string]*syntax.Statement // by name
	group  *vrrp.TrackGroup             // that is open
	placed uint32                       // rules that were given a preference
}

func staticKeywords() []Keyword {
	return counted([]Keyword{
		{Name: "static_ipaddress", Shape: syntax.List, Effect: true, decode: (*decoder).staticAddresses, repeats: true, Inside: addressWords(true),
			Doc: "addresses that stay whatever VRRP does: " + addressSynopsis},
		{Name: "static_routes", Shape: syntax.List, Effect: true, decode: (*decoder).staticRoutes, repeats: true, Inside: routeWords(true),
			Doc: "routes that stay whatever VRRP does: " + routeSynopsis},
		{Name: "static_rules", Shape: syntax.List, Effect: true, decode: (*decoder).staticRules, repeats: true, Inside: ruleWords(true),
			Doc: "routing rules that stay whatever VRRP does: " + ruleSynopsis},
		{Name: "track_group", Args: "NAME", Shape: syntax.Block, Effect: true, decode: (*decoder).trackGroup,
			Doc: "instances that depend on static addresses, routes and rules", Inside: []Keyword{
				{Name: "group", Shape: syntax.List, Effect: true, decode: (*decoder).trackGroupMembers,
					Doc: "names of the instances, separated by blanks or lines"},
			}},
	})
}

func (d *decoder) staticAddresses(k *Keyword, s *syntax.Statement) {
	for _, l := range s.Body() {
		if a, ok := d.virtualAddress(k, l); ok {
			d.config.VRRP.Static.Addresses = append(d.config.VRRP.Static.Addresses, a)
		}
	}
}

func (d *decoder) staticRoutes(k *Keyword, s *syntax.Statement) {
	for _, l := range s.Body() {
		if r, ok := d.readRoute(k, l); ok {
			d.config.VRRP.Static.Routes = append(d.config.VRRP.Static.Routes, r)
		}
	}
}

func (d *decoder) staticRules(k *Keyword, s *syntax.Statement) {
	for _, l := range s.Body() {
		if r, ok := d.readRule(k, l); ok {
			d.config.VRRP.Static.Rules = append(d.config.VRRP.Static.Rules, r)
		}
	}
}

func (d *decoder) trackGroup(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) != 1 {
		d.fault("name", s.Range(), "track_group must have one name; keepalived skips it").Hint = "write track_group NAME {"
		return
	}
	if first := d.static.groups[s.Arg(0)]; first != nil {
		d.alreadyDefined(k, s, first)
		return
	}
	if d.static.groups == nil {
		d.static.groups = map[string]*syntax.Statement{}
	}
	d.static.groups[s.Arg(0)] = s
	g := &vrrp.TrackGroup{Name: s.Arg(0)}
	d.static.group = g
	d.inside(k, s, k.Name, g.Name)
	d.config.VRRP.Static.Groups = append(d.config.VRRP.Static.Groups, *g)
}

func (d *decoder) trackGroupMembers(_ *Keyword, s *syntax.Statement) {
	g := d.static.group
	if len(g.Members) > 0 {
		d.fault("duplicate-keyword", s.AtName(), "group is given already; keepalived ignores this one")
		return
	}
	if len(s.Body()) == 0 {
		d.fault("empty-block", d.endOf(s), "group of track_group %s is empty", clip(g.Name))
	}
	for _, l := range s.Body() {
		for _, w := range l.Words {
			g.Members = append(g.Members, w.Text)
		}
	}
}

// trackGroupNamed takes the name of a group, or returns "" if there is none
// before this line.
func (d *decoder) trackGroupNamed(c *cursor) string {
	name := c.take()
	if d.static.groups[name] == nil {
		d.fault("unknown-group", c.at(), "no track_group %s before this; keepalived ignores it", clip(name))
		return ""
	}
	return name
}

// finishStatic puts addresses without a device on the default one.
func (d *decoder) finishStatic() {
	for i := range d.config.VRRP.Static.Addresses {
		fillString(&d.config.VRRP.Static.Addresses[i].Device, d.config.Global.DefaultInterface)
	}
}

// doubt reports an interface that is missing where keepalived warns of it.
func (d *decoder) doubt(at diag.Range, format string, args ...any) {
	was := d.faulty
	d.fault("unknown-interface", at, format, args...).Hint = "ip -br link lists what there is"
	d.faulty, d.doubtful = was, true
}
