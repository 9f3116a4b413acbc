package syntax

import "github.com/kactl/kactl/pkg/diag"

// excess is how many more braces the text closes than it opens, without those
// that were reported. It tells which brace to doubt: where there is none too
// many, none was meant to be left out.
func (p *parser) excess() int {
	if p.Policy == Keepalived {
		return 0
	}
	if !p.counted {
		p.counted = true
		again := lexer{Options: p.Options}
		again.open(p.path, nil, diag.Range{File: p.path}, 0)
		for it := again.next(); it.kind != endOfFile; it = again.next() {
			switch it.kind {
			case opening:
				p.closings--
			case closing:
				p.closings++
			}
		}
		p.surplus = p.closings
	}
	return p.closings
}

// supplied accounts for a brace that was left out and is taken for granted:
// 1 for one that closes, -1 for one that opens.
func (p *parser) supplied(n int) { p.closings = p.excess() + n }

// peek is the next item, which stays the next.
func (p *parser) peek() item {
	it := p.item()
	p.unread(it)
	return it
}

// needless reports whether it, the brace that would close the block or list
// being read, is one that its author did not mean to be there, and reports it
// then. What follows belongs into the block, and not behind it. inner is what
// the block takes; it is nil for a list, which outer is around.
func (p *parser) needless(it item, outer, inner Grammar) bool {
	if p.Policy == Keepalived {
		return false
	}
	switch after := p.peek(); {
	case after.kind == opening && p.excess() == 0:
		p.item()
		if p.peek().kind == closing { // } { } is two mistakes, if not three
			p.unread(after)
			return false
		}
	case after.kind == line && known(outer, after) == Unknown && (inner == nil || known(inner, after) != Unknown) && p.excess() > 0:
		p.supplied(-1)
	default:
		return false
	}
	p.closesEarly(it)
	return true
}

func known(g Grammar, it item) Shape {
	shape, _ := g.Keyword(it.words[0].Text)
	return shape
}

// dropOpening reports a brace that opens nothing. It returns 1 if there is a
// brace to be dropped with it that closes nothing, and 0 if there is not.
func (p *parser) dropOpening(it item, message string) int {
	p.strayOpening(it, message)
	switch {
	case p.Policy == Keepalived:
		return 0
	case p.excess() < 0:
		p.supplied(1)
		return 0
	case p.peek().kind == closing:
		p.item()
		return 0
	}
	return 1
}
