package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// top is where this repository begins.
const top = ".."

func readRelease(t *testing.T, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, "goreleaser.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// TestSchema holds goreleaser.yaml against goreleaser's own schema, that of
// v2.13.3 ("goreleaser jsonschema"; its licence is beside it). It
// finds a key that goreleaser does not know.
func TestSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/goreleaser.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	readRelease(t, &file)
	if err := schema.Validate(file); err != nil {
		t.Error(err)
	}
	file["nfpm"] = file["nfpms"]
	if schema.Validate(file) == nil {
		t.Error("the schema accepts a key that does not exist")
	}
}

// TestSources looks for the files that packages and archives are made of.
func TestSources(t *testing.T) {
	var r release
	readRelease(t, &r)
	if len(r.NFPMs) != 2 || len(r.Builds) != 1 || len(r.Before.Hooks) != 1 {
		t.Fatalf("%d packages, %d builds and %d hooks", len(r.NFPMs), len(r.Builds), len(r.Before.Hooks))
	}
	for _, p := range r.NFPMs {
		for _, c := range p["contents"].([]any) {
			c := c.(map[string]any)
			src, _ := c["src"].(string)
			if c["type"] == "symlink" || c["type"] == "dir" || strings.HasPrefix(src, "bin/") {
				continue
			}
			if _, err := os.Stat(filepath.Join(top, src)); err != nil {
				t.Errorf("%v: %v", p["package_name"], err)
			}
		}
		for what, script := range p["scripts"].(map[string]any) {
			if info, err := os.Stat(filepath.Join(top, script.(string))); err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("%v, %s: %v is no program: %v", p["package_name"], what, script, err)
			}
		}
	}
}

func TestNFPMConfig(t *testing.T) {
	var p map[string]any
	err := yaml.Unmarshal([]byte(`
id: x
package_name: x
formats: [deb]
bindir: /usr/bin
mtime: "{{ .CommitDate }}"
dependencies: [y]
contents: [{dst: /etc/x, type: dir}]
overrides: {rpm: {dependencies: [z], replaces: [w]}}
`), &p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := nfpmConfig(p, []string{"dist/linux_arm64/x"}, facts{Version: "1.2.3", CommitDate: "2026-01-02T03:04:05Z"}, "arm64")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"name": "x", "arch": "arm64", "platform": "linux", "version": "1.2.3", "mtime": "2026-01-02T03:04:05Z",
		"depends": []any{"y"},
		"contents": []any{
			map[string]any{"dst": "/etc/x", "type": "dir"},
			map[string]any{"src": "dist/linux_arm64/x", "dst": "/usr/bin/x", "file_info": map[string]any{"mode": 0o755}},
		},
		"overrides": map[string]any{"rpm": map[string]any{"depends": []any{"z"}, "replaces": []any{"w"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	p["meta"] = true
	if got, _ = nfpmConfig(p, []string{"dist/linux_arm64/x"}, facts{}, "arm64"); len(got["contents"].([]any)) != 1 {
		t.Errorf("a package without programs has %v", got["contents"])
	}
	p["mtime"] = "{{ .Branch }}"
	if _, err = nfpmConfig(p, nil, facts{}, "arm64"); err == nil {
		t.Error("a template that asks for what is not known is filled in")
	}
}

// TestSettings reads the settings that are installed, with the # taken away.
func TestSettings(t *testing.T) {
	text, err := os.ReadFile("kactl.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, sample, ok := strings.Cut(string(text), "\n#\n")
	if !ok {
		t.Fatal("kactl.yaml has no sample")
	}
	var settings map[string]map[string]any
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(strings.ReplaceAll(sample, "# ", ""), "#\n", "\n")), &settings); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]any{
		"run":   {"use-file": "/etc/keepalived/keepalived.conf", "log-detail": true},
		"check": {"fail-on": "warning"},
	}
	if !reflect.DeepEqual(settings, want) {
		t.Errorf("got %v, want %v", settings, want)
	}
}
