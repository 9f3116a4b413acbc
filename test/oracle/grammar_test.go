package oracle

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// A grammar is what testdata/grammar.txt says: what the generator may write.
type grammar map[string]*block

// A block is a list of lines to choose from.
type block struct {
	most  int // of the lines without a mark; 0 is no bound
	lines []entry
}

// An entry is one line of a block, before its values are chosen.
type entry struct {
	must, repeats, twice, seldom bool
	text                         string
	inner                        string // the block that it opens
}

func readGrammar(t *testing.T) grammar {
	t.Helper()
	data, err := os.ReadFile("testdata/grammar.txt")
	if err != nil {
		t.Fatal(err)
	}
	g := grammar{}
	var b *block
	for l := range strings.Lines(string(data)) {
		l = strings.TrimSpace(l)
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		if head, ok := strings.CutPrefix(l, "= "); ok {
			name, most, _ := strings.Cut(head, " ")
			b = new(block)
			b.most, _ = strconv.Atoi(most)
			g[name] = b
			continue
		}
		b.lines = append(b.lines, readEntry(l))
	}
	for name, b := range g {
		for _, e := range b.lines {
			if e.inner != "" && g[e.inner] == nil {
				t.Fatalf("grammar: %s opens %s, which is not there", name, e.inner)
			}
		}
	}
	return g
}

func readEntry(l string) entry {
	e := entry{text: l}
	if marks, text, ok := strings.Cut(l, " "); ok && strings.Trim(marks, "!*+?") == "" {
		e.text = strings.TrimSpace(text)
		e.must, e.repeats, e.seldom = strings.Contains(marks, "!"), strings.Contains(marks, "*"), strings.Contains(marks, "?")
	}
	e.twice = strings.HasPrefix(l, "+")
	if text, ok := strings.CutSuffix(e.text, " }"); ok {
		i := strings.LastIndex(text, " { ")
		e.text, e.inner = text[:i], text[i+3:]
	}
	return e
}
