package syntax

import (
	"fmt"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
)

// A definition is what a name stands for.
type definition struct {
	lines []string // at least one
	at    diag.Range
	first int32  // the origin of the first line; the others follow
	what  string // it does, for who looks at a mistake in it
}

// defined splits $NAME=value.
func defined(text string) (name, value string, ok bool) {
	n := nameLength(text[1:])
	if n == 0 || n+1 >= len(text) || text[n+1] != '=' {
		return "", "", false
	}
	return text[1 : n+1], text[n+2:], true
}

// nameLength is the length of the name that text starts with.
func nameLength(text string) int {
	n := 0
	for n < len(text) && classes[text[n]]&letter != 0 {
		n++
	}
	if n > 0 && '0' <= text[0] && text[0] <= '9' {
		return 0
	}
	return n
}

// define takes a definition, with the lines that follow it if it ends in a
// backslash, as each of them but the last does. A backslash counts in a comment
// too. A line without anything ends the definition.
func (l *lexer) define(s *source, name, value string) {
	d := &definition{at: s.at(s.column, len(trimRight(s.rest))), what: "$" + name + " is defined here"}
	text, more := strings.CutSuffix(strings.Trim(value, blanks), `\`)
	more = more || s.continued
	if text = trimRight(text); text != "" {
		l.body(s, d, text)
	}
	s.skip(len(s.rest))
	for more && l.line(s) {
		text, more = strings.CutSuffix(trimRight(s.rest), `\`)
		more = more || s.continued
		if text = trimRight(text); text != "" {
			s.skip(leading(s.rest))
			l.body(s, d, text)
		} else if !more {
			l.report(diag.Diagnostic{
				Severity: diag.Warning, Rule: "definition-cut", Range: d.at,
				Message: fmt.Sprintf("line %d, which has nothing but blanks or a comment, ends this definition", s.line),
				Hint:    `remove it, or end it with a \`,
			})
		}
		s.skip(len(s.rest))
	}
	if len(d.lines) == 0 {
		d.lines = []string{""}
	}
	if l.bytes += len(name) + 64; l.bytes > maxBytes {
		l.err = fmt.Errorf("read %s: %w", s.name, ErrTooLarge)
	}
	l.set(name, d)
}

// body adds text, the rest of the line of s, to d.
func (l *lexer) body(s *source, d *definition, text string) {
	at := d.at
	if s.line != at.Start.Line {
		at = s.at(s.column, len(text)-leading(text))
	}
	if len(l.origins) == 0 {
		l.origins = make([]origin, 1) // 0 is none
	}
	if len(d.lines) == 0 {
		d.first = int32(len(l.origins))
	}
	l.origins = append(l.origins, origin{at, d.what})
	d.lines = append(d.lines, text)
}

func (l *lexer) set(name string, d *definition) {
	if l.definitions == nil {
		l.definitions = map[string]*definition{}
	}
	l.definitions[name] = d
}

// A reference is a use of a name: ${NAME}, or $NAME in front of a blank, a comma
// or a closing parenthesis.
type reference struct {
	name, args string
	length     int
	braced     bool
}

func referred(text string) (r reference, ok bool) {
	if strings.HasPrefix(text, "${") {
		end := strings.IndexByte(text, '}')
		n := nameLength(text[2:])
		if n == 0 || end < 0 || end > n+2 && !blank(text[n+2]) {
			return r, false
		}
		return reference{name: text[2 : n+2], args: strings.Trim(text[n+2:end], blanks), length: end + 1, braced: true}, true
	}
	n := nameLength(text[1:]) + 1
	if n == 1 || n < len(text) && !blank(text[n]) && text[n] != ',' && text[n] != ')' {
		return r, false
	}
	return reference{name: text[1:n], length: n}, true
}
