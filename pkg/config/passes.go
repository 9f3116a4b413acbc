package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// A pass is one of keepalived's processes reading the file. They do so one after
// the other, each its own blocks; where one lacks a value the later ones do not
// read at all.
type pass uint8

const (
	globalPass pass = iota // and what is of no other
	checkerPass
	vrrpPass
	bfdPass
	passes
)

var passOf = map[string]pass{
	"SSL": checkerPass, "virtual_server": checkerPass, "virtual_server_group": checkerPass, "track_file": checkerPass, "vrrp_track_file": checkerPass,
	"garp_group": vrrpPass, "interface_up_down_delays": vrrpPass, "linkbeat_interfaces": vrrpPass, "linkbeat_use_polling": vrrpPass,
	"static_ipaddress": vrrpPass, "static_routes": vrrpPass, "static_rules": vrrpPass, "track_group": vrrpPass,
	"vrrp_instance": vrrpPass, "vrrp_script": vrrpPass, "vrrp_sync_group": vrrpPass, "vrrp_track_process": vrrpPass,
	"bfd_instance": bfdPass,
}

// read reads the top level, as the passes do.
func (d *decoder) read(root *block, body []*syntax.Statement) {
	var of [passes][]*syntax.Statement
	for _, s := range body {
		p := passOf[s.Name()]
		if p == bfdPass && complete(root.byName[s.Name()], s) {
			p = checkerPass // whose checks, and instances after them, name it
		}
		of[p] = append(of[p], s)
	}
	for p, statements := range of {
		d.pass = pass(p)
		if d.walk(root, statements); d.stop {
			d.diagnostics = d.diagnostics[:d.stopped] // the ends of the blocks around it are not reached
			if d.pass != bfdPass {
				d.diagnostics = slices.DeleteFunc(d.diagnostics, func(x diag.Diagnostic) bool { return x.Rule != "unknown-keyword" && inBFD(body, x.Range) })
			}
			return
		}
		if d.result.Tree.Refused && d.policy == syntax.Keepalived {
			d.stop = true // at the end of its first process
			return
		}
	}
}

// complete reports whether nothing in the block s lacks its value.
func complete(k *Keyword, s *syntax.Statement) bool {
	return !slices.ContainsFunc(s.Body(), func(c *syntax.Statement) bool {
		inner := k.block.byName[c.Name()]
		return inner != nil && len(c.Args()) < inner.Need
	})
}

// halt ends the reading, after what was reported last.
func (d *decoder) halt(at diag.Range) { d.stop, d.stopAt, d.stopped = true, at, len(d.diagnostics) }

// inBFD reports whether at is in a bfd_instance. The others read what it is
// called, and leave its values to its own process.
func inBFD(body []*syntax.Statement, at diag.Range) bool {
	return slices.ContainsFunc(body, func(s *syntax.Statement) bool { return passOf[s.Name()] == bfdPass && s.Block != nil && covers(s, at) })
}

// unreached reports whether x, a finding in the text, is one that keepalived
// does not come to. Its first process sees all of the text, if not its braces.
func (d *decoder) unreached(body []*syntax.Statement, x diag.Diagnostic) bool {
	at := d.stopAt.Start.Line // 0 where an include was refused: the pass went on to its end
	if x.Rule != "missing-brace" && x.Rule != "stray-brace" && (d.pass != globalPass || at == 0) {
		return false
	}
	around := globalPass
	for _, s := range slices.Backward(body) {
		if s.File == x.Range.File && s.Line <= x.Range.Start.Line {
			around = passOf[s.Name()]
			break
		}
	}
	return around > d.pass || around == d.pass && at > 0 && x.Range.File == d.stopAt.File && x.Range.Start.Line > at
}
