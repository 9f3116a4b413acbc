package rssetup

import (
	"encoding/json"
	"errors"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/rootonly"

	"github.com/kactl/kactl/test/need"
)

// Whatever a journal names, nothing but what a run changes is changed.
func TestForeignJournal(t *testing.T) {
	need.Time(t)
	v := func(s string) *string { return &s }
	step := func(kind Kind, name, device string, from *string) journal {
		return journal{Steps: []Step{{Thing{kind, name, device}, v("1"), from}}}
	}
	target := func(change func(*Target)) journal {
		t := dr("203.0.113.16/32")
		change(&t[0])
		return journal{Targets: t}
	}
	for name, j := range map[string]journal{
		"a file":                 step(File, "/etc/passwd", "", v("root::0:0::/:/bin/sh\n")),
		"a file, with a device":  step(File, unitFile, "lo", nil),
		"a file, by another way": step(File, "/etc/systemd/system/../system/"+unitName, "", nil),
		"a file, as a link":      step(Symlink, sysctlFile, "", v("/etc/shadow")),
		"a link":                 step(Symlink, "/etc/resolv.conf", "", nil),
		"a link, as a file":      step(File, wantsLink, "", v("")),
		"a program":              step(File, "/usr/bin/kactl", "", nil),
		"no name":                step(File, "", "", nil),
		"another sysctl":         step(Sysctl, "kernel/core_pattern", "", v("|/tmp/x")),
		"one outside of /proc":   step(Sysctl, "net/ipv4/conf/../../../../../etc/x/rp_filter", "", v("1")),
		"one of ..":              step(Sysctl, "net/ipv4/conf/../rp_filter", "", v("1")),
		"one of the interface":   step(Sysctl, "net/ipv4/conf/lo/forwarding", "", v("1")),
		"one of IPv6":            step(Sysctl, "net/ipv6/conf/lo/disable_ipv6", "", v("1")),
		"one with a text":        step(Sysctl, "net/ipv4/conf/lo/rp_filter", "", v("1\n2")),
		"a switch of no name":    step(Switch, "", "", v("up")),
		"a switch of a path":     step(Switch, "../lo", "", v("up")),
		"a switch to elsewhere":  {Steps: []Step{{Thing{Switch, "lo", ""}, v("up"), v("sideways")}}},
		"no address":             step(Address, "lo", "lo", nil),
		"a label of two lines":   step(Address, "203.0.113.16/32", "lo", v("lo\n")),
		"an address on nothing":  step(Address, "203.0.113.16/32", "", nil),
		"another kind":           step("route", "203.0.113.16/32", "lo", nil),
		"a target of no mode":    target(func(t *Target) { t.Mode = "nat" }),
		"a target of two lines":  target(func(t *Target) { t.Device = "lo\nExecStart=/tmp/x" }),
		"a label in two lines":   target(func(t *Target) { t.Label = "lo\nExecStart=/tmp/x" }),
		"no virtual address":     target(func(t *Target) { t.VIP = netip.MustParsePrefix("127.0.0.1/8") }),
		"none at all":            target(func(t *Target) { t.VIP = netip.Prefix{} }),
		"an interface's path":    {Indexes: map[string]int{"../../x": 1}},
	} {
		for _, boot := range []string{"boot-1 net:[1]", "boot-0 net:[1]"} {
			f := newFake()
			s := f.setup(t)
			apply(t, s, Options{Targets: dr("203.0.113.17/32"), Persist: true})
			before := maps.Clone(f.st.Values)
			own, err := s.store.load(f.boot)
			if err != nil {
				t.Fatal(err)
			}
			own.Boot = boot
			own.Steps = append(own.Steps, j.Steps...)
			own.Targets = append(own.Targets, j.Targets...)
			if j.Indexes != nil {
				own.Indexes = j.Indexes
			}
			text, err := json.Marshal(own)
			if err == nil {
				err = os.WriteFile(s.store.path, text, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			_, undo := s.Undo(false)
			_, dry := s.Undo(true)
			_, add := s.Apply(Options{Targets: dr("203.0.113.18/32"), Program: "/usr/bin/kactl"})
			_, status := s.Status(nil)
			for _, err := range []error{undo, dry, add, status} {
				if err == nil || !strings.Contains(err.Error(), s.store.path) || !strings.Contains(err.Error(), "move the file away") {
					t.Errorf("%s: %v", name, err)
				}
			}
			if d := cmp.Diff(before, f.st.Values); d != "" {
				t.Errorf("%s: it was changed:\n%s", name, d)
			}
		}
	}
}

// What runs note passes, by any name that the kernel lets an interface have.
func TestOwnJournal(t *testing.T) {
	for _, name := range []string{"dummy0", "eth0.100", "wg-a_b", "ü+x", "all", "fifteenletters0"} {
		list := dr("203.0.113.16/32", "2001:db8::16/128")
		for i := range list {
			list[i].Device = name
		}
		list[0].Label = name[:min(len(name), 10)] + ":1"
		f := newFake()
		f.st.Links = append(f.st.Links, Link{Name: name, Index: 9, Silent: true})
		f.st.Values[Thing{Kind: Switch, Name: name}] = "down"
		s := f.setup(t)
		before := maps.Clone(f.st.Values)
		apply(t, s, Options{Targets: list, Persist: true})
		f.st.Links[len(f.st.Links)-1].Name = "longer-by-much9"
		apply(t, s, Options{Targets: dr("203.0.113.17/32")})
		f.st.Links[len(f.st.Links)-1].Name = name
		undo(t, s)
		for thing := range before {
			if f.st.Values[thing] != before[thing] {
				t.Errorf("%s: %v is %q, want %q", name, thing, f.st.Values[thing], before[thing])
			}
		}
	}
}

// A journal that others can have written is not read, and not written either.
func TestJournalOfOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		root bool // it takes root
		make func(dir, path string) error
	}{
		"a directory that all may write to": {false, func(dir, path string) error { return os.Chmod(dir, 0o777) }},
		"a sticky one":                      {false, func(dir, path string) error { return os.Chmod(dir, 0o777|os.ModeSticky) }},
		"one of a group's":                  {false, func(dir, path string) error { return os.Chmod(dir, 0o775) }},
		"one of another user":               {true, func(dir, path string) error { return os.Chown(dir, 65534, 0) }},
		"one by a link": {false, func(dir, path string) error {
			return errors.Join(os.Rename(dir, dir+".real"), os.Symlink(dir+".real", dir))
		}},
		"one in such a one":            {false, func(dir, path string) error { return os.Chmod(filepath.Dir(dir), 0o777) }},
		"a file that all may write to": {false, func(dir, path string) error { return os.Chmod(path, 0o666) }},
		"a file of another user":       {true, func(dir, path string) error { return os.Chown(path, 65534, 0) }},
		"a file by a link": {false, func(dir, path string) error {
			return errors.Join(os.Rename(path, path+".real"), os.Symlink(path+".real", path))
		}},
		"a file with two names": {false, func(dir, path string) error { return os.Link(path, path+".other") }},
		"a fifo":                {false, func(dir, path string) error { return errors.Join(os.Remove(path), unix.Mkfifo(path, 0o644)) }},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.root {
				need.Root(t)
			}
			f := newFake()
			s := f.setup(t)
			s.store.path = filepath.Join(s.store.root, "var", "kactl", "rs-setup.json")
			apply(t, s, Options{Targets: dr("203.0.113.17/32")})
			if err := tt.make(filepath.Dir(s.store.path), s.store.path); err != nil {
				t.Fatal(err)
			}
			f.sets = 0
			_, undo := s.Undo(false)
			_, dry := s.Undo(true)
			_, add := s.Apply(Options{Targets: dr("203.0.113.18/32")})
			_, status := s.Status(nil)
			for _, err := range []error{undo, dry, add, status} {
				if err == nil || errors.Is(err, ErrNothing) || !strings.Contains(err.Error(), filepath.Dir(s.store.path)) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if f.sets != 0 {
				t.Errorf("%s: %d changes", name, f.sets)
			}
		})
	}
}

// Who holds everything that all may open holds nobody up.
func TestHeld(t *testing.T) {
	f := newFake()
	s := f.setup(t)
	apply(t, s, Options{Targets: dr("203.0.113.16/32")})
	for _, path := range []string{filepath.Dir(s.store.path), s.store.path, s.store.root} {
		held, err := os.Open(path)
		if err == nil {
			err = unix.Flock(int(held.Fd()), unix.LOCK_EX)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.Apply(Options{Targets: dr("203.0.113.17/32")})
		_, err1 := s.Undo(false)
		done <- errors.Join(err, err1)
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it waits")
	}
	if left, err := os.ReadDir(filepath.Dir(s.store.path)); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// The lock is of one at a time, although it goes away with each.
func TestLock(t *testing.T) {
	root := t.TempDir()
	s := store{root, filepath.Join(root, "kactl", "rs-setup.json")}
	inside := make(chan struct{}, 1)
	done := make(chan error)
	for range 8 {
		go func() {
			for range 50 {
				unlock, err := s.lock()
				if err != nil {
					done <- err
					return
				}
				select {
				case inside <- struct{}{}:
					<-inside
				default:
					err = errors.New("two have the lock")
				}
				unlock()
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// A boot runs only what root alone can change.
func TestUntrustedProgram(t *testing.T) {
	f := newFake()
	s := f.setup(t)
	f.trust = rootonly.ErrInsecure
	refused := func(o Options) {
		t.Helper()
		o.Targets, o.Program = dr("203.0.113.16/32"), "/tmp/kactl"
		for _, o.DryRun = range []bool{true, false} {
			before := maps.Clone(f.st.Values)
			_, err := s.Apply(o)
			var why *Refusal
			if !errors.As(err, &why) || why.Forcible() || !strings.Contains(err.Error(), "/tmp/kactl") || !strings.Contains(err.Error(), "/usr/bin") {
				t.Errorf("%+v: %v", o, err)
			}
			same(t, before, f.st.Values)
		}
	}
	refused(Options{Persist: true})
	apply(t, s, Options{Targets: dr("203.0.113.17/32")}) // for now alone any will do
	f.trust = nil
	apply(t, s, Options{Targets: dr("203.0.113.17/32"), Persist: true})
	f.trust = rootonly.ErrInsecure
	refused(Options{}) // it would write its own name into the unit
	// The unit itself runs when nothing is to be written.
	apply(t, s, Options{Targets: dr("203.0.113.17/32")})
	undo(t, s)
}

func TestTrust(t *testing.T) {
	root := t.TempDir()
	l := linux{root: root}
	mkdir := func(name string, mode os.FileMode) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(path, 0o755), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	mkdir("usr/bin", 0o755)
	mkdir("tmp", 0o777|os.ModeSticky)
	mkdir("group", 0o775)
	for name, mode := range map[string]os.FileMode{
		"usr/bin/kactl": 0o755, "usr/bin/text": 0o644, "usr/bin/open": 0o757, "tmp/kactl": 0o755, "group/kactl": 0o755,
	} {
		path := filepath.Join(root, name)
		if err := errors.Join(os.WriteFile(path, nil, mode), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink("kactl", filepath.Join(root, "usr/bin/link")), os.Symlink("/tmp/kactl", filepath.Join(root, "usr/bin/away"))); err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{
		"/usr/bin/kactl": true, "/usr/bin/link": true, "/usr/bin/away": false, "/usr/bin/text": false, "/usr/bin/open": false,
		"/tmp/kactl": false, "/group/kactl": false, "/usr/bin": false, "/usr/bin/missing": false, "kactl": false,
	} {
		if err := l.Trust(name); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Nor is a file put where others can write.
	if err := l.Set(Thing{Kind: File, Name: "/group/deep/file"}, new(string)); !errors.Is(err, rootonly.ErrInsecure) {
		t.Errorf("it writes where a group may: %v", err)
	}
	if err := l.Set(Thing{Kind: File, Name: "/usr/deep/file"}, new(string)); err != nil {
		t.Error(err)
	}
}
