package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"

	"github.com/kactl/kactl/test/need"
)

// TestFormatKeepsSettings: a file that is laid out anew says what it said, read
// either way, for all files that the other tests have.
func TestFormatKeepsSettings(t *testing.T) {
	need.Time(t)
	texts := map[string]string{}
	paths, err := filepath.Glob("testdata/tutorials/*.conf")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		texts[p] = string(data)
	}
	cases, err := filepath.Glob("testdata/oracle/*.txt")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, p := range cases {
		for _, c := range readCases(t, p) {
			texts[p+"/"+c.name] = c.text
		}
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			for _, policy := range []syntax.Policy{syntax.Keepalived, syntax.Intent} {
				formatted := syntax.Format(text)
				before, after := settings(t, text, policy), settings(t, formatted, policy)
				if d := cmp.Diff(before, after, cmp.Exporter(func(reflect.Type) bool { return true })); d != "" {
					t.Errorf("policy %v: %s\n%s\nbecame\n%s", policy, d, text, formatted)
				}
			}
		})
	}
}

func settings(t *testing.T, text string, policy syntax.Policy) *config.Config {
	t.Helper()
	r, err := loadText(text, policy)
	if err != nil {
		t.Fatal(err)
	}
	return r.Config
}
