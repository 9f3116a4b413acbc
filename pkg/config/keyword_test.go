package config_test

import (
	"os"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"
)

// TestTableIsComplete holds the table against the list of keepalived's keywords.
func TestTableIsComplete(t *testing.T) {
	data, err := os.ReadFile("testdata/keywords.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, path := range strings.Fields(string(data)) {
		listed[path] = true
		if _, ok := config.Lookup(strings.Split(path, "/")...); !ok {
			t.Errorf("%s is not in the table", path)
		}
	}
	for path, k := range config.Keywords() {
		if !listed[path] {
			t.Errorf("%s is in the table, and keepalived does not have it", path)
		}
		if k.Doc == "" {
			t.Errorf("%s has no doc", path)
		}
		if strings.Contains(k.Doc, "\n") || strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s: doc %q is not one line without a full stop", path, k.Doc)
		}
		if k.Shape == syntax.Block && len(k.Inside) == 0 {
			t.Errorf("%s is a block of nothing", path)
		}
		if k.Need > 0 && k.Args == "" {
			t.Errorf("%s needs a value and has no synopsis", path)
		}
	}
}

func TestLookup(t *testing.T) {
	k, ok := config.Lookup("vrrp_instance", "priority")
	if !ok || k.Limits.String() != "1 to 255" || !k.Effect {
		t.Errorf("priority: %+v, %v", k, ok)
	}
	for _, path := range [][]string{{"nothing"}, {"vrrp_instance", "nothing"}, {"vrrp_instance", "priority", "x"}, nil} {
		if _, ok := config.Lookup(path...); ok {
			t.Errorf("Lookup(%q) found something", path)
		}
	}
	for range config.Keywords() {
		break // an iteration may end early
	}
}
