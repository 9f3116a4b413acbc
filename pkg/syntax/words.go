package syntax

import (
	"errors"
	"strings"
)

// ErrQuote says that a quote is not closed.
var ErrQuote = errors.New("quote is not closed")

// A class is what a byte may do in a line.
type class uint8

const (
	space   class = 1 << iota
	quote         // double quote
	curly         // opens or closes a block
	comment       // starts a comment
	rare          // a backslash, or the NUL that ends a line
	starter       // may start a directive
	dollar        // may start a name
	letter        // of a name
)

var classes = [256]class{
	' ': space, '\t': space, '\n': space, '\v': space, '\f': space, '\r': space,
	'"': quote, '{': curly, '}': curly, '#': comment, '!': comment, '\\': rare, 0: rare,
	'@': starter, '~': starter, '$': dollar,
}

func init() {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_" {
		classes[c] |= letter
	}
	classes['i'] |= starter
}

func blank(c byte) bool { return classes[c]&space != 0 }

// leading is how many blanks text starts with.
func leading(text string) int {
	n := 0
	for n < len(text) && blank(text[n]) {
		n++
	}
	return n
}

func trimRight(text string) string {
	n := len(text)
	for n > 0 && blank(text[n-1]) {
		n--
	}
	return text[:n]
}

// uncomment returns the part of line before its comment. A comment starts at a
// # or ! anywhere, in the middle of a word too, unless it is within double
// quotes or behind a backslash.
func uncomment(line string) (text string, escaped bool) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			if i++; i < len(line) && (line[i] == '#' || line[i] == '!') && !quoted {
				escaped = true
			}
		case '"':
			quoted = !quoted
		case '#', '!':
			if !quoted {
				return line[:i], escaped
			}
		}
	}
	return line, escaped
}

// brace returns the index of the first brace of text outside double quotes, or
// len(text). If names is set, those of ${NAME} do not count.
func brace(text string, names bool) int {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := classes[text[i]]; {
		case c&quote != 0:
			quoted = !quoted
		case c&curly != 0 && !quoted:
			if names && i > 0 && text[i-1] == '$' {
				if r, ok := referred(text[i-1:]); ok {
					i += r.length - 2
					continue
				}
			}
			return i
		}
	}
	return len(text)
}

// split appends the words of text, which blanks divide. Double quotes keep
// blanks and start and end a word of their own; there are no escapes. Columns
// count from column. A word whose quote is not closed is dropped, and its column
// is returned.
func split(words []Word, text string, column int) (all []Word, unclosed int) {
	for i := 0; i < len(text); {
		c := classes[text[i]]
		if c&space != 0 {
			i++
			continue
		}
		start := i
		if c&quote != 0 {
			n := strings.IndexByte(text[i+1:], '"')
			if n < 0 {
				return words, column + i
			}
			i += n + 2
			words = append(words, word(text[start+1:i-1], column, start, i, true))
			continue
		}
		for i < len(text) && classes[text[i]]&(quote|space) == 0 {
			i++
		}
		words = append(words, word(text[start:i], column, start, i, false))
	}
	return words, 0
}

func word(text string, column, start, end int, quoted bool) Word {
	return Word{Text: text, Column: int32(column + start), End: int32(column + end), Quoted: quoted}
}

// Unquote splits the statement's line the way that keepalived reads the scripts
// on it: single and double quotes keep blanks and may start within a word, and
// a backslash escapes as in a shell's $'...'. The first word is the keyword's.
// It returns [ErrQuote] along with the words before a quote that is not closed.
func (s *Statement) Unquote() ([]Word, error) {
	words, err := unquote(s.raw, int(s.Words[0].Column))
	if s.expanded {
		for i := range words {
			words[i].Column, words[i].End = s.Words[0].Column, s.Words[len(s.Words)-1].End
		}
	}
	return words, err
}

func unquote(text string, column int) ([]Word, error) {
	var words []Word
	for i := 0; i < len(text); {
		if blank(text[i]) {
			i++
			continue
		}
		var b strings.Builder
		start, quote := i, byte(0)
		for i < len(text) {
			c := text[i]
			switch {
			case c == '\\' && i+1 < len(text):
				r, n := escape(text[i+1:])
				b.WriteByte(r)
				i += n + 1
				continue
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case quote != 0 && c == quote:
				quote = 0
			case quote == 0 && blank(c):
				goto done
			default:
				b.WriteByte(c)
			}
			i++
		}
	done:
		if quote != 0 {
			return words, ErrQuote
		}
		words = append(words, word(b.String(), column, start, i, text[start] == '"' || text[start] == '\''))
	}
	return words, nil
}

// escape decodes what follows a backslash, and says how long it is.
func escape(text string) (c byte, n int) {
	if i := strings.IndexByte("abEfnrtv", text[0]); i >= 0 {
		return "\a\b\x1b\f\n\r\t\v"[i], 1
	}
	switch t := text[0]; {
	case t == 'c' && len(text) > 1:
		return text[1] & 0x1f, 2
	case t == 'x':
		for n = 1; n < len(text) && hex(text[n]) >= 0; n++ {
			c = c<<4 | byte(hex(text[n]))
		}
		if n == 1 {
			return t, 1
		}
		return c, n
	case '0' <= t && t <= '7':
		for n < len(text) && n < 3 && '0' <= text[n] && text[n] <= '7' {
			c = c<<3 | (text[n] - '0')
			n++
		}
		return c, n
	}
	return text[0], 1
}

func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// Command splits the text of one script into the words to execute, as
// keepalived does: at blanks, with single or double quotes to keep them. No
// shell takes part. It returns [ErrQuote] if a quote is not closed.
func Command(text string) ([]string, error) {
	var words []string
	for i := 0; i < len(text); {
		if blank(text[i]) {
			i++
			continue
		}
		var b strings.Builder
		for i < len(text) && !blank(text[i]) {
			c := text[i]
			if i++; c != '"' && c != '\'' {
				b.WriteByte(c)
				continue
			}
			n := strings.IndexByte(text[i:], c)
			if n < 0 {
				return nil, ErrQuote
			}
			b.WriteString(text[i : i+n])
			i += n + 1
		}
		words = append(words, b.String())
	}
	return words, nil
}
