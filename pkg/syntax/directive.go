package syntax

import (
	"path"
	"strconv"
	"strings"
)

// directive carries out what the rest of a line starts with, and replaces the
// names that it uses. It reports whether it has done something: the rest is
// another one then.
func (l *lexer) directive(s *source) bool {
	c := s.rest[0]
	if c == '$' {
		if name, value, ok := defined(s.rest); ok {
			l.define(s, name, value)
			return true
		}
	}
	switch {
	case c == '@' && !s.judged:
		l.condition(s)
		return true
	case strings.HasPrefix(s.rest, "~SEQ"), strings.HasPrefix(s.rest, "~LST"):
		l.repeat(s)
		return true
	case s.dollar && !s.settled && l.replace(s):
		return true
	}
	return c == 'i' && l.include(s)
}

// condition reads @ID or @^ID: the line counts where ID is the config id, or is
// not.
func (l *lexer) condition(s *source) {
	s.judged = true
	n := 1
	for n < len(s.rest) && !blank(s.rest[n]) {
		n++
	}
	id, not := strings.CutPrefix(s.rest[1:n], "^")
	if (id == l.ConfigID) == not {
		n = len(s.rest)
	}
	s.skip(n)
}

// maxRandom is the largest number of ${_RANDOM} unless it says another.
const maxRandom = 32767

// lookup returns what r stands for, nil if that is nothing.
func (l *lexer) lookup(s *source, r reference) *definition {
	if d := l.definitions[r.name]; d != nil && r.args == "" {
		return d
	}
	value, ok := "", r.args == ""
	switch r.name {
	case "_PWD":
		if value = s.dir; !path.IsAbs(value) && l.Dir != "" {
			value = path.Join(l.Dir, value)
		}
	case "_INSTANCE":
		value = l.ConfigID
	case "_HASH":
		value = "#"
	case "_BANG":
		value = "!"
	case "_RANDOM":
		value, ok = l.random(strings.Fields(r.args))
	case "_ENV":
		if ok = l.Env != nil && r.args != ""; ok {
			value, ok = l.Env(r.args)
		}
	default:
		ok = false
	}
	if !ok {
		return nil
	}
	return &definition{lines: []string{value}}
}

// random returns a number between those of args.
func (l *lexer) random(args []string) (string, bool) {
	bounds := [2]int{0, maxRandom}
	if len(args) > 2 {
		return "", false
	}
	for i, a := range args {
		n, err := strconv.ParseUint(a, 10, 31)
		if err != nil {
			return "", false
		}
		bounds[i] = int(n)
	}
	low, high := bounds[0], max(bounds[0], bounds[1])
	return strconv.Itoa(low + l.Random(high-low+1)), true
}
