package check

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/lint"
)

// ErrUnknownName says that nothing is called as what should be explained.
var ErrUnknownName = errors.New("neither a rule nor a keyword")

// Explain writes what there is to know of a rule and of a keyword, wherever it
// is; some names are both. name is a rule's, a keyword's, or the end of a keyword's path such as
// "real_server/weight". The error is [ErrUnknownName].
func Explain(w io.Writer, name string) error {
	rule, isRule := lint.Lookup(name)
	alike := keywordsCalled(name)
	if !isRule && len(alike) == 0 {
		err := fmt.Errorf("%w: %q", ErrUnknownName, name)
		if like := config.Nearest(name, Names()); like != "" {
			err = fmt.Errorf("%w; did you mean %s?", err, like)
		}
		return err
	}
	return writeLines(w, func(out io.Writer) {
		if isRule {
			explainRule(out, rule)
		}
		for i, ps := range alike {
			if i > 0 || isRule {
				fmt.Fprintln(out)
			}
			explainKeyword(out, ps)
		}
	})
}

// vocabulary is all that can be written: keywords, and the words of lists' lines.
var vocabulary = []func() iter.Seq2[string, *config.Keyword]{config.Keywords, config.Words}

// Names yields what [Explain] explains: the rules, the keywords and their paths.
func Names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, r := range lint.Rules() {
			if !yield(r.Name) {
				return
			}
		}
		for _, all := range vocabulary {
			for path, k := range all() {
				if !yield(k.Name) || path != k.Name && !yield(path) {
					return
				}
			}
		}
	}
}

func explainRule(w io.Writer, r *lint.Rule) {
	fmt.Fprintf(w, "%s (%s): %s\n\n%s%s\n", r.Name, r.Severity, r.Doc, r.Why, examples(r))
}

// examples are the configurations with and without the mistake.
func examples(r *lint.Rule) string {
	var b strings.Builder
	for _, e := range []struct{ title, text string }{{"Bad:", r.Bad}, {"Good:", r.Good}} {
		if e.text != "" {
			fmt.Fprintf(&b, "\n\n%s\n\n%s", e.title, indent(e.text, "    "))
		}
	}
	return b.String()
}

func indent(text, by string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = by + l
		}
	}
	return strings.Join(lines, "\n")
}

// A placed keyword is one with its path.
type placed struct {
	path string
	*config.Keyword
}

// keywordsCalled returns the keywords whose path ends with name. Those of which
// the same is to be said come together.
func keywordsCalled(name string) [][]placed {
	var alike [][]placed
	for _, all := range vocabulary {
		for path, k := range all() {
			if path != name && !strings.HasSuffix(path, "/"+name) {
				continue
			}
			p := placed{path, k}
			i := slices.IndexFunc(alike, func(ps []placed) bool { return ps[0].same(p) })
			if i < 0 {
				alike = append(alike, []placed{p})
			} else {
				alike[i] = append(alike[i], p)
			}
		}
	}
	return alike
}

// same tells whether p and q differ in nothing but their path.
func (p placed) same(q placed) bool { return slices.Equal(p.facts(), q.facts()) }

// facts are pairs of a title and what is to be said under it.
func (p placed) facts() []string {
	facts := []string{"synopsis", strings.TrimSpace(p.Name + " " + p.Args), "does", p.Doc, "default", p.Default, "unit", p.Unit}
	if p.Limits != nil {
		limits := p.Limits.String()
		if p.Limits.Fraction {
			limits += ", with decimals"
		}
		facts = append(facts, "limits", limits)
	}
	if p.Since != "" {
		facts = append(facts, "since", "keepalived "+p.Since)
	}
	acts := "kactl run acts on it"
	if !p.Effect {
		acts = "none yet: kactl run reads it and goes on"
		if p.Instead != "" {
			acts = "none yet: " + p.Instead
		}
	}
	facts = append(facts, "effect", acts)
	if len(p.Inside) > 0 {
		var names []string
		for _, k := range p.Inside {
			names = append(names, k.Name)
		}
		facts = append(facts, "takes", fold(names))
	}
	return append(facts, "example", strings.Join(example(p), "\n"))
}

// explainKeyword writes the paths of ps, one a line, and what is true of all.
func explainKeyword(w io.Writer, ps []placed) {
	for _, p := range ps {
		fmt.Fprintln(w, p.path)
	}
	for pair := range slices.Chunk(ps[0].facts(), 2) {
		if pair[1] == "" {
			continue
		}
		text := strings.ReplaceAll(pair[1], "\n", "\n             ")
		fmt.Fprintf(w, "    %-8s %s\n", pair[0], text)
	}
}

// fold breaks a list of words into lines.
func fold(words []string) string {
	var b strings.Builder
	column := 0
	for _, word := range words {
		switch {
		case column == 0:
		case column+len(word) > 62:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
