package check

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/lint"
	"github.com/kactl/kactl/pkg/syntax"

	"github.com/kactl/kactl/test/need"
)

func TestOrdered(t *testing.T) {
	at := func(rule, file string, line, column int) diag.Diagnostic {
		r := diag.Range{File: file, Start: diag.Pos{Line: line, Column: column}}
		return diag.Diagnostic{Severity: diag.Error, Rule: rule, Range: r, Message: "m"}
	}
	mild := at("a", "b.conf", 1, 1)
	mild.Severity = diag.Info
	other := at("b", "b.conf", 1, 1)
	other.Related = []diag.Related{{Message: "elsewhere"}}
	nodes := []*lint.Node{
		{Name: "b.conf", Result: &config.Result{Files: []string{"b.conf", "part.conf"}}},
		{Name: "a.conf", Result: &config.Result{Files: []string{"a.conf", "part.conf"}}},
	}
	got := ordered([]diag.Diagnostic{
		at("f", "a.conf", 1, 1), at("e", "part.conf", 3, 1), mild, other, at("d", "b.conf", 2, 9), at("c", "b.conf", 2, 1),
		at("b", "b.conf", 1, 1), at("e", "part.conf", 3, 1), at("b", "b.conf", 1, 1), other,
	}, nodes)
	var order []string
	for _, d := range got {
		order = append(order, d.String())
	}
	want := []string{
		"b.conf:1:1: error: m [b]", // with and without a second place: two findings
		"b.conf:1:1: error: m [b]", "b.conf:1:1: info: m [a]", "b.conf:2:1: error: m [c]", "b.conf:2:9: error: m [d]",
		"part.conf:3:1: error: m [e]", "a.conf:1:1: error: m [f]",
	}
	if d := cmp.Diff(want, order); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestRunTooLarge(t *testing.T) {
	need.Time(t)
	large := strings.NewReader(strings.Repeat("#", 65<<20))
	if _, err := Run(Options{Files: []string{"-"}, Stdin: large}); !errors.Is(err, syntax.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// The brace that is too much would end the block for keepalived; a checker
	// tells of it and reads on.
	a := write("a.conf", "vrrp_instance A {\n    lost {\n    }\n    interface nosuch0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1\n    }\n}\n")
	for _, host := range []bool{false, true} {
		r, err := Run(Options{Files: []string{a, "-"}, Stdin: strings.NewReader("# nothing\n"), Host: host})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Nodes) != 2 || r.Nodes[0].Name != a || r.Nodes[1].Name != Stdin {
			t.Fatalf("nodes: %v", r.Nodes)
		}
		errors, asked := 0, false
		for _, d := range r.Findings {
			if d.Severity == diag.Error {
				errors++
			}
			asked = asked || d.Rule == "unknown-interface"
		}
		if asked != host || (r.Nodes[0].Host != nil) != host || !host && errors != 1 {
			t.Errorf("host %v: %v", host, r.Findings)
		}
		if got := r.Sources.Line(a, 5); got != "    virtual_router_id 51" {
			t.Errorf("line 5 is %q", got)
		}
	}
	_, err := Run(Options{Files: []string{filepath.Join(dir, "x"), a, dir}})
	if err == nil || !strings.Contains(err.Error(), "no file "+dir+"/x") || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("files that cannot be read: %v", err)
	}
}

func TestStatements(t *testing.T) {
	got, err := statements("global_defs {\n}\nvrrp_instance \"A B\" {\n    priority 100\n    virtual_ipaddress {\n        192.0.2.1/24 dev eth0\n    }\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := writeJSON(&b, got); err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "keyword": "global_defs",
    "values": [],
    "block": []
  },
  {
    "keyword": "vrrp_instance",
    "values": [
      "A B"
    ],
    "block": [
      {
        "keyword": "priority",
        "values": [
          "100"
        ]
      },
      {
        "keyword": "virtual_ipaddress",
        "values": [],
        "block": [
          {
            "keyword": "192.0.2.1/24",
            "values": [
              "dev",
              "eth0"
            ]
          }
        ]
      }
    ]
  }
]
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// TestEverythingIsExplained asks for every name that there is.
func TestEverythingIsExplained(t *testing.T) {
	n := 0
	for name := range Names() {
		n++
		var b strings.Builder
		if err := Explain(&b, name); err != nil || !strings.Contains(b.String(), name) {
			t.Errorf("%s: %v: %s", name, err, &b)
		}
	}
	if n < 531 {
		t.Errorf("%d names", n)
	}
}

func TestMasked(t *testing.T) {
	for line, want := range map[string]string{
		"    auth_pass hunter2 x # key": "    auth_pass ******* * * ***",
		"\tAUTH_PASSWD\tgröße }":        "\tAUTH_PASSWD\t***** }",
		"key 1 hex:00ff":                "key * ********",
		"auth_pass":                     "auth_pass",
		"priority 100":                  "priority 100",
	} {
		if got := config.MaskLine(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
