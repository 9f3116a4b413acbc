// Package examples tests the clusters of examples/: every folder is clean to
// kactl check, and does what its README promises, which testdata has as a story.
// Those that balance are told in test/examples/lvs, on a kernel that can.
package examples

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/test/lab"
	"github.com/kactl/kactl/test/story"
)

func TestMain(m *testing.M) { lab.TestMain(m, false, "keepalived", "curl") }

const examples = "../../examples"

// folders are the examples' names.
func folders(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(examples)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, e.Name())
		}
	}
	if len(out) < 10 {
		t.Fatalf("%d examples", len(out))
	}
	return out
}

// nodes are the files of an example's nodes.
func nodes(t *testing.T, name string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(examples, name, "*.conf"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%s: %v, %v; want a file for each of two nodes", name, files, err)
	}
	return files
}

// balances tells whether a cluster has virtual servers.
func balances(t *testing.T, name string) bool {
	t.Helper()
	text, err := os.ReadFile(nodes(t, name)[0])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(text), "\nvirtual_server ")
}

// TestWhole demands of every example its parts, and of every story an example.
func TestWhole(t *testing.T) {
	var told []string
	for _, dir := range []string{"testdata", "lvs/testdata"} {
		stories, err := filepath.Glob(dir + "/*.story")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range stories {
			told = append(told, strings.TrimSuffix(filepath.Base(path), ".story"))
		}
	}
	slices.Sort(told)
	if d := cmp.Diff(folders(t), told); d != "" {
		t.Errorf("examples and stories (-examples +stories):\n%s", d)
	}
	index, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range folders(t) {
		readme, err := os.ReadFile(filepath.Join(examples, name, "README.md"))
		if err != nil {
			t.Error(err)
		}
		for _, file := range nodes(t, name) {
			if !strings.Contains(string(readme), "`"+filepath.Base(file)+"`") {
				t.Errorf("%s: its README does not speak of %s", name, filepath.Base(file))
			}
		}
		if !strings.Contains(string(index), "(examples/"+name+")") {
			t.Errorf("the README of the project does not list %s", name)
		}
	}
}

// TestCheck reads every example as its user is told to: all nodes at once, from
// their folder.
func TestCheck(t *testing.T) {
	for _, name := range folders(t) {
		t.Run(name, func(t *testing.T) {
			args := []string{"check", "--fail-on", "warning"}
			for _, file := range nodes(t, name) {
				args = append(args, filepath.Base(file))
			}
			cmd := exec.Command(os.Getenv(lab.BinaryVar), args...)
			cmd.Dir = filepath.Join(examples, name)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "no findings") {
				t.Errorf("kactl %s: %v\n%s", strings.Join(args, " "), err, out)
			}
		})
	}
}

// TestFirstConfiguration reads the one that the README of the project begins with.
func TestFirstConfiguration(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## A first configuration\n")
	section, _, ok := strings.Cut(section, "\nThe second director")
	var file strings.Builder
	for line := range strings.Lines(section) {
		if text, indented := strings.CutPrefix(line, "    "); indented {
			file.WriteString(text)
		}
	}
	if !ok || !strings.Contains(file.String(), "\nvirtual_server ") {
		t.Fatalf("it has no configuration:\n%s", section)
	}
	cmd := exec.Command(os.Getenv(lab.BinaryVar), "check", "-")
	cmd.Stdin = strings.NewReader(file.String())
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "no findings") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestStories tells them with kactl, and with keepalived, on the same files: what
// an example promises is no more than what keepalived does.
func TestStories(t *testing.T) {
	for _, name := range folders(t) {
		if balances(t, name) {
			continue
		}
		for _, kind := range []lab.Kind{lab.Kactl, lab.Keepalived} {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				story.Run(t, kind, filepath.Join("testdata", name+".story"), filepath.Join(examples, name))
			})
		}
	}
}
