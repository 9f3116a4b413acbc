package syntax

import (
	"fmt"

	"github.com/kactl/kactl/pkg/diag"
)

// meantOutside reports whether the unknown line it opens a block that belongs
// outside of the one being read, or is a keyword of the block around it, so that
// a closing brace must be missing.
// keepalived does not think so far.
func (p *parser) meantOutside(it item) bool {
	if len(p.inside) < 2 || p.excess() >= 0 {
		return false
	}
	if around := p.inside[len(p.inside)-2]; around.owner != nil && known(around.grammar, it) == Line {
		return true
	}
	for _, f := range p.inside[:len(p.inside)-1] {
		if p.opensAt(it, f.grammar) {
			return true
		}
	}
	return false
}

// meantAfterList reports whether it, a line in a list, must be a keyword behind
// that list.
func (p *parser) meantAfterList(it item) bool {
	if p.excess() >= 0 || it.words[0].Quoted {
		return false
	}
	for _, f := range p.inside {
		if p.opensAt(it, f.grammar) {
			return true
		}
	}
	shape, _ := p.inside[len(p.inside)-1].grammar.Keyword(it.words[0].Text)
	return shape != Unknown && len(p.inside) > 1
}

// opensAt reports whether g takes the line it as a block.
func (p *parser) opensAt(it item, g Grammar) bool {
	if it.kind != line {
		return false
	}
	shape, _ := g.Keyword(it.words[0].Text)
	if shape != Block && shape != List {
		return false
	}
	after := p.item()
	p.unread(after)
	return after.kind == opening
}

// unclosed reports that owner has no closing brace before it.
func (p *parser) unclosed(owner *Statement, it item) {
	if owner == nil || p.blamed && it.kind == endOfFile {
		return
	}
	p.blamed = true
	p.supplied(1)
	at := it.place()
	related := []diag.Related{{Range: owner.Range(), Message: "opened here"}}
	if it.kind == endOfFile {
		at, related = owner.Range(), nil
	}
	p.report(diag.Diagnostic{
		Severity: diag.Error, Rule: "missing-brace", Range: at,
		Message: fmt.Sprintf("%s is not closed; keepalived takes %s for a part of it", named(owner), following(it)),
		Hint:    "write the } that ends " + named(owner),
		Related: related,
	})
}

// following says what a block swallows that should have ended before it.
func following(it item) string {
	if it.kind == line {
		return it.words[0].Text + " and what follows"
	}
	return "all that follows"
}

func (p *parser) strayOpening(it item, message string) {
	p.blamed, p.stray = true, it.place()
	p.report(diag.Diagnostic{Severity: diag.Error, Rule: "stray-brace", Range: it.place(), Message: message})
}

func (p *parser) strayClosing(it item) {
	d := diag.Diagnostic{Severity: diag.Error, Rule: "stray-brace", Range: it.place(), Message: "this } closes nothing"}
	if !it.extra && p.stray.Start.Line > 0 {
		d.Related = []diag.Related{{Range: p.stray, Message: "this { was ignored"}}
	}
	d.Hint = "remove it, or the one that ended its block before"
	p.blamed = true
	p.report(d)
}

// closesEarly reports it, a closing brace that is not meant to be there.
func (p *parser) closesEarly(it item) {
	p.blamed = true
	p.report(diag.Diagnostic{
		Severity: diag.Error, Rule: "stray-brace", Range: it.place(),
		Message: "one } too many: keepalived ends a block here that goes on below", Hint: "remove it",
	})
}

// leftover reports braces that the text opens and does not close, if nothing
// that was reported explains them.
func (p *parser) leftover() {
	if p.blamed || len(p.opened) == 0 {
		return
	}
	p.report(diag.Diagnostic{
		Severity: diag.Error, Rule: "missing-brace", Range: p.opened[len(p.opened)-1],
		Message: fmt.Sprintf("%d } missing, or { too many", len(p.opened)),
	})
}
