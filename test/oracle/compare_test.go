package oracle

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// compare returns what keepalived and Load do not agree on, a line each:
//
//   - the exit status and the class,
//   - every line that keepalived names is one of ours, an error or a warning,
//     and where keepalived quotes a word of that line, ours is about such a word,
//   - every error of ours is on a line that keepalived names, or is about what a
//     message without a line names, at most one for each message,
//   - every message without a line is about what one of ours names.
func compare(t text, a answer, r *config.Result) []string {
	var out []string
	if int(r.Status) != a.status {
		out = append(out, fmt.Sprintf("status %d, want %d", r.Status, a.status))
	}
	type place struct {
		file string
		line int
	}
	theirs := map[place]bool{}
	for _, m := range a.placed {
		what := ""
		for i, n := range t.meant(m.file, m.line) {
			theirs[place{m.file, n}] = true
			if w := placedIn(t, message{m.file, n, m.text}, r.Diagnostics); i == 0 || w == "" {
				what = w
			}
		}
		if what != "" {
			out = append(out, fmt.Sprintf("%s: %s:%d: %s", what, m.file, m.line, m.text))
		}
	}
	general := slices.DeleteFunc(slices.Clone(a.general), noise)
	told := make([]bool, len(general))
	for _, d := range r.Diagnostics {
		p := place{filepath.Base(d.Range.File), d.Range.Start.Line}
		if !reported(d) || theirs[p] {
			continue
		}
		theirs[p] = true
		i := slices.IndexFunc(general, func(m string) bool { return about(r, t, m, d) })
		for i >= 0 && told[i] {
			j := slices.IndexFunc(general[i+1:], func(m string) bool { return about(r, t, m, d) })
			if i += j + 1; j < 0 {
				i = -1
			}
		}
		if i < 0 {
			out = append(out, fmt.Sprintf("not keepalived's: %s:%d: %s", p.file, p.line, d.Message))
			continue
		}
		told[i] = true
	}
	all := slices.Concat(r.Diagnostics, r.Tree.Diagnostics) // of which there are some that keepalived does not come to
	for i, m := range general {
		if !told[i] && !slices.ContainsFunc(all, func(d diag.Diagnostic) bool {
			return d.Severity >= diag.Warning && about(r, t, m, d)
		}) {
			out = append(out, "not ours: "+m)
		}
	}
	return out
}

// placedIn says how ds fail to tell what m tells; it is empty if they do.
func placedIn(t text, m message, ds []diag.Diagnostic) string {
	line := t.line(m.file, m.line)
	var words []string
	said := tokens(m.text)
	for _, w := range tokens(line) {
		if slices.Contains(said, w) && !slices.Contains([]string{"to", "from", "on", "is"}, w) {
			words = append(words, w)
		}
	}
	what := "not ours"
	for _, d := range ds {
		if d.Severity < diag.Warning || filepath.Base(d.Range.File) != m.file || d.Range.Start.Line != m.line {
			continue
		}
		what = "about another word"
		mine := tokens(d.Message)
		if from, to := d.Range.Start.Column-1, d.Range.End.Column-1; 0 <= from && from <= to && to <= len(line) {
			mine = append(mine, tokens(line[from:to])...)
		}
		if len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return slices.Contains(mine, w) }) {
			return ""
		}
	}
	return what
}

// about reports whether m, a message without a line, names what d is about: a
// word of d's message, of its line or of the heads of the blocks around it.
func about(r *config.Result, t text, m string, d diag.Diagnostic) bool {
	if strings.Contains(m, "missing '}'s or extra '{'s") {
		return d.Rule == "missing-brace" || d.Rule == "stray-brace"
	}
	near := tokens(d.Message)
	for n := d.Range.Start.Line; n > 0; n-- {
		l := t.line(d.Range.File, n)
		if n == d.Range.Start.Line || strings.Contains(l, "{") && indent(l) < indent(t.line(d.Range.File, d.Range.Start.Line)) {
			near = append(near, tokens(l)...)
		}
	}
	near = append(near, heads(r.Tree.Body, d.Range)...)
	for _, w := range tokens(m) {
		if len(w) > 1 && !slices.Contains(stop, w) && slices.Contains(near, w) {
			return true
		}
	}
	return false
}

// heads are the words of the heads of the blocks that the statement at a place
// is in.
func heads(body []*syntax.Statement, at diag.Range) []string {
	for _, s := range body {
		if s.File == at.File && s.Line == at.Start.Line {
			return []string{s.Name()}
		}
		if in := heads(s.Body(), at); in != nil {
			return append(in, s.Name(), s.Arg(0))
		}
	}
	return nil
}

// stop are words that name nothing.
var stop = strings.Fields("a and be both by can cannot dev for from has have in is must no not of on or that the this to up using vrrp_instance " +
	"virtual_server keepalived ignores ignoring invalid unknown address interface script name")

func indent(l string) int { return len(l) - len(strings.TrimLeft(l, " \t")) }

// tokens are the words of a text without punctuation around them.
func tokens(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`'"()[]{},;=#!`, r) })
}

// reported tells whether d is something that keepalived tells, too: an error,
// or one of the warnings about files.
func reported(d diag.Diagnostic) bool {
	return d.Severity == diag.Error || strings.HasPrefix(d.Rule, "include") || d.Rule == "file-skipped"
}

// noise tells whether m, a message without a line, is not about the
// configuration's text.
func noise(m string) bool {
	for _, s := range []string{
		"SECURITY VIOLATION",
		"Non-existent interface specified in configuration", // in addition to a message with a line
	} {
		if strings.Contains(m, s) {
			return true
		}
	}
	return false
}
