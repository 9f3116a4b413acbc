package syntax

import (
	"fmt"

	"github.com/kactl/kactl/pkg/diag"
)

// Parse reads the file at path, and what it includes, as g has it.
//
// Mistakes in the text are diagnostics of the tree, and so is a file that is not
// there or not a file: the tree is empty then, and has no Files. An error is an
// unreadable file at path, or [ErrTooLarge].
func Parse(path string, files Files, g Grammar, policy Policy) (*Tree, error) {
	p := &parser{lexer: lexer{fs: files, policy: policy}, root: g}
	p.open(path, nil, diag.Range{File: path})
	body := p.block(g, nil)
	if p.err != nil {
		return nil, p.err
	}
	p.leftover()
	return &Tree{Body: body, Files: p.files, Diagnostics: p.reports}, nil
}

type parser struct {
	lexer
	root   Grammar
	pushed []item     // to be read again, the last one first
	inside []*frame   // the blocks that are open
	stray  diag.Range // the opening brace that was ignored last
	blamed bool       // a brace was reported, so that the count of them is explained
}

// A frame is an open block.
type frame struct {
	owner   *Statement
	grammar Grammar
}

func (p *parser) item() item {
	if n := len(p.pushed); n > 0 {
		it := p.pushed[n-1]
		p.pushed = p.pushed[:n-1]
		return it
	}
	return p.next()
}

func (p *parser) unread(it item) { p.pushed = append(p.pushed, it) }

// block reads the statements up to the brace that closes owner, which is nil at
// the top level.
func (p *parser) block(g Grammar, owner *Statement) []*Statement {
	p.inside = append(p.inside, &frame{owner, g})
	defer func() { p.inside = p.inside[:len(p.inside)-1] }()
	var body []*Statement
	for {
		switch it := p.item(); it.kind {
		case endOfFile:
			p.unclosed(owner, it)
			return body
		case closing:
			if it.extra || owner == nil {
				p.strayClosing(it)
			}
			if owner != nil {
				owner.Block.Close = it.place
				return body
			}
		case opening:
			p.strayOpening(it, "an opening brace belongs behind a keyword that opens a block; keepalived ignores it")
		case line:
			shape, inner := g.Keyword(it.words[0].Text)
			if shape == Unknown && p.meantOutside(it) {
				p.unclosed(owner, it)
				p.unread(it)
				return body
			}
			body = append(body, p.statement(it, shape, inner))
		}
	}
}

// statement reads the rest of the statement that starts with it.
func (p *parser) statement(it item, shape Shape, inner Grammar) *Statement {
	s := &Statement{File: it.place.File, Line: it.place.Start.Line, Words: it.words, Shape: shape, raw: it.raw}
	switch shape {
	case Unknown:
		p.unknown(s)
	case Block:
		s.Block = new(Braces)
		if p.enter(s, inner) {
			s.Block.Body = p.block(inner, s)
		}
	case List:
		s.Block = new(Braces)
		p.enter(s, nil)
		s.Block.Body = p.list(s)
	}
	return s
}

// enter takes the opening brace of s. It reports whether there is a block: for
// keepalived also where the brace is missing.
func (p *parser) enter(s *Statement, inner Grammar) bool {
	it := p.item()
	if it.kind == opening {
		s.Block.Open = it.place
		return true
	}
	p.unread(it)
	if it.kind == endOfFile {
		return false
	}
	sev := diag.Error
	if inner == nil {
		sev = diag.Warning // keepalived does without
	}
	p.report(diag.Diagnostic{
		Severity: sev, Rule: "missing-brace", Range: it.place,
		Message: fmt.Sprintf("no { behind %s", s.Name()), Hint: "write " + s.Name() + " ... {",
		Related: []diag.Related{{Range: s.Range(), Message: "opened here"}},
	})
	p.blamed = true
	if p.policy == Keepalived || inner == nil || it.kind != line {
		return true
	}
	shape, _ := inner.Keyword(it.words[0].Text)
	return shape != Unknown
}

// list reads lines of data up to the closing brace. An opening brace is data.
func (p *parser) list(owner *Statement) []*Statement {
	var body []*Statement
	for {
		it := p.item()
		switch it.kind {
		case endOfFile:
			p.unclosed(owner, it)
			return body
		case closing:
			if it.extra {
				p.strayClosing(it)
			}
			owner.Block.Close = it.place
			return body
		case opening:
			it.words = []Word{{Text: "{", Column: int32(it.place.Start.Column), End: int32(it.place.End.Column)}}
			it.raw = "{"
		case line:
			if p.meantAfterList(it) {
				p.unclosed(owner, it)
				p.unread(it)
				return body
			}
		}
		body = append(body, &Statement{File: it.place.File, Line: it.place.Start.Line, Words: it.words, Shape: Line, raw: it.raw})
	}
}

// unknown reads what follows an unknown keyword: nothing, or a block.
func (p *parser) unknown(s *Statement) {
	it := p.item()
	if it.kind != opening {
		p.unread(it)
		return
	}
	if p.policy == Keepalived {
		p.strayOpening(it, fmt.Sprintf("keepalived ignores the { of the unknown keyword %s; the } that is meant for it closes %s", s.Name(), p.around()))
		return
	}
	s.Block = &Braces{Open: it.place}
	for depth := 1; depth > 0; {
		switch it := p.item(); {
		case it.kind == opening:
			depth++
		case it.kind == closing:
			if depth--; depth == 0 {
				s.Block.Close = it.place
			}
		case it.kind == endOfFile, p.opensAt(it, p.root):
			p.unclosed(s, it)
			p.unread(it)
			return
		}
	}
}

// around names the block that is open.
func (p *parser) around() string {
	f := p.inside[len(p.inside)-1]
	if f.owner == nil {
		return "nothing"
	}
	if len(f.owner.Words) > 1 {
		return f.owner.Name() + " " + f.owner.Arg(0)
	}
	return f.owner.Name()
}
