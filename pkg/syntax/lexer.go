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
	kind kind
	// extra marks a closing brace that no opening one precedes.
	extra             bool
	expanded          bool
	origin            int32
	line, column, end int32
	file              string
	raw               string
	words             []Word
}

// place is where it is; at the end of the file it is nowhere.
func (it *item) place() diag.Range {
	return diag.Range{
		File:  it.file,
		Start: diag.Pos{Line: int(it.line), Column: int(it.column)},
		End:   diag.Pos{Line: int(it.line), Column: int(it.end)},
	}
}

// A source is a file that is being read, or lines that a line of it stands for.
type source struct {
	parent    *source // the file that includes this one
	file      *source // itself, or the one whose line is expanded
	name, dir string
	text      string // not yet read
	line      int    // of rest
	column    int    // of rest
	from      int    // column of text; 1 at the start of a line
	rest      string // of the line, not yet read
	escaped   bool   // the line has an escaped comment character
	dollar    bool   // the line has a $
	settled   bool   // the names that the rest uses are replaced
	judged    bool   // a condition was read on the line
	continued bool   // the line ends with a backslash
	replaced  int    // uses of names in the line so far
	derived   bool   // it is not in a text that is read for the first time
	checks    checks

	// more yields the lines that a line stands for. It is nil for a file.
	more   func() (string, []piece, bool)
	pieces []piece // of an expanded line
	nested int
}

func (s *source) at(column, length int) diag.Range {
	return s.columns(s.span(int32(column), int32(column+length)))
}

// columns is a place in the line of the file.
func (s *source) columns(start, end int32) diag.Range {
	return diag.Range{
		File:  s.name,
		Start: diag.Pos{Line: s.line, Column: int(start)},
		End:   diag.Pos{Line: s.line, Column: int(end)},
	}
}

// skip drops the first n bytes of the rest of the line.
func (s *source) skip(n int) {
	s.rest = s.rest[n:]
	s.column += n
}

// A lexer turns files into items.
type lexer struct {
	Options
	sources []*source    // the last one is being read
	files   []string     // that were read, each once
	opened  []diag.Range // the braces that are open, by the text alone
	split   []Word       // of the line being read
	kept    slab[Word]

	bytes, words, statements, opens, includes, expanded int

	read    int // bytes of files, each counted once
	derived derivation

	definitions map[string]*definition
	uses        map[place][]use
	origins     []origin
	included    map[string]diag.Range
	refused     bool

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
		s.skip(leading(s.rest))
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
	if s.more != nil {
		return l.expansion(s)
	}
	if s.text == "" {
		return false
	}
	most := len(s.text)
	if l.Policy == Keepalived && s.from > 1 {
		most = min(most, lineLimit+1) // the end of a long line is looked for once
	}
	n, seen := 0, class(0)
	for n < most && s.text[n] != '\n' {
		seen |= classes[s.text[n]]
		n++
	}
	text, after := s.text[:n], s.text[min(n+1, len(s.text)):]
	first := s.from == 1
	if first {
		s.line++
	}
	s.column = s.from
	if s.from = 1; len(text) > lineLimit {
		if first {
			severity := diag.Error
			if l.Policy == Keepalived {
				severity = diag.Warning // the rest is read, and what is wrong with that is told
			}
			l.report(diag.Diagnostic{
				Severity: severity, Rule: "long-line", Range: s.at(1, lineLimit),
				Message: fmt.Sprintf("line of %d bytes: keepalived takes what is behind the first %d for another line", len(text), lineLimit),
			})
		}
		if l.Policy == Keepalived {
			text, after = text[:lineLimit], s.text[lineLimit:]
			s.from = s.column + lineLimit
		}
	}
	s.text = after
	s.escaped, s.judged, s.settled, s.dollar = false, false, false, seen&dollar != 0
	s.continued = seen&rare != 0 && strings.HasSuffix(trimRight(text), `\`)
	s.pieces, s.replaced = nil, 0
	if seen&(comment|quote|rare) != 0 {
		text = l.uncomment(s, text)
	}
	s.rest = text
	return true
}

// uncomment cuts off what keepalived does not read of a line.
func (l *lexer) uncomment(s *source, text string) string {
	if i := strings.IndexByte(text, 0); i >= 0 {
		l.report(diag.Diagnostic{
			Severity: diag.Warning, Rule: "nul-byte", Range: s.at(s.column+i, 1),
			Message: "a NUL byte ends the line for keepalived: the rest of it is not read",
		})
		if l.Policy == Keepalived {
			text = text[:i]
		} else {
			text = strings.ReplaceAll(text, "\x00", "")
		}
	}
	text, s.escaped = uncomment(text)
	return text
}

// item takes one item from the rest of a line. It reports false if there is
// none, since the line was a directive.
func (l *lexer) item(s *source) (item, bool) {
	it := item{kind: line, file: s.name, line: int32(s.line), column: int32(s.column), end: int32(s.column) + 1}
	switch c := s.rest[0]; {
	case c == '{', c == '}':
		it.kind = opening
		if c == '}' {
			it.kind = closing
		}
		it.column, it.end = s.span(it.column, it.end)
		l.balance(&it)
		l.derive(s, &it)
		s.skip(1)
		s.judged = false
		return it, true
	case (classes[c]&(starter|dollar) != 0 || s.dollar && !s.settled) && l.directive(s):
		return item{}, false
	}
	it.column = int32(s.column)
	n := brace(s.rest, s.dollar && l.Policy == Intent)
	it.raw = trimRight(s.rest[:n])
	it.end = it.column + int32(len(it.raw))
	var unclosed int
	l.split, unclosed = split(l.split[:0], it.raw, s.column)
	if unclosed > 0 {
		l.report(diag.Diagnostic{
			Severity: diag.Error, Rule: "unclosed-quote", Range: s.at(unclosed, int(it.column)+len(it.raw)-unclosed),
			Message: "quote is not closed; keepalived drops what follows it", Hint: `write a second " on this line`,
		})
		if l.Policy == Intent {
			n = l.closeQuote(s, &it, unclosed)
		}
	}
	it.words = l.kept.copy(l.split)
	if s.pieces != nil {
		it.expanded, it.origin = true, pieceAt(s.pieces, it.column-1).origin
		it.column, it.end = s.span(it.column, it.end)
		for i := range it.words {
			w := &it.words[i]
			w.Column, w.End = s.span(w.Column, w.End)
		}
	}
	if s.escaped {
		for i := range it.words {
			it.words[i].Text = strings.NewReplacer(`\#`, "#", `\!`, "!").Replace(it.words[i].Text)
		}
	}
	s.skip(n)
	l.derive(s, &it)
	if l.words += len(it.words); l.words > maxWords {
		l.err = fmt.Errorf("read %s: more than %d words: %w", s.name, maxWords, ErrTooLarge)
	}
	if l.statements++; l.statements > maxStatements {
		l.err = fmt.Errorf("read %s: more than %d lines: %w", s.name, maxStatements, ErrTooLarge)
	}
	return it, len(it.words) > 0
}

// closeQuote ends the quoted word that starts at a column where its author will
// have meant it to end: at the end of the line, or before the brace there. It
// returns how much of the rest of the line is read then.
func (l *lexer) closeQuote(s *source, it *item, column int) int {
	from := column - s.column
	end := len(it.raw)
	if t, ok := strings.CutSuffix(it.raw[from+1:], "{"); ok {
		end = from + 1 + len(trimRight(t))
	}
	if end > from+1 {
		l.split = append(l.split, word(it.raw[from+1:end], s.column, from, end, true))
	}
	it.raw = it.raw[:end]
	it.end = it.column + int32(end)
	return end
}

// balance keeps count of braces whatever the grammar makes of them.
func (l *lexer) balance(it *item) {
	switch {
	case it.kind == opening:
		l.opened = append(l.opened, it.place())
	case len(l.opened) > 0:
		l.opened = l.opened[:len(l.opened)-1]
	default:
		it.extra = true
	}
}
