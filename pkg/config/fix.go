package config

import (
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// rewrite is the fix that puts text in the place of w, the quotes of w kept. It
// is nil where the file does not hold the word as it reads, because that comes
// from elsewhere.
func rewrite(s *syntax.Statement, w syntax.Word, text string) []diag.Edit {
	at := s.At(w)
	if w.Quoted {
		at.Start.Column++
		at.End.Column--
	}
	if s.Expanded() || at.End.Column-at.Start.Column != len(w.Text) {
		return nil
	}
	return []diag.Edit{{Range: at, New: text}}
}

// correct is the fix of an unknown keyword s, where one keyword of b alone is
// like it, takes what s has, and is not in the block yet.
func (b *block) correct(s *syntax.Statement, body []*syntax.Statement) []diag.Edit {
	k := b.meant(s.Name())
	if k == nil || (k.Shape == syntax.Block || k.Shape == syntax.List) != (s.Block != nil) || len(s.Args()) < k.Need {
		return nil
	}
	if s.Block != nil || k.repeats {
		return rewrite(s, s.Words[0], k.Name)
	}
	if len(body) > 1000 { // no block that is meant seriously
		return nil
	}
	for _, other := range body {
		if other.Name() == k.Name {
			return nil
		}
	}
	return rewrite(s, s.Words[0], k.Name)
}

// meant returns the keyword that name must be, if there is no doubt.
func (b *block) meant(name string) *Keyword {
	if k := b.byName[renamed[name]]; k != nil {
		return k
	}
	best := b.nearest(name)
	if best == nil {
		return nil
	}
	plain := plainly(name)
	n := distance(plain, plainly(best.Name), 3)
	if n > 2 || n > len(name)/4 {
		return nil
	}
	for _, k := range b.keywords {
		if k != best && distance(plain, plainly(k.Name), n+2) < n+2 {
			return nil
		}
	}
	return best
}

// plainly is name without what makes look-alikes different.
func plainly(name string) string { return lookalike.Replace(strings.ToLower(name)) }

// renamed maps old names, which few blocks take, to those that hold now.
var renamed = map[string]string{"nb_get_retry": "retry"}
