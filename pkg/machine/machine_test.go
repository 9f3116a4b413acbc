package machine

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kactl/kactl/pkg/command"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestSysctl(t *testing.T) {
	m := newMachine(fstest.MapFS{
		"proc/sys/net/ipv4/ip_forward":                  file("1\n"),
		"proc/sys/net/ipv4/conf/eth0.100/arp_ignore":    file("2\n"),
		"proc/sys/net/ipv4/ip_local_port_range/nothing": file(""),
	}, nil)
	for _, tt := range []struct {
		name, want string
		ok         bool
	}{
		{"net.ipv4.ip_forward", "1", true},
		{"net.ipv4.conf.eth0/100.arp_ignore", "2", true},
		{"net.ipv4.vs.conntrack", "", false},
		{"net.ipv4.ip_local_port_range", "", false},
		{"../../etc/shadow", "", false},
	} {
		if got, ok := m.Sysctl(tt.name); got != tt.want || ok != tt.ok {
			t.Errorf("%s: got %q, %v; want %q, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestLacksModule(t *testing.T) {
	const dir = "lib/modules/6.1.0-9-amd64/"
	known := fstest.MapFS{
		"proc/sys/kernel/osrelease": file("6.1.0-9-amd64\n"),
		"sys/module/ip_vs_rr":       &fstest.MapFile{Mode: os.ModeDir},
		dir + "modules.builtin":     file("kernel/net/netfilter/ipvs/ip_vs_wlc.ko\n"),
		dir + "modules.dep": file("kernel/net/netfilter/ipvs/ip_vs.ko: kernel/net/netfilter/ipvs/ip_vs_mh.ko\n" +
			"kernel/net/netfilter/ipvs/ip-vs-sh.ko.zst:\nkernel/net/netfilter/ipvs/ip_vs_lblcr.ko.xz:\n"),
	}
	container := fstest.MapFS{"proc/sys/kernel/osrelease": file("6.1.0-9-amd64\n")}
	builtin := fstest.MapFS{
		"proc/sys/kernel/osrelease": file("6.1.0-9-amd64\n"), "proc/net/ip_vs": file(""),
		dir + "modules.builtin": file(""), dir + "modules.dep": file(""),
	}
	for _, tt := range []struct {
		root  fstest.MapFS
		name  string
		lacks bool
	}{
		{known, "ip_vs_rr", false},
		{known, "ip_vs_wlc", false},
		{known, "ip_vs", false},
		{known, "ip_vs_sh", false},
		{known, "ip_vs_lblcr", false},
		{known, "ip_vs_mh", true}, // what another one needs is no line of its own
		{container, "ip_vs_mh", false},
		{fstest.MapFS{}, "ip_vs", false},
		{builtin, "ip_vs", false},
		{builtin, "ip_vs_rr", true},
	} {
		if got := newMachine(tt.root, nil).LacksModule(tt.name); got != tt.lacks {
			t.Errorf("%s: lacks %v, want %v", tt.name, got, tt.lacks)
		}
	}
}

func TestScript(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const text = "#!/bin/sh\nexit 1\n"
	for _, tt := range []struct {
		path string
		want string
	}{
		{write("script", text, 0o755), text},
		{write("program", "\x7fELF", 0o755), ""},
		{write("empty", "", 0o755), ""},
		{write("large", "#!/bin/sh\n"+strings.Repeat("#", maxScript), 0o755), ""},
		{write("not-executable", text, 0o644), ""},
		{filepath.Join(dir, "missing"), ""},
		{dir, ""},
	} {
		got, ok := New().Script(command.Command{Words: []string{tt.path, "an argument"}})
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: got %q, %v; want %q", tt.path, got, ok, tt.want)
		}
	}
}

func TestInterfaces(t *testing.T) {
	m := New()
	if names := m.Interfaces(); !slices.Contains(names, "lo") {
		t.Errorf("interfaces %v", names)
	}
	loopback := netip.MustParseAddr("127.0.0.1")
	if a := m.Addresses("lo"); !slices.Contains(a, loopback) {
		t.Errorf("addresses of lo: %v", a)
	}
	if a := m.Addresses(""); !slices.Contains(a, loopback) {
		t.Errorf("all addresses: %v", a)
	}
	if a := m.Addresses("no-such-device"); a != nil {
		t.Errorf("addresses of nothing: %v", a)
	}
}

func TestOutput(t *testing.T) {
	// A program of another directory of PATH is not the system's.
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "echo"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	if text, err := output("echo", "a", "b"); string(text) != "a b\n" || err != nil {
		t.Errorf("echo: %q, %v", text, err)
	}
	if _, err := output("false"); err == nil {
		t.Error("a program that failed is no error")
	}
	if _, err := output("/no/such/program"); err == nil {
		t.Error("a missing program is no error")
	}
}
