package check_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/check"
	"github.com/kactl/kactl/pkg/diag"
)

func fixable(path string, line, from, to int, text string) diag.Diagnostic {
	at := diag.Range{File: path, Start: diag.Pos{Line: line, Column: from}, End: diag.Pos{Line: line, Column: to}}
	return diag.Diagnostic{Range: at, Fix: []diag.Edit{{Range: at, New: text}}}
}

func TestFix(t *testing.T) {
	const text = "g1obal_defs  { # all\n}\n"
	r := check.Fix("a.conf", text, []diag.Diagnostic{
		fixable("a.conf", 1, 1, 12, "global_defs"),
		fixable("a.conf", 1, 3, 5, "overlaps"),
		fixable("b.conf", 2, 1, 2, "another file's"),
		{Range: diag.Range{File: "a.conf"}},
	})
	if want := "global_defs  { # all\n}\n"; r.New != want || r.Fixed != 1 || !r.Changed() {
		t.Errorf("got %q, %d fixed", r.New, r.Fixed)
	}
	r.Format()
	if want := "global_defs { # all\n}\n"; r.New != want {
		t.Errorf("formatted to %q", r.New)
	}
	d := string(r.Diff())
	if !strings.Contains(d, "\n-g1obal_defs  { # all\n+global_defs { # all\n") {
		t.Errorf("the difference is\n%s", d)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "k.conf"), filepath.Join(dir, "link.conf")
	if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("k.conf", link); err != nil {
		t.Fatal(err)
	}
	r := check.Rewrite{Path: link, Old: "old", New: "new"}
	if err := r.Write(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil || string(data) != "new" {
		t.Errorf("the file holds %q, %v", data, err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode() != 0o640 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	missing := check.Rewrite{Path: filepath.Join(dir, "none.conf")}
	if err := missing.Write(); err == nil || !strings.Contains(err.Error(), "none.conf") {
		t.Errorf("a file that is not there: %v", err)
	}
}
