package diag_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/diag"
)

var update = flag.Bool("update", false, "write what the writers write to testdata")

// sources are the texts that the findings of all are about.
var sources = diag.NewSources(func(file string) (string, error) {
	switch file {
	case "a.conf", "/etc/a b.conf", "<stdin>":
		return "vrrp_instance A {\r\n\tpriority\t300\n\t\"größe\" wrong\n  state 高可用 x\x1b[31m\n" +
			strings.Repeat("long ", 60) + "here " + strings.Repeat("tail ", 60), nil
	}
	return "", fs.ErrNotExist
})

// at is a range in a line.
func at(file string, line, from, to int) diag.Range {
	return diag.Range{File: file, Start: diag.Pos{Line: line, Column: from}, End: diag.Pos{Line: line, Column: to}}
}

// all has a finding of every kind.
var all = []diag.Diagnostic{
	{Severity: diag.Error, Rule: "known", Range: at("a.conf", 1, 1, 16), Message: "plain", Hint: "write B"},
	{Severity: diag.Warning, Rule: "known", Range: at("a.conf", 2, 11, 14), Message: "behind tabs: 100%, and more\nlines",
		Related: []diag.Related{{Range: at("a.conf", 1, 15, 16), Message: "first here"}, {Range: diag.Range{File: "gone.conf"}, Message: "and there"}}},
	{Severity: diag.Info, Rule: "other", Range: at("./a.conf", 9, 1, 2), Message: "in a file that cannot be read"},
	{Severity: diag.Info, Rule: "other", Range: at("a.conf", 3, 12, 17), Message: "behind two bytes a letter"},
	{Severity: diag.Error, Rule: "other", Range: at("<stdin>", 4, 9, 18), Message: "wide letters"},
	{Severity: diag.Error, Rule: "other", Range: at("a.conf", 4, 19, 25), Message: "an \x1b[31mescape"},
	{Severity: diag.Error, Rule: "known", Range: at("/etc/a b.conf", 5, 301, 305), Message: "far to the right"},
	{Severity: diag.Error, Rule: "known", Range: at("a.conf", 5, 1, 590), Message: "the whole of a long line"},
	{Severity: diag.Error, Rule: "known", Range: diag.Range{File: "a.conf", Start: diag.Pos{Line: 2, Column: 2}, End: diag.Pos{Line: 3, Column: 2}}, Message: "two lines"},
	{Severity: diag.Error, Rule: "known", Range: diag.Range{File: "a.conf", Start: diag.Pos{Line: 2, Column: 14}}, Message: "no end, and the end of the line"},
	{Severity: diag.Error, Rule: "known", Range: at("a.conf", 700, 1, 2), Message: "no such line"},
	{Severity: diag.Error, Rule: "known", Range: diag.Range{File: "a.conf"}, Message: "the file as a whole"},
	{Severity: diag.Error, Rule: "a:rule,", Range: at("odd:1,2%\n\r.conf", 1, 1, 2), Message: "an odd name"},
}

// marks paints by writing what would be painted.
func marks(p diag.Part, s diag.Severity, text string) string {
	return "<" + [...]string{"place", "grade", "name", "pointer", "advice"}[p] + " " + s.String() + ":" + text + ">"
}

func TestWriters(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"text":    func(w io.Writer) error { return diag.WriteText(w, all, sources, nil) },
		"painted": func(w io.Writer) error { return diag.WriteText(w, all[:2], sources, marks) },
		"json":    func(w io.Writer) error { return diag.WriteJSON(w, all, sources) },
		"sarif":   func(w io.Writer) error { return diag.WriteSARIF(w, all, sources, tool) },
		"github":  func(w io.Writer) error { return diag.WriteGitHub(w, all, sources) },
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "all."+name)
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got.String()); d != "" {
				t.Errorf("-want +got (-update writes it):\n%s", d)
			}
			if err := write(broken{}); !errors.Is(err, errBroken) {
				t.Errorf("a writer that fails: %v", err)
			}
		})
	}
}

func TestNothing(t *testing.T) {
	var text, json, github bytes.Buffer
	err := errors.Join(diag.WriteText(&text, nil, nil, nil), diag.WriteJSON(&json, nil, nil), diag.WriteGitHub(&github, nil, nil))
	if err != nil || text.String() != "no findings\n" || json.String() != "[]\n" || github.String() != "" {
		t.Errorf("%q, %q, %q, %v", &text, &json, &github, err)
	}
}

func TestCount(t *testing.T) {
	for want, ds := range map[string][]diag.Severity{
		"2 errors, 1 warning, 3 infos": {3, 3, 2, 1, 1, 1},
		"1 error":                      {3},
		"2 warnings, 1 info":           {2, 1, 2},
	} {
		var all []diag.Diagnostic
		for _, s := range ds {
			all = append(all, diag.Diagnostic{Severity: s})
		}
		if got := diag.Count(all); got != want {
			t.Errorf("%v: %q, want %q", ds, got, want)
		}
	}
}

// TestSourcesReadOnce counts how often a file is read for many findings.
func TestSourcesReadOnce(t *testing.T) {
	reads := 0
	src := diag.NewSources(func(string) (string, error) { reads++; return "a\nb", nil })
	ds := make([]diag.Diagnostic, 1000)
	for i := range ds {
		ds[i] = diag.Diagnostic{Severity: diag.Info, Range: at("x", 1+i%3, 1, 2)}
	}
	if err := diag.WriteText(io.Discard, ds, src, nil); err != nil || reads != 1 {
		t.Errorf("read %d times, %v", reads, err)
	}
	if got := src.Line("x", 2); got != "b" {
		t.Errorf("line 2 is %q", got)
	}
	if got, err := src.Text("x"); got != "a\nb" || err != nil || reads != 1 {
		t.Errorf("the text is %q, %v, read %d times", got, err, reads)
	}
	if _, err := sources.Text("gone.conf"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the text of a file that is gone: %v", err)
	}
}

var errBroken = errors.New("broken")

// broken takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
