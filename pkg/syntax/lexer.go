package syntax

import (
	"fmt"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
)

// The most that is read, so that no file can exhaust the memory.
const (
	maxBytes      = 64 << 20
	maxStatements = 2 << 20
	maxWords      = 8 << 20
	maxReports    = 1000
)

// lineLimit is how much of a line keepalived reads at a time; it takes the rest
// for another line.
const lineLimit = 1023

const blanks = " \t\n\v\f\r"

type kind uint8

const (
	endOfFile kind = iota
	line
	opening
	closing
)

// An item is a line without its braces, or one brace.
type item struct {
	kind  kind
	place diag.Range
	words []Word
	raw   string
	// extra marks a closing brace that no opening one precedes.
	extra bool
}

// A source is a file that is being read.
type source struct {
	parent    *source // the file that includes this one
	name, dir string
	text      string // not yet read
	line      int    // of rest
	column    int    // of rest
	from      int    // column of text; 1 at the start of a line
	rest      string // of the line, not yet read
	escaped   bool   // the line has an escaped comment character
}

func (s *source) at(column, length int) diag.Range {
	return diag.Range{
		File:  s.name,
		Start: diag.Pos{Line: s.line, Column: column},
		End:   diag.Pos{Line: s.line, Column: column + length},
	}
}

// skip drops the first n bytes of the rest of the line.
func (s *source) skip(n int) {
	s.rest = s.rest[n:]
	s.column += n
}

// A lexer turns files into items.
type lexer struct {
	fs      Files
	policy  Policy
	sources []*source    // the last one is being read
	files   []string     // that were read, each once
	opened  []diag.Range // the braces that are open, by the text alone

	bytes, words, statements, opens, includes int

	reports []diag.Diagnostic
	err     error // ends the reading
}

func (l *lexer) report(d diag.Diagnostic) {
	if len(l.reports) < maxReports {
		l.reports = append(l.reports, d)
	}
}

// next returns the next item of all files.
func (l *lexer) next() item {
	for l.err == nil && len(l.sources) > 0 {
		s := l.sources[len(l.sources)-1]
		s.skip(len(s.rest) - len(strings.TrimLeft(s.rest, blanks)))
		if s.rest != "" {
			if it, ok := l.item(s); ok {
				return it
			}
		} else if !l.line(s) {
			l.sources = l.sources[:len(l.sources)-1]
		}
	}
	return item{}
}

// line reads the next line of s, without its comment.
func (l *lexer) line(s *source) bool {
	if s.text == "" {
		return false
	}
	text, after, _ := strings.Cut(s.text, "\n")
	first := s.from == 1
	if first {
		s.line++
	}
	s.column = s.from
	if s.from = 1; len(text) > lineLimit {
		if first {
			l.report(diag.Diagnostic{
				Severity: diag.Error, Rule: "long-line", Range: s.at(1, lineLimit),
				Message: fmt.Sprintf("line of %d bytes: keepalived takes what is behind the first %d for another line", len(text), lineLimit),
			})
		}
		if l.policy == Keepalived {
			text, after = text[:lineLimit], s.text[lineLimit:]
			s.from = s.column + lineLimit
		}
	}
	s.text = after
	if i := strings.IndexByte(text, 0); i >= 0 {
		l.report(diag.Diagnostic{
			Severity: diag.Warning, Rule: "nul-byte", Range: s.at(s.column+i, 1),
			Message: "a NUL byte ends the line for keepalived: the rest of it is not read",
		})
		text = text[:i]
	}
	s.rest, s.escaped = uncomment(text)
	return true
}

// item takes one item from the rest of a line. It reports false if there is
// none, since the line was a directive.
func (l *lexer) item(s *source) (item, bool) {
	switch c := s.rest[0]; c {
	case '{', '}':
		it := item{kind: opening, place: s.at(s.column, 1)}
		if c == '}' {
			it.kind = closing
		}
		l.balance(&it)
		s.skip(1)
		return it, true
	}
	if l.directive(s) {
		return item{}, false
	}
	n := brace(s.rest)
	text := strings.TrimRight(s.rest[:n], blanks)
	words, unclosed := split(text, s.column)
	if unclosed > 0 {
		l.report(diag.Diagnostic{
			Severity: diag.Error, Rule: "unclosed-quote", Range: s.at(unclosed, s.column+len(text)-unclosed),
			Message: "quote is not closed; keepalived drops what follows it", Hint: `write a second " on this line`,
		})
	}
	it := item{kind: line, place: s.at(s.column, len(text)), words: words, raw: text}
	if s.escaped {
		for i := range words {
			words[i].Text = strings.NewReplacer(`\#`, "#", `\!`, "!").Replace(words[i].Text)
		}
	}
	s.skip(n)
	if l.words += len(words); l.words > maxWords {
		l.err = fmt.Errorf("read %s: more than %d words: %w", s.name, maxWords, ErrTooLarge)
	}
	if l.statements++; l.statements > maxStatements {
		l.err = fmt.Errorf("read %s: more than %d lines: %w", s.name, maxStatements, ErrTooLarge)
	}
	return it, len(words) > 0
}

// balance keeps count of braces whatever the grammar makes of them.
func (l *lexer) balance(it *item) {
	switch {
	case it.kind == opening:
		l.opened = append(l.opened, it.place)
	case len(l.opened) > 0:
		l.opened = l.opened[:len(l.opened)-1]
	default:
		it.extra = true
	}
}
