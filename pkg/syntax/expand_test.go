package syntax_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"

	"github.com/kactl/kactl/test/need"
)

// TestExpand reads lines that stand for others; the config id is main.
func TestExpand(t *testing.T) {
	for _, c := range []struct{ name, in, want, diag string }{
		{"name", "$A=x\nflag $A ${A}y a$A", "flag x xy ax", ""},
		{"before what", "$A=x\nflag $A, $A) $A. $A/ a$Ab", "flag x, x) $A. $A/ a$Ab", ""},
		{"in quotes", "$A=x\nflag \"${A} y\" \"$A\"", "flag x y $A", ""},
		{"quotes in it", "$A=\"x y\"\nflag $A", "flag x y", ""},
		{"nothing", "$A=\nflag $A x${A}y", "flag xy", ""},
		{"blanks around", "$A=  x y  # z\nflag b${A}c", "flag bx yc", ""},
		{"when used, not when defined", "$A=x${B}\n$B=1\nflag $A\n$B=2\nflag $A", "flag x1; flag x2", ""},
		{"undefined", "$B=1\nflag $A a$A", "flag $A a$A", "2:6 undefined-definition"},
		{"undefined, where there are none", "flag $A", "flag $A", ""},
		{"undefined, in quotes", "$B=1\nflag \"${A}\"", "flag ${A}", "2:7 undefined-definition"},
		{"a shell's", "flag \"${A}\"", "flag ${A}", ""},
		{"no name", "$1=x\nflag $ ${} $1 ${1", "$1=x?; flag $ $; $1 $?; 1?", "2:9 stray-brace, 2:10 stray-brace, 2:16 stray-brace"},
		{"block", "$A=inst X { prio 1 }\n$A\nflag", "inst X{prio 1}; flag", ""},
		{"brace", "$A={\ninst X $A\nprio 1\n}", "inst X{prio 1}", ""},
		{"definition in a block", "inst X {\n$A=5\nprio $A\n}", "inst X{prio 5}", ""},
		{"definition behind a brace", "inst X { $A=5\nprio $A\n}", "inst X{prio 5}", ""},
		{"comment", "flag \"a${_HASH}b\"\nflag a${_BANG}b c", "flag a#b; flag a", ""},
		{"predefined", "flag ${_PWD}/x ${_INSTANCE} ${_RANDOM 7 7} ${_RANDOM 9 3} ${_ENV HOME}", "flag /etc/k/x main 7 9 /root", ""},
		{"predefined, wrong", "flag \"${_RANDOM a} ${_RANDOM 1 2 3} ${_PWD x} ${_ENV NO}\"", "flag ${_RANDOM a} ${_RANDOM 1 2 3} ${_PWD x} ${_ENV NO}", "1:7 undefined-definition, 1:20 undefined-definition, 1:37 undefined-definition, 1:47 undefined-definition"},
		{"predefined, defined", "$_PWD=x\nflag ${_PWD}", "flag x", ""},

		{"no arguments", "$A=1\nflag \"${A x}\"", "flag ${A x}", "2:7 undefined-definition"},
		{"keyword and value", "$A=flag\n$A $A", "flag flag", ""},
		{"undefined keyword", "$B=1\n$A $B $B", "$A 1 1?", "2:1 undefined-definition"},

		{"lines, by a backslash in a comment", "$A=flag 1 # \\\n flag 2\n$A", "flag 1; flag 2", ""},
		{"lines", "$A= \\\n inst X { \\\n prio 1 # y \\\n }\n$A\nflag", "inst X{prio 1}; flag", ""},
		{"lines, the first behind the name", "$A=flag 1 \\\n flag 2\n$A", "flag 1; flag 2", ""},
		{"lines, behind text", "$A=1 \\\n flag 2\nflag x $A", "flag x 1; flag 2", ""},
		{"lines, in front of text", "$A=1 \\\n flag 2\nflag $A y", "flag $A y", "3:6 definition-lines"},
		{"lines, cut by an empty one", "$A=flag 1 \\\n\nflag 2\n$A", "flag 2; flag 1", "1:1 definition-cut"},
		{"lines within lines", "$A= \\\n flag ${N} \\\n $N=2 \\\n flag ${N}\n$B= \\\n flag a \\\n $A\n$N=1\n$B\n$B", "flag a; flag 1; flag 2; flag a; flag 2; flag 2", ""},
		{"lines that do not end", "$A= \\\nflag \\", "", ""},

		{"condition", "@main flag 1\n@other flag 2\n@^main flag 3\n@^other flag 4\n@ flag 5\n@^ flag 6", "flag 1; flag 4; flag 6", ""},
		{"condition alone", "@main\n@other\nflag", "flag", ""},
		{"condition, once a line", "@main @main flag", "@main flag?", ""},
		{"condition and definition", "@other $A=1\n@main $A=2\nflag $A", "flag 2", ""},
		{"condition in a definition", "$A=@other\n$A flag 1\n$B=@main\n$B flag 2", "flag 2", ""},
		{"condition and brace", "@other inst X {\n@main inst Y {\n prio 1 \n}", "inst Y{prio 1}", ""},
		{"condition behind a brace", "inst X { @other prio 1\n@main prio 2 }", "inst X{prio 2}", ""},

		{"condition, again behind a brace", "@main inst X { @other prio 1\n@main prio 2 }", "inst X{prio 2}", ""},

		{"sequence", "~SEQ(I,1,3) flag $I", "flag 1; flag 2; flag 3", ""},
		{"sequence, end alone", "~SEQ(I,2) flag $I\n~SEQ(I,-2) flag $I\n~SEQ(I,0) flag $I", "flag 1; flag 2; flag -1; flag -2; flag 1; flag 0", ""},
		{"sequence, step", "~SEQ(I, 5, -2, 0) flag $I\n~SEQ(I,1,2,6)flag $I", "flag 5; flag 3; flag 1; flag 1; flag 3; flag 5", ""},
		{"sequence, hexadecimal", "~SEQx(I, 0x90, 16, 0xb0) flag $I\n~SEQ(I,010,011) flag $I", "flag 90; flag a0; flag b0; flag 8; flag 9", ""},
		{"sequence in sequence", "~SEQ(I,1,2) ~SEQ(J,1,${I}) flag $I$J", "flag $I1; flag $I1; flag $I2", ""},
		{"sequence of lines", "$A= \\\n flag a$I \\\n flag b$I\n~SEQ(I,1,2) $A", "flag a1; flag b1; flag a2; flag b2", ""},
		{"sequence, later", "~SEQ(I,1,2) flag\nflag $I", "flag; flag; flag 2", ""},
		{"sequence in a list", "inst X { vips {\n~SEQ(I,1,2) 10.0.0.${I}/24\n} }", "inst X{vips{10.0.0.1/24; 10.0.0.2/24}}", ""},
		{"sequence, from a definition", "$N=2\n$S=~SEQ(I,1,$N)\n$S flag $I", "flag 1; flag 2", ""},
		{"sequence of conditions", "~SEQ(I,1,2) @main flag $I\n@other ~SEQ(I,1,2) flag", "flag 1; flag 2", ""},
		{"sequence, wrong", "~SEQ(I,1,0,3) a\n~SEQ(I,a,3) a\n~SEQ(I) a\n~SEQ(I,1,2,3,4) a\n~SEQ(I,1 a\n~SEQx(I,-1,-3) a\n~SEQX(I,1,3) a\n~SEQ\n~SEQ(I J,2) a", "", "1:1 sequence-syntax, 2:1 sequence-syntax, 3:1 sequence-syntax, 4:1 sequence-syntax, 5:1 sequence-syntax, 6:1 sequence-syntax, 7:1 sequence-syntax, 8:1 sequence-syntax, 9:1 sequence-syntax"},
		{"no sequence", "~FOO(I,1,2) a\nflag ~SEQ(I,1,2)", "~FOO(I,1,2) a?; flag ~SEQ(I,1,2)", ""},

		{"list", "~LST(I, a,b ,, c) flag $I", "flag a; flag b; flag; flag c", ""},
		{"list of several", "~LST({I, J}, {10,1}, {20 , 4},5) flag $I $J", "flag 10 1; flag 20 4; flag 5", ""},
		{"list in list", "~LST(I,1,2) ~LST(J,3,4) flag ${I}${J}", "flag 13; flag 14; flag 23; flag 24", ""},
		{"list, wrong", "~LST(I) a\n~LST(I, a b) a\n~LST(I, {1,2}) a\n~LST({I,J, {1,2}) a\n~LST(I,1 a\n~LSTx(I,1) a\n~LST({I},{1} x2) a", "", "1:1 list-syntax, 2:1 list-syntax, 3:1 list-syntax, 4:1 list-syntax, 5:1 list-syntax, 6:1 list-syntax, 7:1 list-syntax"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree, err := syntax.Parse("/etc/k/k.conf", grammar, syntax.Options{
				Files: files(c.in), ConfigID: "main",
				Env: func(name string) (string, bool) { return "/root", name == "HOME" },
			})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([2]string{c.want, c.diag}, [2]string{dump(tree.Body), rules(tree.Diagnostics)}); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestUndefinedBraces: the braces of a name that stands for nothing are those of
// a block for keepalived, and what the author meant them for otherwise.
func TestUndefinedBraces(t *testing.T) {
	in := "inst X {\n prio ${A}\n state x\n}"
	for p, want := range [][2]string{
		{"inst X{prio $; A?}; state x?", "2:7 undefined-definition, 2:8 stray-brace, 4:1 stray-brace"},
		{"inst X{prio ${A}; state x}", "2:7 undefined-definition"},
	} {
		tree := parse(t, syntax.Policy(p), files(in))
		if d := cmp.Diff(want, [2]string{dump(tree.Body), rules(tree.Diagnostics)}); d != "" {
			t.Errorf("policy %d (-want +got):\n%s", p, d)
		}
	}
}

func TestRandom(t *testing.T) {
	tree, err := syntax.Parse("/etc/k/k.conf", grammar, syntax.Options{
		Files:  files("flag ${_RANDOM} ${_RANDOM 5} ${_RANDOM 5 8}"),
		Random: func(n int) int { return n - 1 },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := dump(tree.Body), "flag 32767 32767 8"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestPlaces checks that an expanded word is where the user would change it.
func TestPlaces(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"$A=xyzzy\nflag a $A b${A}c 'd", "2:1-5 2:6-7 2:8-10 2:11-17 2:18-20"},
		{"$A=x y\n  flag $A z", "2:3-7 2:8-10 2:8-10 2:11-12"},
		{"$A=flag b \\\n flag c\n @main $A", "3:8-10 3:8-10 / 3:8-10 3:8-10"},
		{"~SEQ(I,9,10) flag x${I} y", "1:14-18 1:19-24 1:25-26 / 1:14-18 1:19-24 1:25-26"},
		{"$A=\nflag $A $A x", "2:1-5 2:12-13"},
		{"inst X { $B=1\n}\nflag $B", "1:1-5 1:6-7 / 3:1-5 3:6-8"},
		{"$A=x}\ninst { $A flag $A", "2:1-5 / 2:11-15 2:16-18"},
	} {
		tree := parse(t, syntax.Keepalived, files(c.in))
		var lines []string
		for _, s := range tree.Body {
			var b []string
			for _, w := range s.Words {
				r := s.At(w)
				b = append(b, fmt.Sprintf("%d:%d-%d", r.Start.Line, r.Start.Column, r.End.Column))
			}
			lines = append(lines, strings.Join(b, " "))
		}
		if got := strings.Join(lines, " / "); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
	}
}

func TestExplain(t *testing.T) {
	tree := parse(t, syntax.Keepalived, files("$A=x${B}\n$B=y\nflag a $A\n~SEQ(I,1,2) flag $I\ninclude b.conf\nflag", "etc/k/b.conf", "flag $A"))
	for i, want := range []string{
		"/etc/k/k.conf:1:1 $A is defined here, /etc/k/k.conf:2:1 $B is defined here",
		"/etc/k/k.conf:4:1 $I takes its values here",
		"/etc/k/k.conf:4:1 $I takes its values here",
		"/etc/k/k.conf:1:1 $A is defined here, /etc/k/k.conf:2:1 $B is defined here, /etc/k/k.conf:5:9 included here",
		"",
	} {
		d := diag.Diagnostic{Range: tree.Body[i].Range()}
		tree.Explain(&d, nil)
		var got []string
		for _, r := range d.Related {
			got = append(got, r.Range.String()+" "+r.Message)
		}
		if d := cmp.Diff(want, strings.Join(got, ", ")); d != "" {
			t.Errorf("statement %d (-want +got):\n%s", i, d)
		}
	}
	d := diag.Diagnostic{Range: tree.Body[0].AtArg(0)}
	if tree.Explain(&d, nil); len(d.Related) != 0 {
		t.Errorf("a word that is in the file is explained: %v", d.Related)
	}
}

// TestExplainLines: of a definition of several lines, the one that is meant.
func TestExplainLines(t *testing.T) {
	tree := parse(t, syntax.Keepalived, files("$A=flag x \\\n  flag ${N} \\\n # z \\\n ${K} b\n$B= \\\n $A \\\n flag d\n$K=flag\n@main ~SEQ(N,1,1) $B"))
	for i, want := range []string{"1:1-12", "2:3-12", "4:2-8", "7:2-8"} {
		d := diag.Diagnostic{Range: tree.Body[i].Range()}
		tree.Explain(&d, tree.Body[i])
		if len(d.Related) != 1 {
			t.Fatalf("statement %d: %v", i, d.Related)
		}
		r := d.Related[0].Range
		if got := fmt.Sprintf("%d:%d-%d", r.Start.Line, r.Start.Column, r.End.Column); got != want {
			t.Errorf("statement %d is from %s, want %s", i, got, want)
		}
	}
}

// TestHostile reads what would never end, or stand for more than fits.
func TestHostile(t *testing.T) {
	need.Time(t)
	doubled := "$A0=flag x \\\n flag y\n"
	for i := range 40 {
		doubled += fmt.Sprintf("$A%d= \\\n $A%d \\\n $A%d\n", i+1, i, i)
	}
	inline := "$A0=xx\n"
	for i := range 40 {
		inline += fmt.Sprintf("$A%d=${A%d}${A%d}\n", i+1, i, i)
	}
	for name, c := range map[string]struct{ in, diag string }{
		"itself":                {"$A=$A\nflag $A\nflag", "2:6 definition-loop"},
		"itself as a keyword":   {"$A=$A\n$A\nflag", "2:1 definition-loop"},
		"each other":            {"$A=${B}\n$B=${A}\nflag $A\nflag", "3:6 definition-loop"},
		"itself, growing":       {"$A=a${A}\nflag $A\nflag", "2:6 long-line"},
		"itself, of lines":      {"$A= \\\n flag \\\n $A\n$A", "4:1 definition-loop"},
		"twice itself":          {"$A= \\\n $A \\\n $A\n$A", "-"},
		"2^40 bytes":            {inline + "flag $A40\nflag", "42:6 long-line"},
		"2^40 lines":            {doubled + "$A40", "-"},
		"a billion":             {"~SEQ(I,1,1000000000) flag $I", "-"},
		"all numbers":           {"~SEQ(I,-9223372036854775808,9223372036854775807) flag", "-"},
		"a billion of nothing":  {"~SEQ(I,1,1000) ~SEQ(J,1,1000) ~SEQ(K,1,1000)", "-"},
		"a billion of no lines": {"~SEQ(I,1,1000) ~SEQ(J,1,1000) ~SEQ(K,1,1000) @no flag", "-"},
		"work": {"$A=" + strings.Repeat("a", 900) + "\n$B=$A\n" +
			strings.Repeat("flag ${B}\n", 1000) + "~SEQ(I,1,1000000) flag ${B}", "-"},
		"sequence of itself": {"$S=~SEQ(I,1,$S)\n$S flag\nflag", "2:1 long-line, 2:1 sequence-syntax"},
	} {
		for _, p := range []syntax.Policy{syntax.Keepalived, syntax.Intent} {
			tree, err := syntax.Parse("/etc/k/k.conf", grammar, syntax.Options{Files: files(c.in), Policy: p})
			if c.diag == "-" {
				if !errors.Is(err, syntax.ErrTooLarge) {
					t.Errorf("%s, policy %d: %v, want %v", name, p, err, syntax.ErrTooLarge)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s, policy %d: %v", name, p, err)
				continue
			}
			if got := rules(tree.Diagnostics); got != c.diag {
				t.Errorf("%s, policy %d: got %s, want %s", name, p, got, c.diag)
			}
			if n := len(tree.Body); n == 0 || tree.Body[n-1].Name() != "flag" {
				t.Errorf("%s, policy %d: what follows is not read: %s", name, p, dump(tree.Body))
			}
		}
	}
}

// TestDeep opens ten thousand braces.
func TestDeep(t *testing.T) {
	for _, in := range []string{"{", "foo {\n", "inst A {\n", "inst A { vips {", "${", "~LST({"} {
		for _, p := range []syntax.Policy{syntax.Keepalived, syntax.Intent} {
			tree := parse(t, p, files(strings.Repeat(in, 10000)))
			if n := len(tree.Diagnostics); n == 0 || n > 1000 {
				t.Errorf("%q, policy %d: %d diagnostics", in, p, n)
			}
		}
	}
}
