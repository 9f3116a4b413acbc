package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// A cursor reads the words of a line of a List one by one. The words are
// Keywords, declared inside that of the list.
type cursor struct {
	line *syntax.Statement
	next int // of line.Words
	what string
	// stops says that keepalived reads no further where a value lacks.
	stops bool
}

func (c *cursor) more() bool { return c.next < len(c.line.Words) }

// take returns the next word, or "" behind the last.
func (c *cursor) take() string {
	w := c.peek()
	c.next++
	return w
}

func (c *cursor) peek() string { return c.line.Arg(c.next - 1) }

// at is the place of the word that was taken last.
func (c *cursor) at() diag.Range { return c.line.AtArg(c.next - 2) }

// words reads the rest of c by the words inside k; another one goes to unknown.
// It reports false if keepalived drops the line.
func (d *decoder) words(k *Keyword, c *cursor, unknown func(*cursor) bool) bool {
	for c.more() && !d.stop {
		w := k.block.byName[c.take()]
		switch {
		case w == nil:
			if !unknown(c) {
				return false
			}
		case len(c.line.Words)-c.next < w.Need:
			d.lacksWord(w, c)
			return false
		default:
			if k.Effect && !w.Effect {
				d.inert(c.at(), "%s has no effect yet", w.Name)
			}
			if !w.word(d, w, c) {
				return false
			}
		}
	}
	return !d.stop
}

// lacksWord reports a word without its value.
func (d *decoder) lacksWord(w *Keyword, c *cursor) {
	what := "drops the " + c.what
	if c.stops {
		what = "stops reading here and exits"
	}
	x := d.fault("missing-value", c.at(), "%s lacks its value; keepalived %s", w.Name, what)
	x.Hint = "write " + w.Name + " " + w.Args
	if !c.stops {
		return
	}
	d.missing = true
	if d.policy == syntax.Keepalived {
		d.halt(c.line.Range())
	}
}

// wordHint says what an unknown word may have been meant to be.
func wordHint(k *Keyword, word string) string {
	if near := k.block.nearest(word); near != nil && len(word) > 2 {
		return "did you mean " + near.Name + "?"
	}
	return "write a comment behind #"
}

// wordNumber reads the number behind w. A wrong one drops the line.
func (d *decoder) wordNumber(w *Keyword, c *cursor) (float64, bool) {
	text, limits := c.take(), *w.Limits
	limits.Exact = true
	return d.numberAt(&limits, c.at(), w.Name, text, "drops the "+c.what)
}

// cNumber reads a whole number as C writes them: decimal, 0x hexadecimal or 0
// octal.
func cNumber(text string, most uint64) (uint64, bool) {
	if strings.ContainsAny(text, "_bBoO") && !strings.HasPrefix(strings.ToLower(text), "0x") || strings.Contains(text, "_") {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 0, 64)
	return n, err == nil && n <= most
}

// drop reports what keepalived drops the line for.
func (d *decoder) drop(c *cursor, rule, format string, args ...any) bool {
	d.fault(rule, c.at(), "%s; keepalived drops the %s", fmt.Sprintf(format, args...), c.what)
	return false
}

// wordFlag is a word without a value.
func wordFlag(name, doc string, set func(*decoder)) Keyword {
	return Keyword{Name: name, Doc: doc, word: func(d *decoder, _ *Keyword, _ *cursor) bool { set(d); return true }}
}
