package lint

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"

	"github.com/kactl/kactl/test/need"
)

// want matches the expectation at the end of a line: the column, the severity
// if it is not the rule's, and an expression that the message must match.
var want = regexp.MustCompile(`# want (\d+) (?:(error|warning|info) )?"(.*)"`)

type expectation struct {
	column   int
	severity string
	message  *regexp.Regexp
}

// TestRules runs each rule over its cases, testdata/RULE/NAME.conf for one file
// and testdata/RULE/NAME/*.conf for a cluster. A case that starts with "good"
// must be free of all rules' warnings and errors; in the others the rule must
// find what the lines say, and nothing else. NAME.host is the machine of a case.
func TestRules(t *testing.T) {
	for _, r := range Rules() {
		if r.Node == nil && r.Cluster == nil {
			continue
		}
		t.Run(r.Name, func(t *testing.T) {
			entries, err := os.ReadDir(filepath.Join("testdata", r.Name))
			if err != nil {
				t.Fatal(err)
			}
			var good, bad bool
			for _, e := range entries {
				if !e.IsDir() && filepath.Ext(e.Name()) != ".conf" {
					continue
				}
				isGood := strings.HasPrefix(e.Name(), "good")
				good, bad = good || isGood, bad || !isGood
				t.Run(e.Name(), func(t *testing.T) { checkCase(t, r, filepath.Join("testdata", r.Name, e.Name()), isGood) })
			}
			if !good || !bad {
				t.Errorf("good case: %v, bad case: %v; a rule needs both", good, bad)
			}
		})
	}
}

func checkCase(t *testing.T, r *Rule, path string, good bool) {
	var files []string
	err := filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(p) == ".conf" && !e.IsDir() {
			files = append(files, p)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	var nodes []*Node
	wants := map[string]map[int]expectation{}
	for _, f := range files {
		nodes = append(nodes, loadCase(t, f))
		wants[f] = readWants(t, f)
		if good && len(wants[f]) > 0 {
			t.Errorf("%s is good and wants something", f)
		}
	}
	for _, n := range nodes {
		if good && diag.Max(n.Diagnostics) == diag.Error {
			t.Errorf("the language finds in a good case: %v", n.Diagnostics)
		}
	}
	for _, d := range Check(nodes, true) {
		switch {
		case good && d.Severity > diag.Info, good && d.Rule == r.Name:
			t.Errorf("found in a good case: %v", d)
		case good || d.Rule != r.Name:
		default:
			w, ok := wants[d.Range.File][d.Range.Start.Line]
			delete(wants[d.Range.File], d.Range.Start.Line)
			if !ok || w.column != d.Range.Start.Column || !w.message.MatchString(d.Message) ||
				w.severity != "" && w.severity != d.Severity.String() || w.severity == "" && d.Severity != r.Severity {
				t.Errorf("not wanted: %v", d)
			}
		}
	}
	for f, lines := range wants {
		for n, w := range lines {
			t.Errorf("%s:%d:%d: not found: %v", f, n, w.column, w.message)
		}
	}
}

func loadCase(t *testing.T, path string) *Node {
	t.Helper()
	res, err := config.Load(path, config.Options{Policy: syntax.Intent})
	if err != nil {
		t.Fatal(err)
	}
	return &Node{Name: path, Result: res, Host: hostOf(t, strings.TrimSuffix(path, ".conf")+".host")}
}

func readWants(t *testing.T, path string) map[int]expectation {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wants := map[int]expectation{}
	n := 0
	for l := range strings.Lines(string(data)) {
		n++
		m := want.FindStringSubmatch(l)
		if m == nil {
			if strings.Contains(l, "# want") {
				t.Errorf("%s:%d: cannot read what is wanted", path, n)
			}
			continue
		}
		column, _ := strconv.Atoi(m[1])
		wants[n] = expectation{column, m[2], regexp.MustCompile(m[3])}
	}
	return wants
}

// TestRegistry holds every rule to what the listing and --explain print.
func TestRegistry(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.Name] {
			t.Errorf("%s is there twice", r.Name)
		}
		seen[r.Name] = true
		if r.Severity == 0 || r.Doc == "" || strings.HasSuffix(r.Doc, ".") || strings.Contains(r.Doc, "\n") || r.Why == "" {
			t.Errorf("%s: severity, doc or why are not as they should be", r.Name)
		}
		if (r.Node != nil || r.Cluster != nil) && (r.Bad == "" || r.Good == "") {
			t.Errorf("%s has no examples", r.Name)
		}
	}
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !seen[e.Name()] {
			t.Errorf("testdata/%s is of no rule", e.Name())
		}
	}
}

// TestManyFindings bounds what is kept of a rule, and the time that it takes.
func TestManyFindings(t *testing.T) {
	need.Time(t)
	const n = 50_000
	text := "vrrp_instance a {\nvirtual_ipaddress {\n" + strings.Repeat("192.0.2.1\n", n) + "}\n}\n"
	path := filepath.Join(t.TempDir(), "k.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := config.Load(path, config.Options{Policy: syntax.Intent})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan []diag.Diagnostic)
	go func() { done <- Check([]*Node{{Name: path, Result: r}}, false) }()
	select {
	case found := <-done:
		of := map[string]int{}
		last := ""
		for _, d := range found {
			if of[d.Rule]++; d.Rule == "vip-without-mask" {
				last = d.Message
			}
		}
		if of["vip-without-mask"] != 2001 || !strings.Contains(last, "48000 more") {
			t.Errorf("%v, the last one %q", of, last)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("takes more than 30 s")
	}
}
