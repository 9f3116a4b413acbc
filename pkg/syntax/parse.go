package syntax

import (
	"fmt"
	"math/rand/v2"

	"github.com/kactl/kactl/pkg/diag"
)

// Options are what [Parse] works with besides the file.
type Options struct {
	// Files is where files are read from. Nil is [OS].
	Files Files
	// Policy is what to do about a mistake.
	Policy Policy
	// ConfigID is what a line that starts with @ is compared with, and what
	// ${_INSTANCE} stands for: the option -i of keepalived.
	ConfigID string
	// Dir is where a relative path starts, for ${_PWD}. Empty leaves it relative.
	Dir string
	// Env looks up a variable of the environment, for ${_ENV NAME}. Nil knows
	// none.
	Env func(name string) (string, bool)
	// Random returns a number from 0 up to but not including n, for ${_RANDOM}.
	// Nil is [rand.IntN].
	Random func(n int) int
}

// Parse reads the file at path, and what it includes, as g has it.
//
// Mistakes in the text are diagnostics of the tree, and so is a file that is not
// there or not a file: the tree is empty then, and has no Files. An error is an
// unreadable file at path, or [ErrTooLarge].
func Parse(path string, g Grammar, o Options) (*Tree, error) {
	if o.Files == nil {
		o.Files = OS{}
	}
	if o.Random == nil {
		o.Random = rand.IntN
	}
	p := newParser(path, g, o)
	p, body := p.withoutSurplus(p.block(g, nil))
	if p.err != nil {
		return nil, p.err
	}
	p.leftover()
	return &Tree{
		Body: body, Files: p.files, Diagnostics: p.reports, Refused: p.refused,
		uses: p.uses, origins: p.origins, included: p.included,
	}, nil
}

func newParser(path string, g Grammar, o Options) *parser {
	p := &parser{lexer: lexer{Options: o}, path: path, root: g}
	p.open(path, nil, diag.Range{File: path}, 0)
	return p
}

type parser struct {
	lexer
	path   string
	root   Grammar
	pushed []item     // to be read again, the last one first
	inside []frame    // the blocks that are open
	stray  diag.Range // the opening brace that was ignored last
	blamed bool       // a brace was reported, so that the count of them is explained

	counted  bool // closings is set
	closings int  // see excess
	surplus  int  // what excess was at first
	closed   int  // the closing braces so far
	without  int  // which of them is ignored, from 1

	bodies []*Statement // of the blocks that are open, one behind the other
	made   slab[Statement]
	blocks slab[Braces]
	lists  slab[*Statement]
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
	it := p.next()
	if it.kind == closing {
		if p.closed++; p.closed == p.without {
			p.closesEarly(it)
			return p.item()
		}
	}
	return it
}

func (p *parser) unread(it item) { p.pushed = append(p.pushed, it) }

// block reads the statements up to the brace that closes owner, which is nil at
// the top level.
func (p *parser) block(g Grammar, owner *Statement) []*Statement {
	p.inside = append(p.inside, frame{owner, g})
	defer func() { p.inside = p.inside[:len(p.inside)-1] }()
	start := len(p.bodies)
	dropped := 0
	for {
		switch it := p.item(); it.kind {
		case endOfFile:
			p.unclosed(owner, it)
			return p.body(start)
		case closing:
			if dropped > 0 {
				dropped--
				continue
			}
			if owner != nil && p.needless(it, p.inside[len(p.inside)-2].grammar, g) {
				continue
			}
			if it.extra && p.Policy == Keepalived || owner == nil {
				p.strayClosing(it)
			}
			if owner != nil {
				owner.Block.Close = it.place()
				return p.body(start)
			}
		case opening:
			dropped += p.dropOpening(it, "an opening brace belongs behind a keyword that opens a block; keepalived ignores it")
		case line:
			shape, inner := g.Keyword(it.words[0].Text)
			if shape == Unknown && p.meantOutside(it) {
				p.unclosed(owner, it)
				p.unread(it)
				return p.body(start)
			}
			s := p.statement(it, shape, inner)
			p.bodies = append(p.bodies, s)
		}
	}
}

// body takes the statements of the block that is read, from start on, off the
// stack.
func (p *parser) body(start int) []*Statement {
	body := p.lists.copy(p.bodies[start:])
	p.bodies = p.bodies[:start]
	return body
}

// newStatement is the statement that it starts.
func (p *parser) newStatement(it item, shape Shape) *Statement {
	s := p.made.one()
	s.File, s.Line, s.Words, s.Shape, s.raw, s.expanded, s.origin = it.file, int(it.line), it.words, shape, it.raw, it.expanded, it.origin
	return s
}

// statement reads the rest of the statement that starts with it.
func (p *parser) statement(it item, shape Shape, inner Grammar) *Statement {
	s := p.newStatement(it, shape)
	switch shape {
	case Unknown:
		p.unknown(s)
	case Line:
		if it.words[0].Text == "include_check" {
			p.includeCheck(it)
		}
	case Block:
		s.Block = p.blocks.one()
		if p.enter(s, inner) {
			s.Block.Body = p.block(inner, s)
		}
	case List:
		s.Block = p.blocks.one()
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
		s.Block.Open = it.place()
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
	at, related := it.place(), []diag.Related{{Range: s.Range(), Message: "opened here"}}
	if p.Policy == Intent {
		at, related = s.Range(), nil // it is this line that has to be changed
	}
	p.report(diag.Diagnostic{
		Severity: sev, Rule: "missing-brace", Range: at,
		Message: fmt.Sprintf("no { behind %s", s.Name()), Hint: "write " + s.Name() + " ... {",
		Related: related,
	})
	p.blamed = true
	if p.Policy == Keepalived || inner == nil || it.kind != line || known(inner, it) != Unknown || p.excess() > 0 {
		p.supplied(-1)
		return true
	}
	return false
}

// list reads lines of data up to the closing brace. An opening brace is data.
func (p *parser) list(owner *Statement) []*Statement {
	start := len(p.bodies)
	dropped := 0
	for {
		it := p.item()
		switch it.kind {
		case endOfFile:
			p.unclosed(owner, it)
			return p.body(start)
		case closing:
			if dropped > 0 {
				dropped--
				continue
			}
			if p.needless(it, p.inside[len(p.inside)-1].grammar, nil) {
				continue
			}
			if it.extra && p.Policy == Keepalived {
				p.strayClosing(it)
			}
			owner.Block.Close = it.place()
			return p.body(start)
		case opening:
			if p.Policy == Intent {
				dropped += p.dropOpening(it, "an opening brace does not belong in a list; keepalived takes it for data")
				continue
			}
			it.words = []Word{{Text: "{", Column: it.column, End: it.end}}
			it.raw = "{"
		case line:
			if p.meantAfterList(it) {
				p.unclosed(owner, it)
				p.unread(it)
				return p.body(start)
			}
		}
		p.bodies = append(p.bodies, p.newStatement(it, Line))
	}
}

// unknown reads what follows an unknown keyword: nothing, or a block.
func (p *parser) unknown(s *Statement) {
	it := p.item()
	if it.kind != opening {
		p.unread(it)
		return
	}
	if p.Policy == Keepalived {
		p.strayOpening(it, fmt.Sprintf("keepalived ignores the { of the unknown keyword %s; the } that is meant for it closes %s", s.Name(), p.around()))
		return
	}
	s.Block = &Braces{Open: it.place()}
	for depth := 1; depth > 0; {
		switch it := p.item(); {
		case it.kind == opening:
			depth++
		case it.kind == closing:
			if depth--; depth == 0 {
				s.Block.Close = it.place()
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
	return named(f.owner)
}

// named is the keyword of a block, with the block's name if it has one.
func named(s *Statement) string {
	if len(s.Words) > 1 && len(s.Words[1].Text) <= 60 {
		return s.Name() + " " + s.Arg(0)
	}
	return s.Name()
}
