// Package lab builds networks out of namespaces, bridges and veth pairs, puts
// directors, real servers and clients on them, breaks them, and measures what
// a client sees.
//
// Everything runs in one process, but for the directors: real servers and
// clients are goroutines whose sockets were opened in a host's namespace.
// Namespaces have no name, so that the kernel takes them away with the
// process, however that ends; a director dies with it too.
//
// A lab belongs to one test:
//
//	l := lab.New(t)
//	net := l.Segment("lan")
//	lb1 := l.Host("lb1", net, "198.51.100.11/24")
//	client := l.Host("client", net, "198.51.100.9/24")
//	d := lb1.Start(lab.Config{Text: conf})
//	probe := client.ProbeARP(netip.MustParseAddr("203.0.113.16"), 50*time.Millisecond)
//	lb1.Cut()
//	...
//
// What a helper cannot do ends the test through T.Fatalf, so helpers return no
// errors; call them from the test's own goroutine.
package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// T is what a lab needs of a test. *testing.T is one; a program that is no
// test gives its own.
type T interface {
	Helper()
	Name() string
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// A Lab is one network with what runs on it.
type Lab struct {
	t      T
	dir    string
	began  time.Time
	bridge *Namespace // holds the bridges, apart from every host
	hosts  []*Host
	segs   []*Segment

	mu    sync.Mutex
	names map[string]string // who has a hardware address
}

// New makes an empty lab that the test's cleanup takes away.
func New(t T) *Lab {
	t.Helper()
	watchStalls()
	// Not in /tmp: a script below a directory that all may write to is unsafe
	// to a director.
	dir, err := os.MkdirTemp("/run", "kactl-lab-")
	if err != nil {
		t.Fatalf("lab: make a directory: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l := &Lab{t: t, dir: dir, began: time.Now(), names: map[string]string{}}
	l.check(os.Chmod(dir, 0o755), "open %s to all", dir)
	l.bridge = l.namespace("bridges")
	return l
}

func (l *Lab) namespace(what string) *Namespace {
	l.t.Helper()
	ns, err := NewNamespace()
	if err != nil {
		l.t.Fatalf("make a network namespace for %s: %v", what, err)
	}
	l.t.Cleanup(ns.Close)
	return ns
}

// Since is the time since the lab was made, for narration.
func (l *Lab) Since(t time.Time) time.Duration { return t.Sub(l.began).Round(time.Millisecond) }

// NameOf is the host that has a hardware address, or the address itself.
func (l *Lab) NameOf(mac string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if name, ok := l.names[mac]; ok {
		return name
	}
	return mac
}

// Dir is the lab's own directory, with one below it for each host that has a
// director.
func (l *Lab) Dir() string { return l.dir }

// Hosts are the lab's hosts in the order they were made.
func (l *Lab) Hosts() []*Host { return slices.Clone(l.hosts) }

// WriteFile writes a file below the lab's own directory and returns its path.
// A text that begins with "#!" becomes executable.
func (l *Lab) WriteFile(name, text string) string {
	l.t.Helper()
	path := filepath.Join(l.dir, name)
	mode := os.FileMode(0o644)
	if len(text) > 2 && text[:2] == "#!" {
		mode = 0o755
	}
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), mode)
	}
	if err == nil {
		err = os.Chmod(path, mode)
	}
	if err != nil {
		l.t.Fatalf("write %s: %v", name, err)
	}
	return path
}

// check ends the test if an operation of the lab itself failed.
func (l *Lab) check(err error, format string, args ...any) {
	l.t.Helper()
	if err != nil {
		l.t.Fatalf("lab: %s: %v", fmt.Sprintf(format, args...), err)
	}
}
