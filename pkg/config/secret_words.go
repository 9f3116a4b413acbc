package config

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// Secrets are the words of a configuration that are secret.
type Secrets struct {
	lines map[line]wordList // those of a line
	long  wordList          // those of all lines that are not short
}

// A line is one of a file.
type line struct {
	file   string
	number int
}

func lineOf(r diag.Range) line { return line{r.File, r.Start.Line} }

// longSecret is from how many bytes on a secret is looked for in the messages
// about other lines: a short one may be part of any word.
const longSecret = 4

// NewSecrets finds the secrets of a configuration.
func NewSecrets(body []*syntax.Statement) *Secrets {
	s := &Secrets{lines: map[line]wordList{}}
	s.add(body, false)
	for at, words := range s.lines {
		s.lines[at] = words.sorted()
	}
	s.long = s.long.sorted()
	return s
}

func (s *Secrets) add(body []*syntax.Statement, inside bool) {
	for _, st := range body {
		words := st.Words
		secret := isSecret(st.Name())
		if !secret && inside && st.Shape == syntax.Unknown {
			words, secret = append([]syntax.Word{{}}, words...), true
		}
		if at := glued.FindStringSubmatchIndex(st.Name()); at != nil {
			words, secret = append([]syntax.Word{{}, {Text: st.Name()[at[3]:]}}, words[1:]...), true
		}
		if i := strings.IndexAny(st.Name(), "=:"); i > 0 && isSecret(st.Name()[:i]) {
			words, secret = append([]syntax.Word{{}, {Text: st.Name()[i+1:]}}, words[1:]...), true
		}
		if !secret && st.Name() == "auth_type" && len(words) > 1 {
			if slices.Contains(authTypes, strings.ToUpper(words[1].Text)) {
				words = words[1:]
			}
			secret = true
		}
		if secret {
			at := lineOf(st.Range())
			for _, w := range words[1:] {
				s.keep(at, w.Text)
			}
		}
		s.add(st.Body(), slices.Contains(secretBlocks, st.Name()))
	}
}

// keep takes a word as it is and as a message quotes it.
func (s *Secrets) keep(at line, word string) {
	if word == "" || knownWords()[word] {
		return
	}
	forms := []string{word}
	if q := strconv.Quote(word); q[1:len(q)-1] != word {
		forms = append(forms, q[1:len(q)-1])
	}
	s.lines[at] = append(s.lines[at], forms...)
	if len(word) >= longSecret {
		s.long = append(s.long, forms...)
	}
}

// Hide takes the secrets out of what the findings say.
func (s *Secrets) Hide(found []diag.Diagnostic) {
	for i := range found {
		d := &found[i]
		here := s.lines[lineOf(d.Range)]
		d.Message, d.Hint = hide(d.Message, here, s.long), hide(d.Hint, here, s.long)
		d.Related = slices.Clone(d.Related)
		for j := range d.Related {
			r := &d.Related[j]
			r.Message = hide(r.Message, here, s.lines[lineOf(r.Range)], s.long)
		}
	}
}

// hide replaces the words of lists in text.
func hide(text string, lists ...wordList) string {
	var b strings.Builder
	end := 0 // of the last secret
	for i := range len(text) {
		n := 0
		for _, l := range lists {
			n = max(n, l.at(text, i))
		}
		if n == 0 {
			continue
		}
		if i >= end {
			b.WriteString(text[end:i] + Hidden)
		}
		end = max(end, i+n) // of two that overlap nothing is left
	}
	return b.String() + text[end:]
}

// A wordList is words in order, each of them once. What is looked for in a text
// takes time that grows little with their number.
type wordList []string

func (l wordList) sorted() wordList {
	slices.Sort(l)
	return slices.Compact(l)
}

const (
	// leastClipped is from how many bytes on a message may clip what it quotes.
	leastClipped = 57
	// mostCompared bounds how many bytes of a word are compared.
	mostCompared = 1024
)

// at is the length of the longest word that text has at i, and 0 if there is none.
// A word that is part of a longer one of the text is none, one that is clipped is.
func (l wordList) at(text string, i int) (n int) {
	part := func(c byte) bool { return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
	within := func(i int) bool { return i > 0 && i < len(text) && part(text[i-1]) && part(text[i]) }
	if within(i) {
		return 0
	}
	// l is narrowed to the words that start with text[i:i+k].
	for k := 0; len(l) > 0; k++ {
		if len(l[0]) == k {
			if l = l[1:]; !within(i + k) {
				n = k
			}
		}
		switch {
		case len(l) == 0 || i+k == len(text):
			return n
		case k >= leastClipped && strings.HasPrefix(text[i+k:], "..."):
			return k
		case k == mostCompared:
			return len(text) - i
		}
		c := text[i+k]
		l = l[sort.Search(len(l), func(j int) bool { return l[j][k] >= c }):]
		l = l[:sort.Search(len(l), func(j int) bool { return l[j][k] > c })]
	}
	return n
}
