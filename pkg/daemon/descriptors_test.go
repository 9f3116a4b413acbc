package daemon

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"

	"github.com/kactl/kactl/test/need"
)

// TestDescriptors runs itself with other limits than ours: a process cannot go
// back. The one that is started prints what it has, what a program that it starts
// has, and its log.
func TestDescriptors(t *testing.T) {
	if want := os.Getenv("KACTL_TEST_DESCRIPTORS"); want != "" {
		descriptorsOf(t, want)
		return
	}
	need.Root(t)
	const warning = "WARN 236 checks may need 300 file descriptors, and the limit is 199: fewer are made at a time, and a server that fails may be found late; set LimitNOFILE=300 in the unit of the service, or ulimit -n\n"
	short := "at a time 135, limits 199 200, of a script 100 200\n" + warning
	raised := "at a time 236, limits 300 300, of a script 300 300\n"
	if !mayRaise(t) {
		raised = short // nothing can be raised on this machine, by nobody
	}
	for _, tt := range []struct {
		name, limits, right string
		checks              int
		want                string
	}{
		{"there is enough", "ulimit -Sn 100; ulimit -Hn 200", "none", 36, "at a time 135, limits 199 200, of a script 100 200\n"},
		{"the hard limit is raised", "ulimit -Sn 100; ulimit -Hn 200", "all", 236, raised},
		{"there is not enough", "ulimit -Sn 100; ulimit -Hn 200", "none", 236, short},
		{"there is next to nothing", "ulimit -n 30", "none", 36,
			"at a time 1, limits 30 30, of a script 30 30\n" +
				"WARN 36 checks may need 100 file descriptors, and the limit is 30: fewer are made at a time, and a server that fails may be found late; set LimitNOFILE=100 in the unit of the service, or ulimit -n\n"},
	} {
		cmd := exec.Command("sh", "-c", tt.limits+`; exec "$0" -test.run='^TestDescriptors$'`, os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("KACTL_TEST_DESCRIPTORS=%s %d", tt.right, tt.checks))
		out, err := cmd.CombinedOutput()
		got, _, _ := strings.Cut(string(out), "PASS\n")
		if err != nil || got != tt.want {
			t.Errorf("%s: %v\n%swant:\n%s", tt.name, err, got, tt.want)
		}
	}
}

// mayRaise reports whether this process has CAP_SYS_RESOURCE: root of a container
// often has not.
func mayRaise(t *testing.T) bool {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		t.Fatal(err)
	}
	return data[0].Effective&(1<<unix.CAP_SYS_RESOURCE) != 0
}

func descriptorsOf(t *testing.T, want string) {
	runtime.LockOSThread() // capabilities are a thread's
	var right string
	var checks int
	if _, err := fmt.Sscan(want, &right, &checks); err != nil {
		t.Fatal(err)
	}
	if right == "none" {
		hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&hdr, &none[0]); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	d := &daemon{Options: Options{Checkers: true}, log: slog.New(slog.NewTextHandler(&log, nil))}
	cfg := &config.Config{LVS: lvs.Settings{Services: []lvs.VirtualServer{{
		Reals: []lvs.RealServer{{Checks: make([]health.Check, checks)}},
	}}}}
	d.descriptors(cfg)
	d.descriptors(cfg) // and a reload, which says nothing anew
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		t.Fatal(err)
	}
	script, err := exec.Command("sh", "-c", "echo $(ulimit -Sn) $(ulimit -Hn)").Output()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("at a time %d, limits %d %d, of a script %s", d.probes.Load(), l.Cur, l.Max, script)
	for line := range strings.Lines(log.String()) {
		_, line, _ = strings.Cut(line, "level=")
		level, text, _ := strings.Cut(line, " msg=")
		fmt.Printf("%s %s\n", level, strings.Trim(text, "\"\n"))
	}
}
