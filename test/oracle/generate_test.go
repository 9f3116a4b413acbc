package oracle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A generator writes one valid configuration.
type generator struct {
	grammar grammar
	*rand.Rand
	names map[string][]string // of what is defined, by kind
	count int                 // for what must not come twice
	port  string              // of virtual servers and their real servers
}

// generate returns a configuration of some blocks, now and then spread over
// several files.
func generate(g grammar, r *rand.Rand) *document {
	gen := &generator{grammar: g, Rand: r, names: map[string][]string{}, count: r.IntN(50)}
	gen.port, _ = gen.value("port")
	lines, _ := gen.block("file", 0)
	d := &document{lines: lines}
	if r.IntN(5) == 0 {
		gen.preprocess(d)
	}
	if r.IntN(4) == 0 {
		gen.include(d)
	}
	return d
}

// block writes a choice of the lines of a block. It reports false if it cannot:
// a line that must be there names something that is not.
func (g *generator) block(name string, depth int) ([]*line, bool) {
	b := g.grammar[name]
	var free []int
	for i, e := range b.lines {
		if !e.must && (!e.seldom || g.IntN(8) == 0) {
			free = append(free, i)
		}
	}
	g.Shuffle(len(free), func(i, j int) { free[i], free[j] = free[j], free[i] })
	if b.most > 0 {
		free = free[:min(len(free), g.IntN(b.most+1))]
	}
	var out []*line
	for i, e := range b.lines {
		if !e.must && !slices.Contains(free, i) {
			continue
		}
		times := 1
		if e.repeats {
			times += g.IntN(3) * g.IntN(2)
		}
		if e.twice {
			times += 1 + g.IntN(2)
		}
		for range times {
			lines, ok := g.entry(e, name, depth)
			if !ok && e.must {
				return nil, false
			}
			if ok {
				out = append(out, lines...)
			}
		}
	}
	return out, true
}

func (g *generator) entry(e entry, in string, depth int) ([]*line, bool) {
	text, ok := g.expand(e.text)
	if !ok {
		return nil, false
	}
	if e.inner == "" {
		return []*line{{text: text, block: in, depth: depth}}, true
	}
	inner, ok := g.block(e.inner, depth+1)
	if !ok {
		return nil, false
	}
	out := append([]*line{{kind: opening, text: text + " {", block: in, depth: depth}}, inner...)
	return append(out, &line{kind: closing, text: "}", block: in, depth: depth}), true
}

// expand chooses among the alternatives of text and fills in its values.
func (g *generator) expand(text string) (string, bool) {
	var b strings.Builder
	for text != "" {
		i := strings.IndexAny(text, "([<")
		if i < 0 {
			b.WriteString(text)
			break
		}
		b.WriteString(text[:i])
		end := matching(text, i)
		inside := text[i+1 : end]
		switch text[i] {
		case '<':
			v, ok := g.value(inside)
			if !ok {
				return "", false
			}
			b.WriteString(v)
		case '[':
			if g.IntN(2) == 0 {
				inside = ""
			}
			fallthrough
		case '(':
			choice := alternatives(inside)
			v, ok := g.expand(choice[g.IntN(len(choice))])
			if !ok {
				return "", false
			}
			b.WriteString(v)
		}
		text = text[end+1:]
	}
	return strings.Join(strings.Fields(b.String()), " "), true
}

// matching is the index of the bracket that closes the one at i.
func matching(text string, i int) int {
	depth := 0
	for j := i; j < len(text); j++ {
		switch text[j] {
		case '(', '[', '<':
			depth++
		case ')', ']', '>':
			if depth--; depth == 0 {
				return j
			}
		}
	}
	panic("grammar: no end of " + text[i:])
}

// alternatives splits at the bars that are in no bracket.
func alternatives(text string) []string {
	var out []string
	depth, from := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(', '[', '<':
			depth++
		case ')', ']', '>':
			depth--
		case '|':
			if depth == 0 {
				out, from = append(out, text[from:i]), i+1
			}
		}
	}
	return append(out, text[from:])
}

// value returns a value of a class, "1..255" or a name.
func (g *generator) value(class string) (string, bool) {
	if from, to, ok := strings.Cut(class, ".."); ok {
		return g.number(from, to), true
	}
	if kind, ok := strings.CutPrefix(class, "new "); ok {
		return g.define(kind)
	}
	if f := values[class]; f != nil {
		return f(g), true
	}
	names := g.names[class]
	if len(names) == 0 {
		return "", false
	}
	if class == "member" { // of one group only
		g.names[class] = names[1:]
		return names[0], true
	}
	return names[g.IntN(len(names))], true
}

// number is often one of its bounds.
func (g *generator) number(from, to string) string {
	switch g.IntN(8) {
	case 0:
		return from
	case 1:
		return to
	}
	if !strings.Contains(from+to, ".") {
		a, _ := strconv.Atoi(from)
		b, _ := strconv.Atoi(to)
		return strconv.Itoa(a + g.IntN(b-a+1))
	}
	a, _ := strconv.ParseFloat(from, 64)
	b, _ := strconv.ParseFloat(to, 64)
	return strconv.FormatFloat(a+float64(g.IntN(101))/100*(b-a), 'f', 2, 64)
}

// define makes a new name of a kind.
func (g *generator) define(kind string) (string, bool) {
	if kind == "garpif" { // an interface may be in one garp_group
		used := len(g.names[kind])
		if used == len(links) {
			return "", false
		}
		g.names[kind] = append(g.names[kind], links[used])
		return links[used], true
	}
	g.count++
	name := fmt.Sprintf("%s_%d", kind, g.count)
	if kind == "instance" {
		g.names["member"] = append(g.names["member"], name)
	}
	g.names[kind] = append(g.names[kind], name)
	return name, true
}

// include puts some blocks into a file of their own, and some of these in
// another.
func (g *generator) include(d *document) {
	first, last := 0, len(d.lines)-1
	for i, name := range []string{"a.conf", "conf.d/b.conf"} {
		first, last = g.stretch(d, first, last)
		if first < 0 {
			return
		}
		directive := []string{"include", "includer", "includea"}[g.IntN(3)]
		inc := include{d.lines[first], d.lines[last], name, directive + " " + name}
		if g.IntN(4) == 0 {
			inc.directive = "include " + strings.Replace(name, ".conf", "*.conf", 1)
		}
		d.includes = append(d.includes, inc)
		if i == 0 && g.IntN(2) == 0 {
			return
		}
	}
}

// stretch finds whole statements within the lines from first to last: a line,
// or a block.
func (g *generator) stretch(d *document, first, last int) (from, to int) {
	for range 20 {
		i := first + g.IntN(last-first+1)
		switch l := d.lines[i]; {
		case l.kind == word:
			return i, i
		case l.kind == opening:
			if j := d.closes(i); j < last || i > first {
				return i, j
			}
		}
	}
	return -1, -1
}
