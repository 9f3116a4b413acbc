package syntax_test

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"

	"github.com/kactl/kactl/test/need"
)

func FuzzParse(f *testing.F) {
	need.Time(f)
	for _, s := range []string{
		"", "global {\n router_id \"a#b\"\n mail {\n a b\n}\n}", "inst A { vips { 1 } }", "vipz {\n1\n}\n}", "inst\n{\n{",
		"include k.conf\ninclude *.conf\ninclude {a,b}{c", "flag \\\"a 'b\x00c\r\n", "$A=1\n@x y\n~SEQ(a,1,2) b", "inst A {\nauth\n}}\nflag {",
		strings.Repeat("inst {\n", 40), strings.Repeat("x", 2100),
		"$A=flag x \\\n inst ${B} { $C\n$B=\"a b\" {\nflag $A\n@main $A\n@^main flag ${A}x\n$A", "~SEQ(I,1,3) ~LST({J, K},{1,2},{3}) flag ${I}$J,$K\n~SEQx(A,${B},0xff",
		"$A=${A}b $A\n$A\nflag \"$A ${_RANDOM 1 2}${_HASH} $_PWD", "global { include_check +match -x\ninclude k.conf\nincludeb {k,b}.conf\n$A=b.conf\nincludea $A",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		lines := strings.Split(in, "\n")
		for _, p := range []syntax.Policy{syntax.Keepalived, syntax.Intent} {
			tree, err := syntax.Parse("/etc/k/k.conf", grammar, syntax.Options{Files: &both{in, 10}, Policy: p, ConfigID: "main"})
			if errors.Is(err, syntax.ErrTooLarge) {
				return // files that include each other many times
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range tree.Diagnostics {
				tree.Explain(&d, nil)
				within(t, d.Range, lines)
				for _, r := range d.Related {
					within(t, r.Range, lines)
				}
			}
			check(t, tree, tree.Body[:min(len(tree.Body), 1000)], lines)
		}
	})
}

// both is a text that is two files, k.conf and b.conf, and can be opened a few
// times: what files can do to each other has tests of its own.
type both struct {
	text string
	left int
}

func (b *both) Open(name string) (fs.File, error) {
	if base := path.Base(name); base != "k.conf" && base != "b.conf" || b.left == 0 {
		return nil, fs.ErrNotExist
	}
	b.left--
	return fstest.MapFS{"f": {Data: []byte(b.text)}}.Open("f")
}

func (*both) Glob(pattern string) ([]string, error) { return []string{pattern}, nil }

func check(t *testing.T, tree *syntax.Tree, body []*syntax.Statement, lines []string) {
	for _, s := range body {
		within(t, s.Range(), lines)
		d := diag.Diagnostic{Range: s.Range()}
		tree.Explain(&d, s)
		for _, r := range d.Related {
			within(t, r.Range, lines)
		}
		words, _ := s.Unquote()
		for _, w := range append(words, s.Words...) {
			within(t, s.At(w), lines)
		}
		if s.Block != nil {
			within(t, s.Block.Open, lines)
			within(t, s.Block.Close, lines)
		}
		check(t, tree, s.Body(), lines)
	}
}

// within fails unless r is a stretch of one of lines, or unknown.
func within(t *testing.T, r diag.Range, lines []string) {
	if r.Start.Line == 0 {
		return
	}
	if r.Start.Line > len(lines) || r.End.Line != r.Start.Line {
		t.Fatalf("%+v is not within %d lines", r, len(lines))
	}
	if n := len(lines[r.Start.Line-1]) + 1; r.Start.Column < 1 || r.Start.Column >= r.End.Column || r.End.Column > n {
		t.Fatalf("%+v is not within a line of %d bytes: %q", r, n-1, lines[r.Start.Line-1])
	}
}
