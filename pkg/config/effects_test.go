package config_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/probe"
)

const moduleRoot = "../.."

// TestEffects holds testdata/effects.txt against the table: each keyword that is
// acted on names a test that is there.
func TestEffects(t *testing.T) {
	tests := testFunctions(t)
	observed := map[string]bool{}
	for path, proof := range effects(t) {
		k, ok := config.Lookup(strings.Split(path, "/")...)
		if !ok || !k.Effect {
			t.Errorf("%s has no effect, going by the table", path)
		}
		observed[path] = true
		switch file, text, inFile := strings.Cut(proof, ":"); {
		case !inFile && !tests[proof]:
			t.Errorf("%s: there is no test %s", path, proof)
		case inFile:
			data, err := os.ReadFile(filepath.Join(moduleRoot, file))
			if err != nil || !strings.Contains(string(data), text) {
				t.Errorf("%s: there is no %q in %s: %v", path, text, file, err)
			}
		}
	}
	all, acted := 0, 0
	for path, k := range config.Keywords() {
		all++
		if k.Effect {
			acted++
			if !observed[path] {
				t.Errorf("%s is acted on, and testdata/effects.txt does not say what observes it", path)
			}
		}
	}
	t.Logf("%d of %d keywords are acted on", acted, all)
}

// effects reads testdata/effects.txt: a path, a tab, and a test.
func effects(t *testing.T) map[string]string {
	data, err := os.ReadFile("testdata/effects.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for l := range strings.Lines(string(data)) {
		if strings.HasPrefix(l, "#") {
			continue
		}
		path, proof, ok := strings.Cut(strings.TrimSuffix(l, "\n"), "\t")
		if _, twice := all[path]; !ok || proof == "" || twice {
			t.Errorf("bad line %q", l)
		}
		all[path] = proof
	}
	return all
}

var testFunction = regexp.MustCompile(`(?m)^func (Test\w*)\(`)

// testFunctions are the names of the tests of all packages but this one, whose
// tests observe the reading alone.
func testFunctions(t *testing.T) map[string]bool {
	names := map[string]bool{}
	err := filepath.WalkDir(moduleRoot, func(path string, e fs.DirEntry, err error) error {
		switch here := filepath.Join(moduleRoot, "pkg", "config"); {
		case err != nil:
			return err
		case e.IsDir() && (path == here || e.Name() == ".git"):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		data, err := os.ReadFile(path)
		for _, m := range testFunction.FindAllStringSubmatch(string(data), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// The checks that the table marks as acted on are those that package probe runs.
func TestProbedKinds(t *testing.T) {
	for kind := health.TCP; kind <= health.File; kind++ {
		k, ok := config.Lookup("virtual_server", "real_server", kind.String())
		if !ok || k.Effect != probe.Runs(kind) {
			t.Errorf("%s: acted on by the table: %v, run: %v", kind, ok && k.Effect, probe.Runs(kind))
		}
	}
}
