package syntax_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// words is a grammar: name -> nil for a line, or what is inside.
type words map[string]any

type list struct{}

func (w words) Keyword(name string) (syntax.Shape, syntax.Grammar) {
	v, ok := w[name]
	if !ok {
		return syntax.Unknown, nil
	}
	switch v := v.(type) {
	case words:
		return syntax.Block, v
	case list:
		return syntax.List, nil
	}
	return syntax.Line, nil
}

var grammar = words{
	"global": words{"router_id": nil, "flush": nil, "mail": list{}},
	"inst": words{
		"state": nil, "prio": nil, "vips": list{},
		"auth": words{"type": nil, "pass": nil},
	},
	"flag": nil, "include_check": nil,
}

// files makes a file system of texts; the first one is /etc/k/k.conf.
func files(main string, more ...string) syntax.Files {
	m := fstest.MapFS{"etc/k/k.conf": {Data: []byte(main)}}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i]] = &fstest.MapFile{Data: []byte(more[i+1])}
	}
	return syntax.FromFS(m)
}

func parse(t testing.TB, p syntax.Policy, fs syntax.Files) *syntax.Tree {
	t.Helper()
	tree, err := syntax.Parse("/etc/k/k.conf", grammar, syntax.Options{Files: fs, Policy: p, ConfigID: "main"})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// dump writes statements as "a b{c;d}", unknown ones with a question mark.
func dump(body []*syntax.Statement) string {
	var b strings.Builder
	for i, s := range body {
		if i > 0 {
			b.WriteString("; ")
		}
		for j, w := range s.Words {
			if j > 0 {
				b.WriteString(" ")
			}
			b.WriteString(w.Text)
		}
		if s.Shape == syntax.Unknown {
			b.WriteString("?")
		}
		if s.Block != nil {
			b.WriteString("{" + dump(s.Body()) + "}")
		}
	}
	return b.String()
}

func rules(ds []diag.Diagnostic) string {
	var b []string
	for _, d := range ds {
		b = append(b, fmt.Sprintf("%d:%d %s", d.Range.Start.Line, d.Range.Start.Column, d.Rule))
	}
	return strings.Join(b, ", ")
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, in                string
		keepalived, keepalivedD string
		intent, intentD         string // empty: as keepalived
	}{
		{name: "empty"},
		{name: "block", in: "global {\n router_id a\n}\n", keepalived: "global{router_id a}"},
		{name: "brace below", in: "global\n\n# x\n{\n router_id a\n}", keepalived: "global{router_id a}"},
		{name: "glued", in: "inst A{prio 1}", keepalived: "inst A{prio 1}"},
		{name: "one line", in: "inst A { auth { type PASS } vips { 1.2.3.4 } }", keepalived: "inst A{auth{type PASS}; vips{1.2.3.4}}"},
		{name: "comments", in: "! x\nglobal { # foo {\n router_id a#b }\n} # }", keepalived: "global{router_id a}"},
		{name: "quoted comment", in: "global {\n router_id \"a#b!c{\"\n}", keepalived: "global{router_id a#b!c{}"},
		{name: "escaped comment", in: `flag a\#b`, keepalived: "flag a#b"},
		{name: "single quotes are nothing", in: "flag 'a b'", keepalived: "flag 'a b'"},
		{name: "quote ends a word", in: `flag a"b c"d`, keepalived: "flag a b c d"},
		{
			name: "unclosed quote", in: "flag a \"b c\nflag d",
			keepalived: "flag a; flag d", keepalivedD: "1:8 unclosed-quote", intent: "flag a b c; flag d",
		},
		{
			name: "unclosed quote before a brace", in: "inst \"A {\nprio 1\n}",
			keepalived: "inst{prio 1}", keepalivedD: "1:6 unclosed-quote, 2:1 missing-brace, 3:1 stray-brace",
			intent: "inst A{prio 1}", intentD: "1:6 unclosed-quote",
		},
		{name: "crlf", in: "flag a\r\nflag b\r\n", keepalived: "flag a; flag b"},
		{
			name: "nul", in: "flag a\x00b\nflag c",
			keepalived: "flag a; flag c", keepalivedD: "1:7 nul-byte", intent: "flag ab; flag c",
		},
		{name: "list", in: "inst A {\n vips {\n 1\n 2 dev x\n }\n prio 3\n}", keepalived: "inst A{vips{1; 2 dev x}; prio 3}"},
		{
			name: "unknown block", in: "inst A {\n vipz {\n  1\n }\n prio 3\n}",
			keepalived: "inst A{vipz?; 1?}; prio 3?", keepalivedD: "2:7 stray-brace, 6:1 stray-brace",
			intent: "inst A{vipz?{}; prio 3}", intentD: "-",
		},
		{
			name: "unknown top block", in: "foo {\n flag\n}",
			keepalived: "foo?; flag", keepalivedD: "1:5 stray-brace, 3:1 stray-brace",
			intent: "foo?{}", intentD: "-",
		},
		{
			name: "list not closed", in: "inst A {\n vips {\n 1\n prio 3\n}\ninst B {\n}",
			keepalived: "inst A{vips{1; prio 3}; inst B?}", keepalivedD: "6:8 stray-brace",
			intent: "inst A{vips{1}; prio 3}; inst B{}", intentD: "4:2 missing-brace",
		},
		{
			name: "block not closed", in: "inst A {\n auth {\n type x\n vips {\n 1\n }\n}\ninst B {\n}",
			keepalived: "inst A{auth{type x; vips?; 1?}}; inst B{}", keepalivedD: "4:7 stray-brace",
			intent: "inst A{auth{type x}; vips{1}}; inst B{}", intentD: "4:2 missing-brace",
		},
		{
			name: "end of file in a block", in: "inst A {\n prio 1\n",
			keepalived: "inst A{prio 1}", keepalivedD: "1:1 missing-brace",
		},
		{
			name: "no opening brace", in: "inst A\n auth\n type x\n }\n",
			keepalived: "inst A{auth{type x}}", keepalivedD: "2:2 missing-brace, 3:2 missing-brace, 4:2 stray-brace",
			intentD: "1:1 missing-brace, 2:2 missing-brace",
		},
		{
			name: "no opening brace, other keywords", in: "inst A\nflag\n",
			keepalived: "inst A{flag?}", keepalivedD: "2:1 missing-brace",
			intent: "inst A{}; flag", intentD: "1:1 missing-brace",
		},
		{name: "extra brace", in: "flag a\n}\nflag b", keepalived: "flag a; flag b", keepalivedD: "2:1 stray-brace"},
		{name: "brace behind a line", in: "inst A {\nprio 1 {\n}", keepalived: "inst A{prio 1}", keepalivedD: "2:8 stray-brace"},
		{
			name: "brace in a list", in: "inst A {\n vips {\n 1 {\n 2\n }\n}\n",
			keepalived: "inst A{vips{1; {; 2}}", keepalivedD: "1:8 missing-brace",
			intent: "inst A{vips{1; 2}}", intentD: "3:4 stray-brace",
		},
		{
			name: "pair of braces in a list", in: "inst A {\n vips {\n {\n 1\n }\n 2\n }\n}\n",
			keepalived: "inst A{vips{{; 1}; 2?}", keepalivedD: "8:1 stray-brace",
			intent: "inst A{vips{1; 2}}", intentD: "3:2 stray-brace",
		},
		{
			name: "brace ends a block too early", in: "inst A {\n }\n prio 1\n}\nflag",
			keepalived: "inst A{}; prio 1?; flag", keepalivedD: "4:1 stray-brace",
			intent: "inst A{prio 1}; flag", intentD: "2:2 stray-brace",
		},
		{
			name: "brace ends a list too early", in: "inst A {\n vips {\n 1\n }\n 2\n }\n}\nflag",
			keepalived: "inst A{vips{1}; 2?}; flag", keepalivedD: "7:1 stray-brace",
			intent: "inst A{vips{1; 2}}; flag", intentD: "4:2 stray-brace",
		},
		{
			name: "brace that is not below its keyword", in: "inst A {\n auth {\n  type x\n  }\n }\n prio 1\n}",
			keepalived: "inst A{auth{type x}}; prio 1?", keepalivedD: "7:1 stray-brace",
			intent: "inst A{auth{type x}; prio 1}", intentD: "4:3 stray-brace",
		},
		{
			name: "block ends and opens again", in: "inst A {\n }{\n prio 1\n}",
			keepalived: "inst A{}; prio 1?", keepalivedD: "2:3 stray-brace, 4:1 stray-brace",
			intent: "inst A{prio 1}", intentD: "2:2 stray-brace",
		},
		{
			name: "empty braces", in: "inst A {\n {}\n prio 1\n}",
			keepalived: "inst A{}; prio 1?", keepalivedD: "2:2 stray-brace, 4:1 stray-brace",
			intent: "inst A{prio 1}", intentD: "2:2 stray-brace",
		},
		{
			name: "braces around nothing", in: "inst A {\n {\n prio 1\n }\n prio 2\n}",
			keepalived: "inst A{prio 1}; prio 2?", keepalivedD: "2:2 stray-brace, 6:1 stray-brace",
			intent: "inst A{prio 1; prio 2}", intentD: "2:2 stray-brace",
		},
		{
			name: "block in the wrong block", in: "inst A {\n inst B {\n }\n}",
			keepalived: "inst A{inst B?}", keepalivedD: "2:9 stray-brace, 4:1 stray-brace",
			intent: "inst A{inst B?{}}", intentD: "-",
		},
		{name: "nothing", in: "inst A", keepalived: "inst A{}"},
		{name: "include without a name", in: "include\n", keepalived: "include?"},
		{
			name: "long line", in: "flag " + strings.Repeat("a", 1018) + "bc\nflag",
			keepalived: "flag " + strings.Repeat("a", 1018) + "; bc?; flag", keepalivedD: "1:1 long-line",
			intent: "flag " + strings.Repeat("a", 1018) + "bc; flag",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.intent == "" {
				c.intent = c.keepalived
			}
			if c.intentD == "" {
				c.intentD = c.keepalivedD
			}
			for p, want := range [][2]string{{c.keepalived, c.keepalivedD}, {c.intent, strings.TrimPrefix(c.intentD, "-")}} {
				tree := parse(t, syntax.Policy(p), files(c.in))
				got := [2]string{dump(tree.Body), rules(tree.Diagnostics)}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("policy %d (-want +got):\n%s", p, d)
				}
			}
		})
	}
}

// TestSwallowed says what keepalived makes of a missing brace.
func TestSwallowed(t *testing.T) {
	for in, want := range map[string]string{
		"inst A {\n vips {\n 1\n prio 3\n}\n":     "vips is not closed; keepalived takes prio and what follows for a part of it",
		"inst A {\n prio 3\n inst B {\n}\n":       "inst A is not closed; keepalived takes inst and what follows for a part of it",
		"inst A {\n vips {\n 1\n }\n":             "inst A is not closed; keepalived takes all that follows for a part of it",
		"inst A {\n auth {\n type x\n }\n }\n}\n": "one } too many: keepalived ends a block here that goes on below",
		"flag\n}\n": "this } closes nothing",
	} {
		tree := parse(t, syntax.Intent, files(in))
		if len(tree.Diagnostics) != 1 || tree.Diagnostics[0].Message != want || tree.Diagnostics[0].Hint == "" {
			t.Errorf("%q: %v, want %q and a hint", in, tree.Diagnostics, want)
		}
	}
}
