package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kactl/kactl/cmd"
	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/test/need"
)

// top is where this repository begins.
const top = "../.."

// TestUpToDate generates the files anew and compares them with those that are
// here.
func TestUpToDate(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "man"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "man/kactl-former.1"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := generate(dir); err != nil {
		t.Fatal(err)
	}
	want, got := readAll(t, dir), readAll(t, top)
	if len(want) < 8 {
		t.Errorf("%d files were generated", len(want))
	}
	if _, ok := want["man/kactl-former.1"]; ok {
		t.Error("a page of a command that is gone is kept")
	}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s is not what its sources yield: run make generate", name)
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("%s has no source: run make generate", name)
	}
}

// readAll returns the files in the directories of dir.
func readAll(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, d := range directories {
		names, err := filepath.Glob(filepath.Join(dir, d, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[d+"/"+filepath.Base(name)] = string(text)
		}
	}
	return files
}

// TestPagesAreSound has two formatters find faults in the pages.
func TestPagesAreSound(t *testing.T) {
	need.Time(t)
	pages, err := filepath.Glob(filepath.Join(top, "man", "*"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, formatter := range [][]string{
		{"mandoc", "-Tlint", "-Wwarning"},
		{"groff", "-man", "-ww", "-z", "-Tutf8"},
	} {
		t.Run(formatter[0], func(t *testing.T) {
			if _, err := exec.LookPath(formatter[0]); err != nil {
				need.Missing(t, "%v", err)
			}
			for _, page := range pages {
				out, _ := exec.Command(formatter[0], append(formatter[1:], page)...).CombinedOutput()
				for line := range strings.Lines(string(out)) {
					// A date would be that of the build.
					if !strings.Contains(line, "missing date") {
						t.Error(strings.TrimSpace(line))
					}
				}
			}
		})
	}
}

// TestNoHyphens looks for words that are taken apart at the end of a line, for
// nobody finds a keyword that is.
func TestNoHyphens(t *testing.T) {
	if _, err := exec.LookPath("groff"); err != nil {
		need.Missing(t, "%v", err)
	}
	out, err := exec.Command("groff", "-man", "-Tutf8", filepath.Join(top, "man", "kactl.conf.5")).Output()
	if err != nil || !bytes.Contains(out, []byte("virtual_router_id")) {
		t.Fatalf("%v\n%.100s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasSuffix(strings.TrimSpace(line), "\u2010") {
			t.Error(strings.TrimSpace(line))
		}
	}
}

// TestSections demands of every page what a reader looks for.
func TestSections(t *testing.T) {
	files, err := generated()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"man/kactl.1":         "NAME SYNOPSIS DESCRIPTION COMMANDS OPTIONS EXIT STATUS ENVIRONMENT FILES SEE ALSO",
		"man/kactl-run.1":     "NAME SYNOPSIS DESCRIPTION OPTIONS SIGNALS EXIT STATUS EXAMPLES ENVIRONMENT FILES SEE ALSO",
		"man/kactl-version.1": "NAME SYNOPSIS DESCRIPTION OPTIONS EXIT STATUS EXAMPLES SEE ALSO",
	}
	for _, c := range commands(cmd.Root()) {
		name := "man/" + pageName(c) + ".1"
		if want[name] == "" {
			want[name] = "NAME SYNOPSIS DESCRIPTION OPTIONS EXIT STATUS EXAMPLES ENVIRONMENT FILES SEE ALSO"
		}
	}
	for name, sections := range want {
		var got []string
		for line := range strings.Lines(string(files[name])) {
			if title, ok := strings.CutPrefix(line, ".SH "); ok {
				got = append(got, strings.Trim(title, "\"\n"))
			}
		}
		if s := strings.Join(got, " "); s != sections {
			t.Errorf("%s has %s, want %s", name, s, sections)
		}
	}
}

// TestEveryKeyword looks for each keyword in kactl.conf(5).
func TestEveryKeyword(t *testing.T) {
	text := configuration()
	n := 0
	for path, k := range config.Keywords() {
		n++
		if !bytes.Contains(text, []byte("\n"+bold(k.Name))) {
			t.Errorf("%s is not in the manual", path)
		}
	}
	for path, k := range config.Words() {
		if !bytes.Contains(text, []byte("\n"+bold(k.Name))) {
			t.Errorf("the word %s is not in the manual", path)
		}
	}
	if n < 400 {
		t.Errorf("%d keywords", n)
	}
	for _, want := range []string{
		// The whole of an entry.
		".TP\n" + `\fBpriority\fR \fINUMBER\fR` + "\nThe highest one becomes master; 255 is the owner of the addresses.\n" +
			"Default: 100, or 255 with state MASTER.\nLimits: 1 to 255.\n.TP\n",
		"\nIt takes the keywords of track_file.\n",
	} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("the manual lacks %q", want)
		}
	}
}

func TestProse(t *testing.T) {
	for in, want := range map[string]string{
		"with --fail-on, or -o":   `with \fB\-\-fail\-on\fR, or \fB\-o\fR`,
		"- is the input; -254":    "- is the input; -254",
		"in /etc/kactl/a.yaml.":   `in \fI/etc/kactl/a.yaml\fR.`,
		`a \n and ~`:              `a \en and ~`,
		".conf":                   `\&.conf`,
		"see kactl.conf(5), f(x)": `see \fBkactl.conf\fR(5), f(x)`,
	} {
		if got := prose(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestStatuses(t *testing.T) {
	p := new(page)
	split("x does it.\n\nExit status: 0 fine, 1 not,\n2 wrong, or in 3 parts.\n\nSignals: none.").sections[0].write(p)
	want := ".TP\n0\nFine.\n.TP\n1\nNot.\n.TP\n2\nWrong, or in 3 parts.\n"
	if got := p.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
