package oracle

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// A mutation breaks, or at least changes, a configuration in one place.
type mutation struct {
	name string
	// apply changes d at l, one of its lines. It returns the lines where a
	// reader may be told of it; none, if it cannot be done here.
	apply func(r *rand.Rand, d *document, i int) []*line
}

var (
	numeric = regexp.MustCompile(` -?\d+(\.\d+)?( |$)`)
	letters = "abcdefghijklmnopqrstuvwxyz_1"
)

// at is the usual answer: the line itself.
func at(d *document, i int) []*line { return d.lines[i : i+1 : i+1] }

// onWords makes a mutation of the text of a line with values.
func onWords(name string, change func(r *rand.Rand, text string) string) mutation {
	return mutation{name, func(r *rand.Rand, d *document, i int) []*line {
		l := d.lines[i]
		if l.kind == closing {
			return nil
		}
		text, brace := strings.CutSuffix(l.text, " {")
		changed := change(r, text)
		if changed == text {
			return nil
		}
		if l.text = changed; brace {
			l.text += " {"
		}
		return at(d, i)
	}}
}

// args applies change to what is behind the first word, if there is something.
func args(change func(r *rand.Rand, rest string) string) func(*rand.Rand, string) string {
	return func(r *rand.Rand, text string) string {
		name, rest, ok := strings.Cut(text, " ")
		if !ok {
			return text
		}
		return strings.TrimRight(name+" "+change(r, rest), " ")
	}
}

func insert(d *document, i int, l *line) []*line {
	d.lines = slices.Insert(d.lines, i, l)
	return at(d, i)
}

var mutations = []mutation{
	{"drop }", dropClosing},
	{"drop {", func(_ *rand.Rand, d *document, i int) []*line {
		l := d.lines[i]
		if l.kind != opening {
			return nil
		}
		l.text = strings.TrimSuffix(l.text, " {")
		return d.lines[i : d.boundary(i+1)+1]
	}},
	{"add }", func(_ *rand.Rand, d *document, i int) []*line {
		l := &line{kind: closing, text: "}", block: d.lines[i].block, depth: d.lines[i].depth}
		insert(d, i, l)
		// Inside of a block it ends that block, and a later one is too much.
		at := []*line{l}
		for j := i + 1; j < len(d.lines) && (l.depth > 0 || d.lines[j].kind == closing); j++ {
			if at = append(at, d.lines[j]); d.lines[j].depth == 0 {
				break
			}
		}
		return at
	}},
	{"add {", func(_ *rand.Rand, d *document, i int) []*line {
		l := d.lines[i]
		if l.kind == closing {
			return nil
		}
		l.text += " {"
		return d.lines[i : d.boundary(i+1)+1]
	}},
	onWords("misspell", func(r *rand.Rand, text string) string {
		name, rest, _ := strings.Cut(text, " ")
		if len(name) < 3 || strings.ContainsAny(name, ".:@\"") {
			return text
		}
		i := r.IntN(len(name))
		c := string(letters[r.IntN(len(letters))])
		switch r.IntN(3) {
		case 0:
			name = name[:i] + name[i+1:]
		case 1:
			name = name[:i] + c + name[i+1:]
		case 2:
			name = name[:i] + c + name[i:]
		}
		return strings.TrimSpace(name + " " + rest)
	}),
	onWords("number out of range", func(r *rand.Rand, text string) string {
		return replaceNumber(text, []string{"-1", "0", "256", "65536", "99999999999", "4294967296", "-99999999999999999999", "1e9"}[r.IntN(8)])
	}),
	onWords("no number", func(r *rand.Rand, text string) string {
		return replaceNumber(text, []string{"abc", "1x", "1.2.3", "0x1f", "5s", "--1", "+1", "1,5", ".", "½"}[r.IntN(10)])
	}),
	onWords("no value", args(func(*rand.Rand, string) string { return "" })),
	onWords("value too few", args(func(_ *rand.Rand, rest string) string {
		if i := strings.LastIndexByte(rest, ' '); i > 0 {
			return rest[:i]
		}
		return rest
	})),
	onWords("empty value", args(func(*rand.Rand, string) string { return `""` })),
	onWords("value too many", func(r *rand.Rand, text string) string {
		return text + []string{" extra", " 7", " on", ` "more words"`}[r.IntN(4)]
	}),
	onWords("other value", args(func(r *rand.Rand, _ string) string {
		return []string{"maybe", "10.0.0.999", "lo", "wlan9", "::zz", "NONE", "/nowhere/x.sh", "300.0.0.1/99"}[r.IntN(8)]
	})),
	onWords("long word", args(func(r *rand.Rand, _ string) string {
		return strings.Repeat("w", []int{64, 255, 512, 1000}[r.IntN(4)])
	})),
	onWords("long line", func(r *rand.Rand, text string) string {
		return text + strings.Repeat(" w", []int{520, 1100, 2000}[r.IntN(3)])
	}),
	{"long comment", func(r *rand.Rand, d *document, i int) []*line {
		d.lines[i].text += " # " + strings.Repeat("c ", []int{520, 1100, 2000}[r.IntN(3)])
		return at(d, i)
	}},
	onWords("NUL", func(r *rand.Rand, text string) string {
		i := r.IntN(len(text) + 1)
		return text[:i] + "\x00" + text[i:]
	}),
	onWords("CR", func(r *rand.Rand, text string) string {
		i := r.IntN(len(text) + 1)
		return text[:i] + "\r" + text[i:]
	}),
	{"CRLF", func(_ *rand.Rand, d *document, i int) []*line {
		d.before = "\r"
		return at(d, i)
	}},
	onWords("unclosed quote", args(func(r *rand.Rand, rest string) string {
		if strings.Contains(rest, `"`) {
			return rest
		}
		return []string{`"`, `'`}[r.IntN(2)] + rest
	})),
	{"comment in a word", func(r *rand.Rand, d *document, i int) []*line {
		l := d.lines[i]
		if l.kind != word { // it would take the brace, too
			return nil
		}
		n := r.IntN(len(l.text) + 1)
		l.text = l.text[:n] + string("#!"[r.IntN(2)]) + l.text[n:]
		return at(d, i)
	}},
	onWords("backslash", func(r *rand.Rand, text string) string {
		i := r.IntN(len(text) + 1)
		return text[:i] + `\` + text[i:]
	}),
	{"twice", func(_ *rand.Rand, d *document, i int) []*line {
		l := *d.lines[i]
		if l.kind != word {
			return nil
		}
		return append(insert(d, i+1, &l), d.lines[i])
	}},
	{"swap lines", func(r *rand.Rand, d *document, i int) []*line {
		j := r.IntN(len(d.lines))
		a, b := d.lines[i], d.lines[j]
		if a.kind != word || b.kind != word || a.block == b.block {
			return nil
		}
		a.text, b.text = b.text, a.text
		at := []*line{a, b} // or where the blocks begin that lack them now
		for _, n := range []int{i, j} {
			if n = d.opens(n); n >= 0 {
				at = append(at, d.lines[n], d.lines[d.closes(n)])
			}
		}
		return at
	}},
	{"swap blocks", swapBlocks},
	{"into another block", func(r *rand.Rand, d *document, i int) []*line {
		l := *d.lines[i]
		j := 1 + r.IntN(len(d.lines)-1)
		if l.kind != word || d.lines[j].block == l.block {
			return nil
		}
		l.depth, l.block = d.lines[j].depth, d.lines[j].block
		return insert(d, j, &l)
	}},
	{"stray word", func(r *rand.Rand, d *document, i int) []*line {
		text := []string{"foo", "-", "=", "}{", "{}", "{ }", "()", "~", "%include a", "foo bar {\nbaz\n}"}[r.IntN(10)]
		return insert(d, i, &line{text: text, block: d.lines[i].block, depth: d.lines[i].depth})
	}},
	{"include", func(r *rand.Rand, d *document, i int) []*line {
		word := []string{"include", "includea", "includeb", "includem", "includer", "includew"}[r.IntN(6)]
		what := []string{"none.conf", "none/*.conf", "{none,k}.nothing", "/dev", "/bin/true", "k.conf.d", `"none.conf"`}[r.IntN(7)]
		return insert(d, i, &line{text: word + " " + what, block: d.lines[i].block, depth: d.lines[i].depth})
	}},
}

func replaceNumber(text, by string) string {
	m := numeric.FindStringIndex(text)
	if m == nil {
		return text
	}
	end := m[1]
	if text[end-1] == ' ' {
		end--
	}
	return text[:m[0]+1] + by + text[end:]
}

// boundary is the next line from i on that opens or closes a block.
func (d *document) boundary(i int) int {
	for ; i < len(d.lines)-1; i++ {
		if d.lines[i].kind != word {
			break
		}
	}
	return min(i, len(d.lines)-1)
}

// dropClosing takes out a closing brace: that may be told at a block that is not
// closed then, it or one around it, or from there up to where the next one
// begins at the top level.
func dropClosing(_ *rand.Rand, d *document, i int) []*line {
	if d.lines[i].kind != closing {
		return nil
	}
	var at []*line
	for j := d.opens(i); j >= 0; j = d.opens(j) {
		at = append(at, d.lines[j])
	}
	d.lines = slices.Delete(d.lines, i, i+1)
	for ; i < len(d.lines); i++ {
		if at = append(at, d.lines[i]); d.lines[i].depth == 0 && d.lines[i].kind == opening {
			break
		}
	}
	return at
}

// swapBlocks puts the block at i behind the next one.
func swapBlocks(_ *rand.Rand, d *document, i int) []*line {
	if d.lines[i].kind != opening {
		return nil
	}
	end := d.closes(i)
	if end+1 >= len(d.lines) || d.lines[end+1].kind != opening {
		return nil
	}
	last := d.closes(end + 1)
	first := slices.Clone(d.lines[i : end+1])
	second := slices.Clone(d.lines[end+1 : last+1])
	copy(d.lines[i:], append(second, first...))
	return at(d, i)
}
