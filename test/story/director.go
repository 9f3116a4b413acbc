package story

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// probePace is how often a client asks who has an address, answerLimit how long
// it may take to hear it from the one who has.
const (
	probePace   = 50 * time.Millisecond
	answerLimit = 2 * time.Second
)

// start starts a director on a file of the example, with all the others beside
// it, in the place that they have on a machine of their own. With capabilities it
// has these and is the first process of a container.
func (s *story) start(w []string) {
	s.t.Helper()
	text, files := find(s, "file", s.files, w[1]), map[string]string{}
	for path, content := range s.files {
		files[path] = content
	}
	if s.directors[w[0]] != nil {
		s.t.Fatalf("%s has been started", w[0])
	}
	s.event()
	// The files that the story has written there stay.
	c := lab.Config{Kind: s.kind, Text: text, Files: files, InPlace: true}
	if len(w) > 2 {
		c.First, c.Capabilities = true, strings.Split(w[2], ",")
	}
	s.directors[w[0]] = s.host(w[0]).Start(c)
}

// stop stops a director in order, and demands that it resigns from every virtual
// router that it is master of: nobody has to wait until it is missed.
func (s *story) stop(w []string) {
	s.t.Helper()
	s.event()
	var due []func()
	for name, net := range s.segments {
		for _, vrid := range net.capture.MasterOf(w[0]) {
			due = append(due, func() {
				s.within("1s", fmt.Sprintf("%s resigns from %d on %s", w[0], vrid, name), func() bool {
					return net.capture.Resigned(w[0], vrid, s.since)
				})
			})
		}
	}
	s.director(w[0]).Stop()
	for _, resigns := range due {
		resigns()
	}
}

// owners are the hosts with directors that have an address.
func (s *story) owners(vip string) []string {
	s.t.Helper()
	var out []string
	for name := range s.directors {
		if s.host(name).HasAddr(s.addr(vip)) {
			out = append(out, name)
		}
	}
	return out
}

func (s *story) has(vip string, names ...string) bool {
	s.t.Helper()
	return strings.Join(s.owners(vip), " ") == strings.Join(names, " ")
}

// owner demands that one director alone has an address, and that the client
// hears it from that one.
func (s *story) owner(w []string) {
	s.t.Helper()
	vip, name := w[0], w[1]
	s.within(w[2], fmt.Sprintf("%s alone has %s", name, vip), func() bool { return s.has(vip, name) })
	s.probe(s.addr(vip)).WaitOwner(name, answerLimit)
}

func (s *story) keeps(w []string) {
	s.t.Helper()
	vip, name := w[0], w[1]
	lab.Always(s.t, s.duration(w[2]), fmt.Sprintf("%s alone has %s", name, vip), func() bool { return s.has(vip, name) })
}

func (s *story) nobody(w []string) {
	s.t.Helper()
	s.within(w[1], "nobody has "+w[0], func() bool { return s.has(w[0]) })
}

func (s *story) log(w []string) {
	s.t.Helper()
	d, text := s.director(w[0]), strings.Join(w[2:], " ")
	s.within(w[1], fmt.Sprintf("%s logs %q", w[0], text), func() bool { return d.CountLog(s.since, text) > 0 })
}

// path is where a file of a director's machine is: below /etc/keepalived or
// /run, which are its own.
func (s *story) path(host, name string) string {
	s.t.Helper()
	for from, to := range map[string]string{"/etc/keepalived/": "", "/run/": "run"} {
		if rest, ok := strings.CutPrefix(name, from); ok {
			return filepath.Join(s.lab.Dir(), host, to, rest)
		}
	}
	s.t.Fatalf("%s is not below /etc/keepalived or /run", name)
	return ""
}

// write writes a file of a director's machine, before its start or after.
func (s *story) write(w []string) {
	s.t.Helper()
	s.event()
	path := s.path(s.host(w[0]).Name, w[1])
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(strings.Join(w[2:], " ")), 0o644)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) remove(w []string) {
	s.t.Helper()
	s.event()
	if err := os.Remove(s.path(w[0], w[1])); err != nil {
		s.t.Fatal(err)
	}
}

// says demands that a file of a director's machine has this one line.
func (s *story) says(w []string) {
	s.t.Helper()
	text := strings.Join(w[3:], " ")
	s.within(w[2], fmt.Sprintf("%s of %s says %q", w[1], w[0], text), func() bool {
		got, err := os.ReadFile(s.path(w[0], w[1]))
		return err == nil && string(got) == text+"\n"
	})
}
