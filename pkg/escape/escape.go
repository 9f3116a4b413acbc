// Package escape makes foreign text fit to be shown: names of interfaces, words
// of a configuration, what servers answer and what packets hold. Every writer of
// text uses it, so that no such text moves the cursor of a terminal, hides or
// reverses what stands beside it, or forges a line of a log.
//
// What cannot be seen is written as Go writes it in a string: \n, \x1b, \u202e,
// \xff for a byte that is not UTF-8. That holds for control characters (C0, DEL,
// C1, as bytes and in UTF-8), for line and paragraph separators, for what changes
// the direction of writing, and for all that has no form of its own, such as
// zero-width blanks and variation selectors: two names that look the same would
// be taken for one. A backslash stays as it is, since scripts are full of them:
// the result is for people to read and not to be decoded.
package escape

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s as it is shown within a line. A tab is escaped too.
func Line(s string) string {
	if plain(s) {
		return s
	}
	return string(appendEscaped(make([]byte, 0, len(s)+16), s, ""))
}

// Lines returns s as it is shown as lines of its own: line feeds and tabs stay.
func Lines(s string) string {
	if plain(s) {
		return s
	}
	return string(appendEscaped(make([]byte, 0, len(s)+16), s, "\n\t"))
}

// Append appends s to b, as Line returns it. It allocates nothing where b has
// room.
func Append(b []byte, s string) []byte {
	if plain(s) {
		return append(b, s...)
	}
	return appendEscaped(b, s, "")
}

// AppendLines appends s to b, as Lines returns it.
func AppendLines(b []byte, s string) []byte { return appendEscaped(b, s, "\n\t") }

// Error returns the text of err as it is shown within a line. Errors that
// [errors.Join] put together have "; " between them instead of a line feed.
func Error(err error) string {
	if w, ok := err.(interface{ Unwrap() error }); ok && w.Unwrap() != nil {
		if before, ends := strings.CutSuffix(err.Error(), w.Unwrap().Error()); ends {
			return Line(before) + Error(w.Unwrap())
		}
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return Line(err.Error())
	}
	var parts, shown []string
	for _, e := range joined.Unwrap() {
		parts, shown = append(parts, e.Error()), append(shown, Error(e))
	}
	if err.Error() != strings.Join(parts, "\n") {
		return Line(err.Error()) // it says more than they
	}
	return strings.Join(shown, "; ")
}

// plain reports whether s is printable ASCII, as nearly all text is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func appendEscaped(b []byte, s, keep string) []byte {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			b = append(b, '\\', 'x', digits[s[0]>>4], digits[s[0]&0xf])
		case Visible(r), r < utf8.RuneSelf && strings.IndexByte(keep, byte(r)) >= 0:
			b = append(b, s[:n]...)
		default:
			b = appendRune(b, r)
		}
		s = s[n:]
	}
	return b
}

// Visible reports whether a character can be shown as it is. A blank can, a tab
// cannot.
func Visible(r rune) bool {
	if r < utf8.RuneSelf {
		return ' ' <= r && r <= '~'
	}
	return unicode.IsGraphic(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Rune returns what stands for a character that is not visible.
func Rune(r rune) string { return string(appendRune(nil, r)) }

// Byte returns what stands for a byte that is not UTF-8.
func Byte(c byte) string { return string([]byte{'\\', 'x', digits[c>>4], digits[c&0xf]}) }

const digits = "0123456789abcdef"

func appendRune(b []byte, r rune) []byte {
	switch r {
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	kind, size := byte('x'), 2
	switch {
	case r > 0xffff:
		kind, size = 'U', 8
	case r > 0x7f:
		kind, size = 'u', 4
	}
	b = append(b, '\\', kind)
	for shift := 4 * (size - 1); shift >= 0; shift -= 4 {
		b = append(b, digits[r>>shift&0xf])
	}
	return b
}
