package imports

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Every file and package that docs/architecture.md names is there.
func TestArchitecture(t *testing.T) {
	text, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`([a-z0-9/_]+\\.go)`").FindAllSubmatch(text, -1)
	packages := regexp.MustCompile("(?m)^\\| ((?:`[a-z]+`(?:, )?)+) \\|").FindAllSubmatch(text, -1)
	if len(names) < 20 || len(packages) < 10 {
		t.Fatalf("%d files and %d lines of packages are named", len(names), len(packages))
	}
	for _, p := range packages {
		names = append(names, regexp.MustCompile("`([a-z]+)`").FindAllSubmatch(p[1], -1)...)
	}
	for _, n := range names {
		if _, err := os.Stat(filepath.Join("../../pkg", string(n[1]))); err != nil {
			t.Error(err)
		}
	}
}
