package packages

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kactl/kactl/test/need"
)

// A root is a directory with a small Debian: what is essential, systemd, the
// completion of bash, and what looks at processes and networks.
type root struct {
	t   *testing.T
	dir string
}

func newRoot(t *testing.T) *root {
	t.Helper()
	need.Root(t)
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		need.Missing(t, "%v", err)
	}
	r := &root{t, t.TempDir()}
	output(t, exec.Command("mmdebstrap", "--quiet", "--variant=essential", "--include=systemd,procps,psmisc,iproute2,bash-completion", "bookworm", r.dir))
	return r
}

// in is r for a subtest.
func (r *root) in(t *testing.T) *root { return &root{t, r.dir} }

func (r *root) path(name string) string { return filepath.Join(r.dir, name) }

// command is a program in there, with a /proc that goes when it ends.
func (r *root) command(name string, args ...string) *exec.Cmd {
	const enter = `mount -t proc proc "$0/proc" && exec chroot "$0" "$@"`
	c := exec.Command("unshare", append([]string{"--mount", "sh", "-c", enter, r.dir, name}, args...)...)
	c.Env = environment
	return c
}

// environment is that of the programs in there.
var environment = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive"}

// run runs a program in there, which has to succeed, and returns what it prints.
func (r *root) run(name string, args ...string) string {
	r.t.Helper()
	return output(r.t, r.command(name, args...))
}

// try is run for a program that may fail.
func (r *root) try(name string, args ...string) string {
	out, _ := r.command(name, args...).CombinedOutput()
	return strings.TrimSpace(string(out))
}

// install installs packages from outside.
func (r *root) install(packages ...string) {
	r.t.Helper()
	args := []string{"--install"}
	for _, p := range packages {
		name := r.bring(p)
		defer os.Remove(r.path(name))
		args = append(args, name)
	}
	r.run("dpkg", args...)
}

// bring copies a file in there and returns its name.
func (r *root) bring(file string) string {
	r.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	name := "/opt/" + filepath.Base(file)
	r.write(name, string(text))
	return name
}

// keepalived installs a package with the names of keepalived's programs, and
// returns them.
func (r *root) keepalived() []string {
	r.t.Helper()
	programs := []string{"/usr/sbin/keepalived", "/usr/bin/genhash"}
	for _, p := range programs {
		r.write("/tmp/keepalived"+p, "#!/bin/sh\n")
	}
	r.write("/tmp/keepalived/DEBIAN/control", "Package: keepalived\nVersion: 1:2.2.7-1\nArchitecture: amd64\nMaintainer: nobody <nobody@example.com>\nDescription: stand-in\n")
	r.run("dpkg-deb", "--build", "/tmp/keepalived", "/tmp/keepalived.deb")
	r.run("dpkg", "--install", "/tmp/keepalived.deb")
	if err := os.RemoveAll(r.path("/tmp/keepalived")); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Remove(r.path("/tmp/keepalived.deb")); err != nil {
		r.t.Fatal(err)
	}
	return programs
}

func (r *root) write(name, text string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(r.path(name)), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.path(name), []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *root) read(name string) string {
	r.t.Helper()
	text, err := os.ReadFile(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// bookkeeping is where dpkg and rpm write down what they did.
var bookkeeping = []string{"/var/lib/dpkg/status", "/var/lib/dpkg/status-old", "/var/log/dpkg.log"}

// listing returns all that is in there, and what each thing is.
func (r *root) listing() map[string]string {
	r.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, r.dir)
		info, err := d.Info()
		if err != nil || slices.Contains(bookkeeping, name) {
			return err
		}
		what := info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			what += fmt.Sprintf(" %x", sha256.Sum256(text))
		case info.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(path)
			if err != nil {
				return err
			}
			what += " " + to
		}
		all[name] = what
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// same demands two equal listings.
func same(t *testing.T, before, after map[string]string) {
	t.Helper()
	if len(before) < 1000 {
		t.Fatalf("there were %d files at first", len(before))
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if after[name] == "" {
			t.Errorf("%s is gone", name)
		} else if after[name] != before[name] {
			t.Errorf("%s was %s and is %s", name, before[name], after[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if before[name] == "" {
			t.Errorf("%s was left behind", name)
		}
	}
}

// output runs a program, which has to succeed, and returns what it prints.
func output(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(c.Args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
