package diag_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/kactl/kactl/pkg/diag"
)

// hostile has of each kind what a terminal obeys, hides or turns around.
const hostile = "x\x1b[2J\x07\x7f\u009b31m\x9b\xff\u202e\u2066\u2028\u200b\r\ny"

// TestForeignText puts such text wherever a finding has text. No writer passes
// it on, and each finding is in one line.
func TestForeignText(t *testing.T) {
	line := strings.ReplaceAll(hostile, "\r\n", "")
	src := diag.NewSources(func(string) (string, error) { return "\t" + line + " here\n", nil })
	d := diag.Diagnostic{
		Severity: diag.Error, Rule: hostile, Range: at(hostile+".conf", 1, 3+len(line), 7+len(line)), Message: hostile, Hint: hostile,
		Related: []diag.Related{{Range: at(hostile, 1, 1, 2), Message: hostile}},
	}
	for name, tt := range map[string]struct {
		write func(io.Writer) error
		lines int
	}{
		"text":   {func(w io.Writer) error { return diag.WriteText(w, []diag.Diagnostic{d}, src, nil) }, 6},
		"json":   {func(w io.Writer) error { return diag.WriteJSON(w, []diag.Diagnostic{d}, src) }, 3},
		"sarif":  {func(w io.Writer) error { return diag.WriteSARIF(w, []diag.Diagnostic{d}, src, tool) }, 0},
		"github": {func(w io.Writer) error { return diag.WriteGitHub(w, []diag.Diagnostic{d}, src) }, 1},
		"string": {func(w io.Writer) error { _, err := io.WriteString(w, d.String()+"\n"); return err }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := tt.write(&out); err != nil {
				t.Fatal(err)
			}
			if !utf8.Valid(out.Bytes()) {
				t.Errorf("%q is not UTF-8", &out)
			}
			for _, r := range out.String() {
				if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
					t.Errorf("%q has %q", &out, r)
				}
			}
			if n := strings.Count(out.String(), "\n"); tt.lines > 0 && n != tt.lines {
				t.Errorf("%d lines, want %d:\n%s", n, tt.lines, &out)
			}
		})
	}
	var out bytes.Buffer
	if err := diag.WriteText(&out, []diag.Diagnostic{d}, src, nil); err != nil {
		t.Fatal(err)
	}
	shown := strings.Split(out.String(), "\n")
	// What is underlined is what the finding is about, behind all of it.
	if from := strings.IndexByte(shown[2], '^'); from < 0 || !strings.HasSuffix(shown[1][:from], " ") || shown[1][from:] != "here" {
		t.Errorf("underlined as\n%s\n%s", shown[1], shown[2])
	}
}
