package syntax_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/kactl/kactl/pkg/syntax"

	"github.com/kactl/kactl/test/need"
)

func TestFormat(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"blank lines", "\n\n  \n\t\n", ""},
		{"indentation", "a {\nb 1\n\t\tc {\nd\n}\n  }\ne", "a {\n    b 1\n    c {\n        d\n    }\n}\ne\n"},
		{"words", "a \t b\t 2  \n", "a b 2\n"},
		{"quotes keep their blanks", `script "a  b"  'c  d'`, "script \"a  b\"  'c  d'\n"},
		{"brace below", "vrrp_instance V\n\n  {\nstate MASTER\n}", "vrrp_instance V {\n    state MASTER\n}\n"},
		{"brace below a comment", "a # why\n{\n}", "a { # why\n}\n"},
		{"brace with a comment below a comment", "a # why\n{ # open\n}", "a # why\n{ # open\n}\n"},
		{"one line", "a{b 1}c", "a {\n    b 1\n}\nc\n"},
		{"two closing", "a {\nb {\nc\n}}", "a {\n    b {\n        c\n    }\n}\n"},
		{"comments", "# top\na {   # here\n# in\nb # c  d\n\n# last\n} ! end", "# top\na { # here\n    # in\n    b # c  d\n\n    # last\n} ! end\n"},
		{"empty lines", "\n\na {\n\n\nb\n\n\nc\n\n}\n\n\nd\n\n", "a {\n    b\n\n    c\n}\n\nd\n"},
		{"directives", "$A=x  {  y\n a {\n@host  b { c }\n~SEQ(x, 1, 2)  d  $x\ninclude  f.conf\n}", "$A=x  {  y\na {\n    @host  b { c }\n    ~SEQ(x, 1, 2)  d  $x\n    include  f.conf\n}\n"},
		{"continued", "a {\nb \\\n   c   d\ne   f\n}", "a {\n    b \\\n   c   d\n    e f\n}\n"},
		{"condition before a brace", "@c a\n{\nb\n}", "@c a\n{\n    b\n}\n"},
		{"stray", "}\n{\na\n}", "}\n{\n    a\n}\n"},
		{"unclosed quote", "a \"b {\nc", "a \"b {\nc\n"},
		{"a long line", "a  " + strings.Repeat("b", 1000) + "\n", "a  " + strings.Repeat("b", 1000) + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := syntax.Format(tt.text)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
			if again := syntax.Format(got); again != got {
				t.Errorf("formatted twice: %s", cmp.Diff(got, again))
			}
		})
	}
}

// FuzzFormat: a formatted text reads as before, and formatting it again changes
// nothing.
func FuzzFormat(f *testing.F) {
	need.Time(f)
	for _, text := range []string{
		"a {\nb 1 # c\n}\n", "a{b}c", "a\n{\n}", "$A=b \\\n c\nd $A {\n}", "@x a\n{\n}\n", "a \"b  c\" 'd  e'",
		"~SEQ(x,1,3) a $x\n", "list {\n{\n1 2\n}\n}", "a \\\n", "a \\ \nb", "!\n#x\na!b", "a\r\n{\r\n}\r\n", "include x\n{\n", "a }\nb",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		formatted := syntax.Format(text)
		if again := syntax.Format(formatted); again != formatted {
			t.Errorf("formatted twice: %q, then %q", formatted, again)
		}
		if len(text) > 1<<12 {
			return
		}
		if d := cmp.Diff(outline(t, text), outline(t, formatted)); d != "" {
			t.Errorf("%q and %q read differently: %s", text, formatted, d)
		}
	})
}

// outline is what text says: its statements by depth, with the words of both
// ways to split a line.
func outline(t *testing.T, text string) []string {
	files := syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte(text), Mode: 0o644}})
	tree, err := syntax.Parse("/k.conf", anyBlock{}, syntax.Options{Files: files})
	if err != nil {
		return []string{"too large"} // at another line
	}
	var lines []string
	var walk func(string, []*syntax.Statement)
	walk = func(indent string, body []*syntax.Statement) {
		for _, s := range body {
			line := indent
			for _, w := range s.Words {
				line += " <" + w.Text + ">"
			}
			words, _ := s.Unquote()
			for _, w := range words {
				line += " [" + w.Text + "]"
			}
			lines = append(lines, line)
			walk(indent+"  ", s.Body())
		}
	}
	walk("", tree.Body)
	return lines
}

// anyBlock takes every word: "list" and those that start with l are lists, those
// from a to k open blocks, the others are lines.
type anyBlock struct{}

func (anyBlock) Keyword(name string) (syntax.Shape, syntax.Grammar) {
	switch c := name[:min(1, len(name))]; {
	case c == "l":
		return syntax.List, nil
	case "a" <= c && c <= "k":
		return syntax.Block, anyBlock{}
	}
	return syntax.Line, nil
}
