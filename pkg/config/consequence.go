package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// consequences are the findings about a block that lacks a keyword, by the
// keyword. Where it is there and misspelt they are no second mistake.
var consequences = map[string][]string{
	"interface": {"no-interface"}, "virtual_router_id": {"no-virtual-router-id"}, "priority": {"no-priority"},
	"virtual_ipaddress": {"no-address"}, "auth_pass": {"auth-pass"}, "unicast_peer": {"no-unicast-peer"},
	"script": {"script-missing"}, "group": {"sync-group-size"},
	"protocol": {"no-protocol"}, "lvs_sched": {"no-scheduler"}, "lb_algo": {"no-scheduler"},
	"lvs_method": {"no-method"}, "lb_kind": {"no-method"}, "real_server": {"no-real-server"},
	"url": {"no-url"}, "path": {"no-path", "no-url"}, "use_vmac": {"vmac"},
}

// A mark is a finding by what it is about.
type mark struct {
	rule string
	at   diag.Range
}

// dropConsequences takes out what is found only because a keyword is misspelt.
// It is for [syntax.Intent]: keepalived complains of both.
func (d *decoder) dropConsequences(tree *syntax.Tree, found []diag.Diagnostic) []diag.Diagnostic {
	if d.policy != syntax.Intent {
		return found
	}
	drop := map[mark]bool{}
	markQuotes(found, drop)
	d.markBlocks(tree.Body, nil, drop)
	d.markReferences(tree.Body, drop)
	return slices.DeleteFunc(found, func(x diag.Diagnostic) bool { return drop[mark{x.Rule, x.Range}] })
}

// markQuotes marks the programs that cannot be read for a quote that is not
// closed, which is told already.
func markQuotes(found []diag.Diagnostic, drop map[mark]bool) {
	type line struct {
		file   string
		number int
	}
	of := func(x diag.Diagnostic) line { return line{x.Range.File, x.Range.Start.Line} }
	unclosed := map[line]bool{}
	for _, x := range found {
		if x.Rule == "unclosed-quote" {
			unclosed[of(x)] = true
		}
	}
	for _, x := range found {
		if x.Rule == "script-syntax" && unclosed[of(x)] {
			drop[mark{x.Rule, x.Range}] = true
		}
	}
}

// markBlocks marks what misspelt keywords bring upon the blocks around them,
// which is reported at the block's keyword, at its closing brace or at a keyword
// that needs the other.
func (d *decoder) markBlocks(body, around []*syntax.Statement, drop map[mark]bool) {
	rules := map[string]bool{}
	for _, s := range body {
		for _, rule := range consequences[d.misspelt[s]] {
			rules[rule] = true
		}
		if s.Block != nil {
			d.markBlocks(s.Body(), append(around, s), drop)
		}
	}
	for rule := range rules {
		for _, s := range around {
			drop[mark{rule, s.Range()}], drop[mark{rule, d.endOf(s)}] = true, true
		}
		if rule == "no-unicast-peer" || rule == "vmac" {
			for _, s := range body {
				drop[mark{rule, s.Range()}] = true
			}
		}
	}
}

// tracked are the blocks that other blocks track by name.
var tracked = []string{"vrrp_script", "vrrp_track_file", "track_file", "vrrp_track_process", "bfd_instance"}

// markReferences marks the names of scripts and instances that would be there,
// were their blocks spelt rightly.
func (d *decoder) markReferences(body []*syntax.Statement, drop map[mark]bool) {
	lost := map[string]bool{}
	for _, s := range body {
		meant := d.misspelt[s]
		if slices.Contains(tracked, meant) || meant == "vrrp_instance" || s.Name() == "vrrp_script" && d.hasMisspelt(s, "script") {
			lost[s.Arg(0)] = true
		}
	}
	if len(lost) == 0 {
		return
	}
	for _, s := range body {
		for _, list := range s.Body() {
			for _, l := range list.Body() {
				for _, w := range l.Words {
					if lost[w.Text] {
						drop[mark{"unknown-script", l.At(w)}] = true
						drop[mark{"unknown-track", l.At(w)}] = true
						drop[mark{"unknown-instance", l.At(w)}] = true
						drop[mark{"sync-group-size", s.Range()}] = true
					}
				}
			}
		}
	}
}

// hasMisspelt reports whether keyword is in s and misspelt.
func (d *decoder) hasMisspelt(s *syntax.Statement, keyword string) bool {
	return slices.ContainsFunc(s.Body(), func(c *syntax.Statement) bool { return d.misspelt[c] == keyword })
}
