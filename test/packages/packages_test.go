// Package packages builds the packages of a release, and installs, uses,
// upgrades and removes them on a small Debian of its own.
package packages

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kactl/kactl/test/need"
)

// top is where this repository begins.
const top = "../.."

func TestPackages(t *testing.T) {
	r := newRoot(t)
	first, second := build(t, "0.0.1"), build(t, "0.0.2")
	before := r.listing()
	t.Run("deb", func(t *testing.T) { deb(t, r.in(t), before, first, second) })
	t.Run("rpm", func(t *testing.T) { rpm(t, r.in(t), first) })
	t.Run("service", func(t *testing.T) { service(t, r.in(t), first, second) })
}

// deb leaves the root as it was before.
func deb(t *testing.T, r *root, before map[string]string, first, second packages) {
	r.install(first.deb("kactl"))
	usable(t, r, first.version)
	t.Run("unit", func(t *testing.T) { unit(t, r.in(t), "kactl.service") })
	t.Run("completions", func(t *testing.T) { completions(t, r.in(t)) })
	if got := r.try("systemctl", "is-enabled", "kactl.service"); got != "disabled" {
		t.Errorf("kactl.service is %s; a toolkit starts no daemon of its own accord", got)
	}
	t.Run("instead of keepalived", func(t *testing.T) { instead(t, r.in(t), first) })
	t.Run("upgrade", func(t *testing.T) { upgrade(t, r.in(t), second) })
	t.Run("removal", func(t *testing.T) {
		r := r.in(t)
		r.run("dpkg", "--remove", "kactl-keepalived", "kactl")
		if got := r.read("/etc/kactl/kactl.yaml"); got != setting {
			t.Errorf("the settings, which only a purge takes away, are %q", got)
		}
		r.run("dpkg", "--purge", "kactl-keepalived", "kactl")
		same(t, before, r.listing())
	})
}

// instead puts kactl-keepalived in the place of keepalived.
func instead(t *testing.T, r *root, p packages) {
	programs := r.keepalived()
	r.install(p.deb("kactl-keepalived"))
	if got := r.run("dpkg-query", "-W", "-f", "${db:Status-Status}", "keepalived"); got == "installed" {
		t.Error("keepalived is still installed")
	}
	for _, path := range programs {
		if to, err := os.Readlink(r.path(path)); err != nil || filepath.Base(to) != "kactl" {
			t.Errorf("%s is a link to %q: %v", path, to, err)
		}
	}
	if got := r.run("sh", "-c", `for f in $(dpkg -L kactl-keepalived); do [ -e "$f" ] || echo "$f"; done`); got != "" {
		t.Errorf("links that lead nowhere: %s", got)
	}
	unit(t, r, "kactl.service")
	unit(t, r, "keepalived.service")
	if got := r.try("systemctl", "is-enabled", "kactl.service"); got != "enabled" {
		t.Errorf("kactl.service is %s", got)
	}
	r.run("systemctl", "disable", "keepalived")
	if got := r.try("systemctl", "is-enabled", "kactl.service"); got != "disabled" {
		t.Errorf("disabling keepalived leaves kactl.service %s", got)
	}
	r.run("systemctl", "enable", "keepalived.service")
	if got := r.try("systemctl", "is-enabled", "kactl.service"); got != "enabled" {
		t.Errorf("enabling keepalived leaves kactl.service %s", got)
	}
	r.run("dpkg", "--purge", "keepalived")
}

// setting is what an administrator wrote.
const setting = "check:\n  fail-on: warning\n"

// upgrade keeps what the administrator has changed.
func upgrade(t *testing.T, r *root, p packages) {
	r.write("/etc/kactl/kactl.yaml", setting)
	r.run("systemctl", "disable", "kactl.service")
	r.install(p.deb("kactl"), p.deb("kactl-keepalived"))
	usable(t, r, p.version)
	if got := r.read("/etc/kactl/kactl.yaml"); got != setting {
		t.Errorf("the settings became %q", got)
	}
	if got := r.try("systemctl", "is-enabled", "kactl.service"); got != "disabled" {
		t.Errorf("an upgrade leaves kactl.service %s", got)
	}
	r.run("systemctl", "enable", "keepalived.service")
}

// rpm installs the other packages, on a Debian for want of another. Nothing is
// left behind but what is there on a system of rpm's.
func rpm(t *testing.T, r *root, p packages) {
	if _, err := exec.LookPath("rpm"); err != nil {
		need.Missing(t, "%v", err)
	}
	if err := os.MkdirAll(r.path("/usr/share/licenses"), 0o755); err != nil {
		t.Fatal(err)
	}
	before := r.listing()
	const db = "/var/lib/rpm"
	do := func(args ...string) string {
		t.Helper()
		return output(t, exec.Command("rpm", append([]string{"--root", r.dir, "--dbpath", db, "--nodeps"}, args...)...))
	}
	do("-i", p.rpm("kactl"), p.rpm("kactl-keepalived"))
	usable(t, r, p.version)
	unit(t, r, "keepalived.service")
	if got := do("-V", "kactl", "kactl-keepalived"); got != "" {
		t.Errorf("the files differ from those in the packages: %s", got)
	}
	do("-e", "kactl-keepalived", "kactl")
	if err := os.RemoveAll(r.path(db)); err != nil {
		t.Fatal(err)
	}
	same(t, before, r.listing())
}

// packages are the packages of one version.
type packages struct{ dir, version string }

func (p packages) deb(name string) string { return p.dir + "/" + name + "_" + p.version + "_amd64.deb" }
func (p packages) rpm(name string) string {
	return p.dir + "/" + name + "-" + p.version + "-1.x86_64.rpm"
}

// build builds the packages of a version.
func build(t *testing.T, version string) packages {
	t.Helper()
	p := packages{t.TempDir(), version}
	c := exec.Command("go", "run", "./packaging", "-version", version, "-arch", "amd64", "-out", p.dir)
	c.Dir = top
	output(t, c)
	return p
}

// usable demands that what the packages bring works.
func usable(t *testing.T, r *root, version string) {
	t.Helper()
	if got := r.run("kactl", "version"); !strings.HasPrefix(got, "kactl "+version+",") {
		t.Errorf("version: %s", got)
	}
	r.run("kactl", "check", "/usr/share/doc/kactl/examples/lvs-dr/director-a.conf")
	pages, err := filepath.Glob(top + "/man/*")
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	for _, page := range pages {
		installed := r.path("/usr/share/man/man" + filepath.Ext(page)[1:] + "/" + filepath.Base(page) + ".gz")
		want, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if got := output(t, exec.Command("gzip", "-dc", installed)); got != strings.TrimSpace(string(want)) {
			t.Errorf("%s is another page", installed)
		}
	}
}

// unit has systemd look for mistakes in a unit as it is installed, and for the
// manual pages that it names.
func unit(t *testing.T, r *root, name string) {
	t.Helper()
	c := exec.Command("systemd-analyze", "verify", "--root="+r.dir, "--recursive-errors=no", name)
	c.Env = append(os.Environ(), "MANPATH="+r.path("/usr/share/man"))
	out, err := c.CombinedOutput()
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("%s: %v\n%s", name, err, out)
	}
}
