package syntax

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"
)

// The most that is spent on finding the brace that is too many: so many braces
// are doubted, and of texts so long none.
const (
	maxDoubted  = 256
	maxDoubtful = 8 << 10 // lines
)

// withoutSurplus reads the text again without one of its closing braces, for
// each of them, where it has one too many. It returns the reading that leaves the
// least to complain of, which is p if none is better.
//
// Where a brace closes a block too early, what follows can well be a keyword of
// the block around it, and nothing be wrong before the end. The text tells more
// as a whole, and so does its indentation.
func (p *parser) withoutSurplus(body []*Statement) (*parser, []*Statement) {
	stray := func(d diag.Diagnostic) bool { return d.Rule == "stray-brace" }
	if p.Policy == Keepalived || p.statements > maxDoubtful || p.err != nil || !slices.ContainsFunc(p.reports, stray) {
		return p, body
	}
	if p.excess(); p.surplus != 1 {
		return p, body
	}
	best, least := p, p.disorder(body)
	for n := p.closed; n > max(0, p.closed-maxDoubted); n-- {
		q := newParser(p.path, p.root, p.Options)
		q.without, q.counted = n, true
		b := q.block(q.root, nil)
		if d := q.disorder(b); q.err == nil && len(q.files) == len(p.files) && d.less(least) {
			best, body, least = q, b, d
		}
	}
	return best, body
}

// A disorder is how little sense a reading makes.
type disorder struct {
	wrong   int // lines that are unknown and mistakes in the text
	crooked int // closing braces that are not below the keyword of their block
}

func (d disorder) less(o disorder) bool {
	return d.wrong < o.wrong || d.wrong == o.wrong && d.crooked < o.crooked
}

func (p *parser) disorder(body []*Statement) disorder {
	d := disorder{wrong: len(p.reports)}
	d.add(body)
	return d
}

func (d *disorder) add(body []*Statement) {
	for _, s := range body {
		if s.Shape == Unknown {
			d.wrong++
		}
		if s.Block == nil {
			continue
		}
		if c := s.Block.Close.Start; c.Line != s.Line && c.Column != int(s.Words[0].Column) {
			d.crooked++
		}
		d.add(s.Block.Body)
	}
}
