package syntax

import (
	"fmt"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
)

// The bounds of what a line may come to stand for.
const (
	maxExpanded = 9 << 17 // lines in all, those without anything counted in
	maxNested   = 64      // definitions within each other
	maxReplaced = 1024    // replacements in one line
)

// replace puts what names stand for in their places in the rest of the line, or
// just at its start if it starts with one: what comes of that may be a
// directive. It reports whether there is a new line to look at.
func (l *lexer) replace(s *source) bool {
	text, pieces, changed := s.rest, []piece(nil), false
	again := false
	for i := 0; i < len(text); i++ {
		if text[i] != '$' {
			continue
		}
		r, ok := referred(text[i:])
		if !ok {
			continue
		}
		if pieces == nil {
			pieces = s.cut(s.column - 1)
		}
		column, end := span(pieces, int32(i)+1, int32(i+r.length)+1)
		at := s.columns(column, end)
		d := l.replaceable(s, r, at, text[:i], text[i+r.length:])
		if d == nil {
			continue
		}
		l.used(at, d)
		changed = true
		if s.replaced++; s.replaced > maxReplaced {
			l.endless(s, at)
			return true
		}
		if len(d.lines) > 1 {
			l.several(s, text[:i], splice(pieces, i, r.length, len(d.lines[0]), column, end), d, at)
			return true
		}
		if len(text)-r.length+len(d.lines[0]) > lineLimit {
			l.report(diag.Diagnostic{
				Severity: diag.Error, Rule: "long-line", Range: at,
				Message: fmt.Sprintf("the line comes to more than %d bytes here; keepalived reads no longer lines", lineLimit),
			})
			s.skip(len(s.rest))
			return true
		}
		text = text[:i] + d.lines[0] + text[i+r.length:]
		pieces = splice(pieces, i, r.length, len(d.lines[0]), column, end)
		if l.worked(s, len(text)+64); l.err != nil {
			return true
		}
		if i == 0 {
			again = true
			break
		}
		i-- // what a name stands for may use names
	}
	if changed {
		l.take(s, text, pieces)
		if l.bytes += len(text); l.bytes > maxBytes {
			l.err = fmt.Errorf("read %s: line %d: definitions: %w", s.name, s.line, ErrTooLarge)
		}
	}
	s.settled = !again
	return changed
}

// replaceable returns what r, a use at a place with text before and behind it,
// stands for. It is nil if that is nothing, or does not fit there.
func (l *lexer) replaceable(s *source, r reference, at diag.Range, before, behind string) *definition {
	d := l.lookup(s, r)
	switch {
	case d == nil:
		l.undefined(r, at, before)
	case len(d.lines) > 1 && trimRight(behind) != "":
		l.report(diag.Diagnostic{
			Severity: diag.Warning, Rule: "definition-lines", Range: at,
			Message: "a definition of several lines is only replaced at the end of a line; keepalived leaves this as it is",
			Hint:    "put what follows on a line of its own",
		})
		return nil
	}
	return d
}

// undefined reports a name that stands for nothing, where that is worth a word.
func (l *lexer) undefined(r reference, at diag.Range, before string) {
	d := diag.Diagnostic{Severity: diag.Warning, Rule: "undefined-definition", Range: at}
	switch quoted := strings.Count(before, `"`)%2 == 1; {
	case r.braced && quoted:
		if len(l.definitions) == 0 && r.name[0] != '_' {
			return // a shell's, in the text of a script
		}
		d.Message = "nothing of that name is defined; keepalived leaves this as it is"
	case r.braced:
		d.Severity, d.Message = diag.Error, "nothing of that name is defined; keepalived takes the { for that of a block"
	case len(l.definitions) == 0, quoted, before != "" && !blank(before[len(before)-1]):
		return // a password may well have a $
	default:
		d.Message = "nothing of that name is defined; keepalived leaves this as it is"
	}
	d.Hint = "define it before this line: $NAME=value"
	l.report(d)
}

// take makes text the rest of the line of s.
func (l *lexer) take(s *source, text string, pieces []piece) {
	s.column, s.pieces = 1, pieces
	s.rest, s.escaped = uncomment(text)
	s.dollar, s.settled = strings.IndexByte(s.rest, '$') >= 0, false
}

// several makes the lines of d, the first of them behind text, those that are
// read next.
func (l *lexer) several(s *source, text string, pieces []piece, d *definition, at diag.Range) {
	s.skip(len(s.rest))
	lines, i := d.lines, 0
	l.expand(s, at, func() (string, []piece, bool) {
		if i++; i == 1 {
			if text == "" {
				pieces[0].origin = d.first
			}
			return text + lines[0], pieces, true
		}
		if i > len(lines) {
			return "", nil, false
		}
		return lines[i-1], []piece{{column: int32(at.Start.Column), end: int32(at.End.Column), origin: d.first + int32(i) - 1}}, true
	})
}

// expand makes the lines that more yields those that are read next.
func (l *lexer) expand(s *source, at diag.Range, more func() (string, []piece, bool)) {
	if s.nested >= maxNested {
		l.endless(s, at)
		return
	}
	l.sources = append(l.sources, &source{
		parent: s.parent, name: s.name, dir: s.dir, line: s.line, file: s.file, nested: s.nested + 1, derived: true, more: more,
	})
}

// endless reports a definition that stands for itself, and goes on with the next
// line.
func (l *lexer) endless(s *source, at diag.Range) {
	l.report(diag.Diagnostic{
		Severity: diag.Error, Rule: "definition-loop", Range: at,
		Message: "what this stands for never ends; keepalived hangs here", Hint: "do not use a name in its own definition",
	})
	s.skip(len(s.rest))
}

// expansion reads the next line of what a line stands for.
func (l *lexer) expansion(s *source) bool {
	text, pieces, ok := s.more()
	if !ok {
		return false
	}
	if l.expanded++; l.expanded > maxExpanded {
		l.err = fmt.Errorf("read %s: line %d: definitions and sequences stand for more than %d lines: %w", s.name, s.line, maxExpanded, ErrTooLarge)
		return false
	}
	s.judged, s.continued, s.replaced = false, false, 0
	l.take(s, text, pieces)
	return true
}
