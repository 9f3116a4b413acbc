package syntax_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/syntax"
)

// TestGlob runs the same patterns on a map and on the disk.
func TestGlob(t *testing.T) {
	dir := t.TempDir()
	m := fstest.MapFS{}
	for _, name := range []string{"a.conf", "b.conf", ".c.conf", "d/e.conf", "d/.f.conf", "{x"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		m[strings.TrimPrefix(path, "/")] = &fstest.MapFile{}
	}
	for _, fs := range []syntax.Files{syntax.OS{}, syntax.FromFS(m)} {
		for pattern, want := range map[string][]string{
			"*.conf":           {"a.conf", "b.conf"},
			".*.conf":          {".c.conf"},
			"*/*.conf":         {"d/e.conf"},
			"[!a].conf":        {"b.conf"},
			"{b,a,no,{d/e}}*":  {"b.conf", "a.conf", "d/e.conf"},
			"{x":               {"{x"},
			"a.conf":           {"a.conf"},
			"{d/{e,g},a}.conf": {"d/e.conf", "a.conf"},
			"none":             nil,
			"a.conf{,}":        {"a.conf", "a.conf"},
		} {
			names, err := fs.Glob(dir + "/" + pattern)
			if err != nil {
				t.Errorf("%T %s: %v", fs, pattern, err)
			}
			var got []string
			for _, n := range names {
				got = append(got, strings.TrimPrefix(n, dir+"/"))
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%T %s (-want +got):\n%s", fs, pattern, d)
			}
		}
		if _, err := fs.Glob(dir + strings.Repeat("{a,b}", 20)); err == nil {
			t.Errorf("%T expands a million patterns", fs)
		}
	}
}
