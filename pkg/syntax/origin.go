package syntax

import "github.com/kactl/kactl/pkg/diag"

// maxUses bounds what is kept of the definitions that one line uses.
const maxUses = 32

// maxRelated bounds what is said of them.
const maxRelated = 4

// A place is a line of a file.
type place struct {
	file string
	line int
}

// A use is a stretch of a line that stands for something else.
type use struct {
	at         diag.Range
	definition *definition
}

// An origin is a line of a definition.
type origin struct {
	at   diag.Range
	what string
}

// used notes what a place stands for.
func (l *lexer) used(at diag.Range, d *definition) {
	if d.what == "" {
		return
	}
	key := place{at.File, at.Start.Line}
	uses := l.uses[key]
	if len(uses) >= maxUses {
		return
	}
	for _, u := range uses {
		if u.at == at && u.definition.at == d.at {
			return
		}
	}
	if l.uses == nil {
		l.uses = map[place][]use{}
	}
	l.uses[key] = append(uses, use{at, d})
}

// IncludedHere is what a related place says of the directive that a file is read
// for.
const IncludedHere = "included here"

// Explain adds to d what its place alone does not show: where the definitions
// are that the text there uses, and which directive includes the file. Many
// statements may have that place; s is the one that d is about, nil if it is
// about none or unknown.
func (t *Tree) Explain(d *diag.Diagnostic, s *Statement) {
	at := d.Range
	if s != nil && s.origin > 0 && s.File == at.File && s.Line == at.Start.Line {
		o := t.origins[s.origin]
		d.Related = append(d.Related, diag.Related{Range: o.at, Message: o.what})
		at.File = "" // that says more than where the definition starts
	}
	for _, u := range t.uses[place{at.File, at.Start.Line}] {
		if len(d.Related) >= maxRelated {
			break
		}
		def := u.definition.at
		if u.at.Start.Column < at.End.Column && at.Start.Column < u.at.End.Column && (def.File != at.File || def.Start != at.Start) {
			d.Related = append(d.Related, diag.Related{Range: def, Message: u.definition.what})
		}
	}
	if at, ok := t.included[d.Range.File]; ok {
		d.Related = append(d.Related, diag.Related{Range: at, Message: IncludedHere})
	}
}
