package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/syntax"
)

func bfdCheckKeywords() []Keyword {
	return []Keyword{
		{Name: "name", Args: "NAME", decode: (*decoder).bfdName,
			Doc: "bfd_instance whose session is looked at; it stands above"},
		{Name: "alpha", Args: "[BOOL]", Default: "the real server's", Doc: "take the server for down until the session is up",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.option(k, s, &d.check.alpha) }},
	}
}

func (d *decoder) bfdCheck(k *Keyword, s *syntax.Statement) {
	c := d.beginCheck(health.BFD, k, s)
	switch {
	case c.bad:
	case c.BFD == "":
		d.fault("no-bfd-name", d.endOf(s), "BFD_CHECK has no name; keepalived drops the check").Hint = "write name and that of a bfd_instance"
	default:
		d.real.checks = append(d.real.checks, c)
	}
}

func (d *decoder) bfdName(k *Keyword, s *syntax.Statement) {
	c, name := d.check, s.Arg(0)
	switch {
	case len(s.Args()) != 1:
		d.fault("value", s.Range(), "name takes one word; keepalived drops the check").Hint = "write name and that of a bfd_instance"
		c.bad = true
	case c.BFD != "":
		d.fault("duplicate-keyword", s.Range(), "name is %s already; keepalived ignores %s", clip(c.BFD), clip(name))
	case d.bfdBefore(name, "checker") == nil:
		d.fault("unknown-bfd", s.AtArg(0), "there is no bfd_instance %s for checkers above; keepalived drops the check", clip(name))
		c.bad = true
	case slices.ContainsFunc(d.real.checks, func(other *check) bool { return other.BFD == name }):
		d.fault("duplicate-check", s.AtArg(0), "the real server has a BFD_CHECK of %s already; keepalived drops this one", clip(name))
		c.bad = true
	default:
		c.BFD = name
	}
}
