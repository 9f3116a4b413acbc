package imports

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every file and package that docs/architecture.md names is there, every package has
// its line, and the packages of the core are those that are tested for it.
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
	lines := map[string]bool{}
	for _, p := range packages {
		for _, n := range regexp.MustCompile("`([a-z]+)`").FindAllSubmatch(p[1], -1) {
			names, lines[string(n[1])] = append(names, n), true
		}
	}
	there, err := os.ReadDir("../../pkg")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range there {
		if !lines[e.Name()] {
			t.Errorf("package %s has no line", e.Name())
		}
	}
	_, rest, _ := strings.Cut(string(text), "Its packages are ")
	list, _, _ := strings.Cut(rest, ".")
	var named []string
	for _, n := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(list, -1) {
		named = append(named, n[1])
	}
	if want := slices.Sorted(slices.Values(core)); !slices.Equal(slices.Sorted(slices.Values(named)), want) {
		t.Errorf("the core is said to be %v, and is %v", named, want)
	}
	for _, n := range names {
		if _, err := os.Stat(filepath.Join("../../pkg", string(n[1]))); err != nil {
			t.Error(err)
		}
	}
}
