package config_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// TestOracle compares Load with keepalived -t on every case of testdata/oracle:
// the exit status, and the lines that are reported.
func TestOracle(t *testing.T) {
	ns := namespace(t)
	paths, err := filepath.Glob("testdata/oracle/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	unsafe := filepath.Join(dir, "unsafe.sh")
	writeFile(t, unsafe, "#!/bin/sh\n", 0o777)
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ := strings.Cut(name, ".") // the config id
	var n atomic.Int64                   // of files
	for _, p := range paths {
		for _, c := range readCases(t, p) {
			t.Run(strings.TrimSuffix(filepath.Base(p), ".txt")+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				text := strings.NewReplacer("$UNSAFE", unsafe, "<HOST>", host).Replace(c.text)
				file := filepath.Join(dir, fmt.Sprintf("k%d.conf", n.Add(1)))
				writeFile(t, file, text, 0o644)
				defer os.Remove(file)
				compare(t, c, file, ns)
			})
		}
	}
}

// TestOracleTutorials does the same with whole files.
func TestOracleTutorials(t *testing.T) {
	ns := namespace(t)
	paths, err := filepath.Glob("testdata/tutorials/*.conf")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, p := range paths {
		name := filepath.Base(p)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A missing interface keeps keepalived from further checks, and
			// whether a mail server's name resolves is not ours to say.
			loose := name == "all-keywords.conf" || name == "nginx.conf"
			compare(t, oracleCase{name: name, anyLines: loose}, p, ns)
		})
	}
}

func writeFile(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func compare(t *testing.T, c oracleCase, file, ns string) {
	t.Helper()
	want := runKeepalived(t, ns, file)
	r, err := config.Load(file, config.Options{Host: oracleHost{}, Policy: syntax.Keepalived})
	if err != nil {
		t.Fatal(err)
	}
	got := reported(r.Diagnostics)
	if int(r.Status) != want.status || !c.anyLines && !want.agrees(got) {
		t.Errorf("status %d, want %d; lines %v, want %v and %d without\nours:\n%s\nkeepalived:\n%s\nfile:\n%s",
			r.Status, want.status, got, want.lines, want.unplaced, list(r.Diagnostics), want.text, c.text)
	}
}

// answer is what keepalived -t said.
type answer struct {
	status   int
	lines    []int
	unplaced int // different messages without a line
	text     string
}

// agrees reports whether ours are the lines of a, and at most one more for each
// message that names none.
func (a answer) agrees(ours []int) bool {
	for _, n := range a.lines {
		if !slices.Contains(ours, n) {
			return false
		}
	}
	more := 0
	for _, n := range ours {
		if !slices.Contains(a.lines, n) {
			more++
		}
	}
	return more <= a.unplaced
}

var lineNumber = regexp.MustCompile(`^\((?:.*: )?Line (\d+)\) `)

func runKeepalived(t *testing.T, ns, file string) answer {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("ip", "netns", "exec", ns, "keepalived", "-t", "-f", file)
	cmd.Stderr = &stderr
	a := answer{}
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Fatalf("run keepalived: %v", err)
		}
		if a.status = exit.ExitCode(); a.status == -1 || a.status > 128 {
			a.status = int(config.Faulty) // it crashes on some faults
		}
	}
	unplaced := map[string]bool{}
	lines := map[int]bool{}
	for l := range strings.Lines(stderr.String()) {
		if m := lineNumber.FindStringSubmatch(l); m != nil {
			n, _ := strconv.Atoi(m[1])
			lines[n] = true
		} else {
			unplaced[l] = true
		}
	}
	a.lines, a.unplaced, a.text = slices.Sorted(maps.Keys(lines)), len(unplaced), stderr.String()
	return a
}

// reported are the lines of the errors, and of the warnings about what
// keepalived logs.
func reported(ds []diag.Diagnostic) []int {
	lines := map[int]bool{}
	for _, x := range ds {
		if x.Severity == diag.Error || strings.HasPrefix(x.Rule, "include") || x.Rule == "file-skipped" {
			lines[x.Range.Start.Line] = true
		}
	}
	return slices.Sorted(maps.Keys(lines))
}

func list(ds []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range ds {
		fmt.Fprintf(&b, "  %s\n", d)
	}
	return b.String()
}

type oracleCase struct {
	name, text string
	anyLines   bool // only the status is compared
}

var repeat = regexp.MustCompile(`<(\d+)x(.)>`)

// readCases reads "=== NAME" or, where only the status is to be compared,
// "=~= NAME", each with its text below. <NUL>, <CR>, <FF> and <5xa> (aaaaa)
// stand for what an editor spoils.
func readCases(t *testing.T, path string) []oracleCase {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []oracleCase
	for l := range strings.Lines(string(data)) {
		name, head := strings.CutPrefix(l, "=== ")
		loose := false
		if !head {
			name, loose = strings.CutPrefix(l, "=~= ")
		}
		if head || loose {
			cases = append(cases, oracleCase{name: strings.TrimSpace(name), anyLines: loose})
			continue
		}
		c := &cases[len(cases)-1]
		c.text += repeat.ReplaceAllStringFunc(l, func(m string) string {
			p := repeat.FindStringSubmatch(m)
			n, _ := strconv.Atoi(p[1])
			return strings.Repeat(p[2], n)
		})
	}
	r := strings.NewReplacer("<NUL>", "\x00", "<CR>", "\r", "<FF>", "\xff", "<TAB>", "\t", "<NONL>\n", "")
	for i := range cases {
		cases[i].text = r.Replace(cases[i].text)
	}
	return cases
}
