package oracle

import (
	"fmt"
	"slices"
	"strings"
)

// preprocess has some lines of d written in the language's other ways, without
// a change of what they say.
func (g *generator) preprocess(d *document) {
	for range 1 + g.IntN(3) {
		i := g.IntN(len(d.lines))
		switch l := d.lines[i]; {
		case l.kind == closing, strings.HasPrefix(l.text, "@"):
		case g.IntN(3) == 0:
			l.text = "@^elsewhere " + l.text
		case g.IntN(3) == 0:
			d.lines = slices.Insert(d.lines, i, &line{text: "@elsewhere nonsense here", block: l.block, depth: l.depth})
		case l.block == "addresses":
			d.lines = slices.Insert(d.lines, i, &line{text: fmt.Sprintf("~SEQ(I, 1, %d) 10.9.%d.${I}", 2+g.IntN(3), g.unique()%256), block: l.block, depth: l.depth})
		case !strings.ContainsAny(l.text, `"$@~`):
			g.useDefinition(d, l)
		}
	}
}

// useDefinition puts a value of l into a definition.
func (g *generator) useDefinition(d *document, l *line) {
	words := strings.Fields(strings.TrimSuffix(l.text, " {"))
	if len(words) < 2 {
		return
	}
	n := 1 + g.IntN(len(words)-1)
	name := fmt.Sprintf("NAME_%d", g.unique())
	definition := &line{text: "$" + name + "=" + words[n], block: "definition", other: l}
	if words[n] = "${" + name + "}"; n == len(words)-1 && l.kind == word && g.IntN(2) == 0 {
		words[n] = "$" + name
	}
	l.text, l.other = strings.Join(words, " ")+l.text[len(strings.TrimSuffix(l.text, " {")):], definition
	d.lines = slices.Insert(d.lines, 0, definition)
}
