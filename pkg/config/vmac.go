package config

import (
	"time"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// Interfaces is what concerns network interfaces, those that keepalived makes
// for virtual MAC addresses (VMAC) included.
type Interfaces struct {
	// Prefix is the start of a VMAC interface's name, AddressPrefix of one that
	// is for addresses on another interface than the instance's. An empty
	// AddressPrefix is Prefix.
	Prefix, AddressPrefix string
	// Dynamic allows for interfaces that come and go. Changes allows them to
	// come back as another kind of interface.
	Dynamic, Changes bool
	// NoLocalIGMP keeps the kernel from reports about link-local groups.
	NoLocalIGMP bool
	// ExtraGARP is the time between announcements on the VMAC interfaces of
	// addresses away from the instance's; 0 is none. ExtraGARPAll announces on
	// all interfaces of addresses.
	ExtraGARP    time.Duration
	ExtraGARPAll bool
}

func interfaceKeywords() []Keyword {
	extra := Keyword{Name: "vrrp_garp_extra_if", Args: "[all] SECONDS", Default: "0", Unit: "s", Limits: whole(1, 86400), decode: (*decoder).globalExtraGARP,
		Doc: "time between announcements on interfaces of addresses that are not the instance's: VMACs, or all"}
	old := extra
	old.Name, old.Doc, old.decode = "vrrp_vmac_garp_intvl", "the same as vrrp_garp_extra_if", func(d *decoder, k *Keyword, s *syntax.Statement) {
		d.fault("deprecated", s.AtName(), "%s is deprecated", k.Name).Hint = "write vrrp_garp_extra_if"
		d.globalExtraGARP(k, s)
	}
	return []Keyword{
		{Name: "vmac_prefix", Effect: true, Args: "NAME", Need: 1, Default: "vrrp", repeats: true, decode: firstText(in(func(g *Global) *string { return &g.Interfaces.Prefix })),
			Doc: "start of the names of VMAC interfaces"},
		{Name: "vmac_addr_prefix", Effect: true, Args: "NAME", Need: 1, Default: "vmac_prefix", repeats: true, decode: firstText(in(func(g *Global) *string { return &g.Interfaces.AddressPrefix })),
			Doc: "start of the names of VMAC interfaces for addresses away from the instance's interface"},
		{Name: "dynamic_interfaces", Args: "[allow_if_changes]", Effect: true, decode: (*decoder).dynamicInterfaces,
			Doc: "an interface that is not there is no error: what needs it is in FAULT until it comes; with allow_if_changes it may come back as another kind"},
		{Name: "disable_local_igmp", Effect: true, decode: flag(in(func(g *Global) *bool { return &g.Interfaces.NoLocalIGMP })),
			Doc: "keep the kernel from IGMP reports about link-local groups"},
		extra, old,
	}
}

func (d *decoder) dynamicInterfaces(k *Keyword, s *syntax.Statement) {
	p := &d.config.Global.Interfaces
	p.Dynamic = true
	switch s.Arg(0) {
	case "":
	case "allow_if_changes":
		p.Changes = true
	default:
		d.fault("value", s.AtArg(0), "unknown word %q behind %s; keepalived ignores it", clip(s.Arg(0)), k.Name).Hint = "write allow_if_changes, or nothing"
	}
}

// mayCome reports whether an interface that is missing may come later, by
// dynamic_interfaces, and warns of each such interface once.
func (d *decoder) mayCome(at diag.Range, name string) bool {
	if !d.config.Global.Interfaces.Dynamic || len(name) > maxLabel {
		return false
	}
	if !d.links.awaited[name] {
		if d.links.awaited == nil {
			d.links.awaited = map[string]bool{}
		}
		d.links.awaited[name] = true
		d.warn("unknown-interface", at, "no interface %s yet; what needs it is in FAULT until it comes", clip(name)).Hint = d.interfaceHint()
	}
	return true
}

func (d *decoder) globalExtraGARP(k *Keyword, s *syntax.Statement) {
	all, at := false, -1
	for i, w := range s.Args() {
		if w.Text == "all" {
			all = true
		} else {
			at = i
			if _, message := parseNumber(w.Text, k.Limits); message != "" {
				break
			}
		}
	}
	if at < 0 {
		d.fault("value", s.Range(), "%s lacks its time; keepalived ignores it", k.Name).Hint = "write " + k.Name + " " + k.Args
		return
	}
	if n, ok := d.numberAt(k.Limits, s.AtArg(at), k.Name, s.Arg(at), "ignores it"); ok {
		d.config.Global.Interfaces.ExtraGARP, d.config.Global.Interfaces.ExtraGARPAll = seconds(n), all
	}
}
