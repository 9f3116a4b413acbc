// Package imports tests which packages may import which.
package imports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/kactl/kactl"

var (
	// core holds no sockets, files, clocks or goroutines: it imports each other
	// and some of the standard library; purity_test.go says what of it.
	core = []string{"escape", "diag", "command", "secret", "iproute", "vrrp", "bfd", "lvs", "health", "event", "status"}
	// base are the adapters that the other adapters may use.
	base = []string{"nlconn", "rootonly", "script"}
	// adapters reach the system. They know the core's types and the base, but
	// not each other.
	adapters = []string{"netio", "link", "netstate", "ipvs", "firewall", "probe", "track", "notify", "eventlog"}
	// language reads and checks configurations.
	language = map[string][]string{
		"syntax": {"escape", "diag", "command"},
		"config": append([]string{"syntax"}, core...),
		"lint":   append([]string{"config", "syntax"}, core...),
	}
	// compositions put the others together and import what they need, but for
	// cmd. Only cmd, and what lies below daemon, imports daemon.
	compositions = []string{"daemon", "check", "machine", "watch", "genhash", "rssetup"}
	// children are the parts of the daemon that become processes of their own:
	// they get decoded settings and a way to report, and know nothing of who
	// reads files and starts them, not even through another package.
	children = []string{"pkg/daemon/vrrpd", "pkg/daemon/checkd", "pkg/daemon/bfdd"}
	// commandLine are libraries for cmd alone.
	commandLine = []string{"github.com/spf13/cobra", "github.com/spf13/viper", "github.com/fatih/color"}
)

// A goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string // what it imports, and what that imports
}

// rule tells why a package must not import another; it returns the empty
// string if it may. Both are import paths; std tells whether the imported one
// is of the standard library.
func rule(from, to string, std bool) string {
	if std {
		return standard(pkg(from), to)
	}
	if slices.ContainsFunc(commandLine, func(lib string) bool { return to == lib || strings.HasPrefix(to, lib+"/") }) &&
		!within(from, "cmd") {
		return "only cmd imports the command line's libraries"
	}
	src, dst := pkg(from), pkg(to)
	switch {
	case within(to, "cmd") && from != module && !within(from, "cmd"):
		return "only the main package, and what is generated from the commands, imports cmd"
	case within(to, "test") && !within(from, "test"):
		return "only tests import the test harness"
	case dst == "daemon" && src != "daemon" && !within(from, "cmd"):
		return "only cmd imports daemon"
	case src == "":
		return "" // cmd, main and the tests
	case slices.Contains(core, src):
		return only(dst, core, "the core imports the standard library and itself")
	case slices.Contains(base, src):
		return onlyOurs(to, dst, append(slices.Clone(core), "rootonly"), "a base package imports the core, and rootonly")
	case slices.Contains(adapters, src):
		if dst == src {
			return ""
		}
		return onlyOurs(to, dst, append(slices.Clone(core), base...), "an adapter imports the core, nlconn and script")
	case language[src] != nil:
		return only(dst, append([]string{src}, language[src]...), "the language imports what lies below it")
	case slices.Contains(compositions, src):
		return ""
	}
	return "this package is in no layer: add it to the test that says so, or put it elsewhere"
}

// childRule says why a child must not depend on another package, by an import
// of its own or of what it imports.
func childRule(from, to string) string {
	for _, child := range children {
		if !within(from, child) {
			continue
		}
		if pkg(to) == "config" {
			return "a child gets decoded settings: it does not depend on config"
		}
		if to == path.Join(module, "pkg/daemon") {
			return "a child does not depend on daemon, which starts it"
		}
		if slices.ContainsFunc(children, func(other string) bool { return other != child && within(to, other) }) {
			return "a child does not depend on another one"
		}
	}
	return ""
}

// only allows nothing but some of our own packages.
func only(dst string, allowed []string, why string) string {
	if slices.Contains(allowed, dst) {
		return ""
	}
	return why
}

// onlyOurs allows some of our own packages and every library.
func onlyOurs(to, dst string, allowed []string, why string) string {
	if to != module && !strings.HasPrefix(to, module+"/") {
		return ""
	}
	return only(dst, allowed, why)
}

// within tells whether a package is a directory of the module or below it.
func within(importPath, dir string) bool {
	return importPath == path.Join(module, dir) || strings.HasPrefix(importPath, path.Join(module, dir)+"/")
}

// pkg is the name of the directory of pkg/ that a package lies in, empty for
// all others.
func pkg(importPath string) string {
	rest, ok := strings.CutPrefix(importPath, module+"/pkg/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func TestDirectionOfImports(t *testing.T) {
	packages := list(t)
	standard := map[string]bool{}
	for _, p := range packages {
		standard[p.ImportPath] = p.Standard
	}
	seen := 0
	for _, p := range packages {
		if p.ImportPath != module && !strings.HasPrefix(p.ImportPath, module+"/") {
			continue
		}
		seen++
		for _, to := range p.Deps {
			if why := childRule(p.ImportPath, to); why != "" {
				t.Errorf("%s depends on %s: %s", p.ImportPath, to, why)
			}
		}
		for _, to := range p.Imports {
			if why := rule(p.ImportPath, to, standard[to]); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, to, why)
			}
		}
	}
	if seen < 5 {
		t.Errorf("go list showed %d packages of the module, want all of them", seen)
	}
}

// TestMain looks at all source files, so that go test runs these tests again
// when one has changed, and does not print what an earlier run found.
func TestMain(m *testing.M) {
	for _, dir := range []string{"cmd", "pkg", "test"} {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(name string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(name, ".go") {
				_, err = os.Stat(name)
			}
			return err
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func list(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Standard,Imports,Deps", module+"/...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var all []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
}

func TestRule(t *testing.T) {
	tests := []struct {
		from, to string
		allowed  bool
	}{
		{"pkg/vrrp", "!net/netip", true},
		{"pkg/vrrp", "!net", false},
		{"pkg/lvs", "!os", false},
		{"pkg/health", "!log", false},
		{"pkg/event", "!log/slog", false},
		{"pkg/bfd", "!context", false},
		{"pkg/iproute", "!sync", false},
		{"pkg/vrrp", "!crypto/rand", false},
		{"pkg/vrrp", "!unsafe", false},
		{"pkg/diag", "!net/url", true},
		{"pkg/vrrp", "!net/url", false},
		{"pkg/link", "!os", true},
		{"pkg/config", "!os", true},
		{"pkg/vrrp", "pkg/lvs", true},
		{"pkg/vrrp", "github.com/vishvananda/netlink", false},
		{"pkg/vrrp", "pkg/nlconn", false},
		{"pkg/lvs", "pkg/config", false},
		{"pkg/config", "pkg/vrrp", true},
		{"pkg/config", "pkg/ipvs", false},
		{"pkg/config", "github.com/spf13/viper", false},
		{"pkg/syntax", "pkg/config", false},
		{"pkg/ipvs", "pkg/lvs", true},
		{"pkg/ipvs", "pkg/nlconn", true},
		{"pkg/ipvs", "github.com/vishvananda/netlink", true},
		{"pkg/ipvs", "pkg/link", false},
		{"pkg/ipvs", "pkg/config", false},
		{"pkg/netstate", "pkg/link", false},
		{"pkg/netstate", "pkg/vrrp", true},
		{"pkg/notify", "pkg/event", true},
		{"pkg/notify", "pkg/probe", false},
		{"pkg/probe", "pkg/config", false},
		{"pkg/event", "pkg/notify", false},
		{"pkg/nlconn", "pkg/ipvs", false},
		{"pkg/daemon", "pkg/ipvs", true},
		{"pkg/daemon/vrrpd", "pkg/daemon", true},
		{"pkg/daemon", "pkg/daemon/vrrpd", true},
		{"pkg/watch", "pkg/daemon", false},
		{"pkg/daemon", "pkg/machine", true},
		{"pkg/check", "pkg/machine", true},
		{"pkg/check", "pkg/daemon", false},
		{"pkg/config", "pkg/machine", false},
		{"pkg/daemon", "github.com/spf13/cobra", false},
		{"cmd", "pkg/daemon", true},
		{"cmd", "github.com/spf13/cobra", true},
		{"pkg/daemon", "cmd", false},
		{"", "cmd", true},
		{"cmd/generate", "cmd", true},
		{"cmd", "test/lab", false},
		{"test/demo", "test/lab", true},
		{"pkg/misc", "pkg/vrrp", false},
	}
	for _, tt := range tests {
		from, to := path.Join(module, tt.from), full(tt.to)
		std := strings.HasPrefix(to, "!")
		if why := rule(from, strings.TrimPrefix(to, "!"), std); (why == "") != tt.allowed {
			t.Errorf("%s imports %s: %q, want allowed %v", tt.from, tt.to, why, tt.allowed)
		}
	}
}

// full is the import path of a directory of the module; other paths are as they
// are.
func full(to string) string {
	if strings.HasPrefix(to, "pkg/") || strings.HasPrefix(to, "test/") || to == "cmd" {
		return path.Join(module, to)
	}
	return to
}

func TestChildRule(t *testing.T) {
	tests := []struct {
		from, to string
		allowed  bool
	}{
		{"pkg/daemon/vrrpd", "pkg/vrrp", true},
		{"pkg/daemon/vrrpd", "pkg/link", true},
		{"pkg/daemon/vrrpd", "pkg/daemon/vrrpd/internal", true},
		{"pkg/daemon/vrrpd", "pkg/daemon/child", true},
		{"pkg/daemon/vrrpd", "pkg/daemon", false},
		{"pkg/daemon/vrrpd", "pkg/config", false},
		{"pkg/daemon/vrrpd", "pkg/config/schema", false},
		{"pkg/daemon/vrrpd", "pkg/daemon/checkd", false},
		{"pkg/daemon/checkd", "pkg/daemon", false},
		{"pkg/daemon/checkd/internal", "pkg/config", false},
		{"pkg/daemon/bfdd", "pkg/config", false},
		{"pkg/daemon", "pkg/config", true},
		{"pkg/daemon", "pkg/daemon/vrrpd", true},
	}
	for _, tt := range tests {
		if why := childRule(path.Join(module, tt.from), full(tt.to)); (why == "") != tt.allowed {
			t.Errorf("%s depends on %s: %q, want allowed %v", tt.from, tt.to, why, tt.allowed)
		}
	}
}
