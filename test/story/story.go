// Package story runs the stories of the examples: what a README promises, as
// lines that build a network, start directors on it with the files that the
// user gets, break things, and say what must follow.
//
// A line is a command with its words, "..." around one with spaces; "#" begins
// a comment. A line that begins with "kactl:" or "keepalived:" is only for that
// director. The commands are in network.go, director.go and balance.go.
package story

import (
	"bufio"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// A story is one that is being told.
type story struct {
	t     testing.TB
	kind  lab.Kind
	files map[string]string // of the example, by path

	lab       *lab.Lab
	segments  map[string]*segment
	hosts     map[string]*lab.Host
	directors map[string]*lab.Director
	servers   map[string]*lab.Server
	processes map[string]*exec.Cmd
	probes    map[netip.Addr]*lab.Probe
	// since is when the last event was, which limits are counted from.
	since time.Time
}

// A command does what a line says. It ends the test itself if that fails.
type command struct {
	words int // at the least, without the name
	usage string
	run   func(*story, []string)
}

// Run tells the story in the file at path with the files of the example in dir
// and directors of a kind, and once more if the machine stood still meanwhile:
// see [lab.Retell].
func Run(t *testing.T, kind lab.Kind, path, dir string) {
	t.Helper()
	lab.Retell(t, func(t testing.TB) { tell(t, kind, path, dir) })
}

func tell(t testing.TB, kind lab.Kind, path, dir string) {
	t.Helper()
	s := &story{
		t: t, kind: kind, files: example(t, dir), lab: lab.New(t),
		segments: map[string]*segment{}, hosts: map[string]*lab.Host{},
		directors: map[string]*lab.Director{}, servers: map[string]*lab.Server{},
		processes: map[string]*exec.Cmd{}, probes: map[netip.Addr]*lab.Probe{},
		since: time.Now(),
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	at := ""
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		t.Logf("at %s", at)
		for name, d := range s.directors {
			t.Logf("%s:\n%s", name, d.Dump())
		}
	})
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		at = fmt.Sprintf("%s:%d: %s", filepath.Base(path), n, lines.Text())
		s.line(lines.Text())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(s.directors) == 0 {
		t.Fatal("the story starts no director")
	}
}

func (s *story) line(text string) {
	s.t.Helper()
	if only, rest, ok := strings.Cut(text, ": "); ok && (only == string(lab.Kactl) || only == string(lab.Keepalived)) {
		if only != string(s.kind) {
			return
		}
		text = rest
	}
	words := split(text)
	if len(words) == 0 {
		return
	}
	c, ok := commands[words[0]]
	if !ok {
		s.t.Fatalf("no such command: %q", words[0])
	}
	if len(words) <= c.words {
		s.t.Fatalf("usage: %s %s", words[0], c.usage)
	}
	c.run(s, words[1:])
}

// split takes a line apart.
func split(text string) []string {
	var words []string
	for text = strings.TrimSpace(text); text != "" && text[0] != '#'; text = strings.TrimSpace(text) {
		word, rest, quoted := "", "", text[0] == '"'
		if quoted {
			word, rest, _ = strings.Cut(text[1:], `"`)
		} else {
			word, rest, _ = strings.Cut(text, " ")
		}
		words, text = append(words, word), rest
	}
	return words
}

// example reads the files that a user gets, by their paths below dir.
func example(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	root := os.DirFS(dir)
	if err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, path)
		files[path] = string(text)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// event notes that something happens now that the next lines wait for.
func (s *story) event() { s.since = time.Now() }

// within waits until cond holds, for limit from the last event on: so long it
// takes where nothing is in the way, see [lab.Slack].
func (s *story) within(limit, what string, cond func() bool) {
	s.t.Helper()
	d := time.Until(s.since.Add(s.duration(limit)))
	took := lab.Eventually(s.t, max(d, 0), what, cond)
	s.t.Logf("%s, after %v", what, (s.duration(limit) - d + took).Round(10*time.Millisecond))
}

func (s *story) duration(text string) time.Duration {
	s.t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func (s *story) addr(text string) netip.Addr {
	s.t.Helper()
	a, err := netip.ParseAddr(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *story) addrPort(text string) netip.AddrPort {
	s.t.Helper()
	a, err := netip.ParseAddrPort(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// find is what a map has under a name that the story uses.
func find[V any](s *story, what string, m map[string]V, name string) V {
	s.t.Helper()
	v, ok := m[name]
	if !ok {
		s.t.Fatalf("there is no %s %s", what, name)
	}
	return v
}

func (s *story) host(name string) *lab.Host { return find(s, "host", s.hosts, name) }

func (s *story) director(name string) *lab.Director {
	return find(s, "director", s.directors, name)
}
