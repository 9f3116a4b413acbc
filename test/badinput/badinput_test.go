// Package badinput tests what kactl run does with configurations that are
// broken, absurd or not there: what keepalived does, or better. It always says
// what is wrong and where, it never crashes, and it leaves nothing behind.
package badinput

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

func TestMain(m *testing.M) { lab.TestMain(m, false) }

// instance is a good configuration, for mistakes to be put into.
const instance = `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 150
    virtual_ipaddress {
        203.0.113.16/24
    }
}
`

var vip = netip.MustParseAddr("203.0.113.16")

// runs stands for a daemon that starts in spite of its input.
const runs = -1

// TestFiles is the table: an input, and what kactl run does with it.
func TestFiles(t *testing.T) {
	for _, tt := range []struct {
		name string
		// conf is the text, unless make makes something else of the path.
		conf string
		make func(path string) error
		// exit is the exit status, or runs.
		exit int
		// says are texts in the log, in any order. CONF stands for the path.
		says []string
		// holds is whether the daemon becomes master of 203.0.113.16.
		holds bool
	}{
		{
			name: "no file", make: os.Remove,
			exit: 6, says: []string{"no configuration file CONF: create it"},
		},
		{
			name: "directory", make: replaceBy(func(path string) error { return os.Mkdir(path, 0o755) }),
			exit: 6, says: []string{"CONF is a directory", "no configuration file CONF"},
		},
		{
			name: "unreadable", make: replaceBy(func(path string) error { return os.Symlink("/proc/self/mem", path) }),
			exit: 6, says: []string{"CONF"},
		},
		{
			name: "FIFO", make: replaceBy(func(path string) error { return syscall.Mkfifo(path, 0o600) }),
			exit: 6, says: []string{"no configuration file CONF"},
		},
		{
			name: "loop of links", make: replaceBy(func(path string) error { return os.Symlink(path, path) }),
			exit: 6, says: []string{"CONF"},
		},
		{
			name: "empty", conf: "",
			exit: runs, says: []string{"kactl has no configuration to run"},
		},
		{
			name: "binary", conf: "\x7fELF\x02\x01\x00\x00{{\"{{\"}}\x00\xff\xfe}\x00\n\"\x01\n{{\"}}\"}}\n",
			exit: runs, says: []string{"CONF:1:1: error: unknown keyword"},
		},
		{
			name: "100 MB", make: func(path string) error {
				return os.WriteFile(path, []byte(instance+strings.Repeat("# "+strings.Repeat("x", 98)+"\n", 1<<20)), 0o644)
			},
			exit: 2, says: []string{"CONF", "too large"},
		},
		{
			name: "100 MB in one word", make: func(path string) error {
				return os.WriteFile(path, []byte(instance+strings.Repeat("x", 100<<20)), 0o644)
			},
			exit: 2, says: []string{"CONF", "too large"},
		},
		{
			name: "interface that does not exist", conf: strings.Replace(instance, "eth0", "eht0", 1),
			exit: 2, says: []string{"CONF:2:15: error: ", "eht0", "CONF cannot be run"},
		},
		{
			name: "loopback interface", conf: strings.Replace(instance, "eth0", "lo", 1),
			exit: 2, says: []string{"CONF:2:15: error: ", "loopback", "CONF cannot be run"},
		},
		{
			name: "keyword without its value", conf: strings.Replace(instance, "virtual_router_id 51", "virtual_router_id", 1),
			exit: 2, says: []string{"CONF:3:5: error: ", "CONF cannot be run"},
		},
		{
			name: "port 70000", conf: instance + "virtual_server 203.0.113.16 70000 {\n    real_server 198.51.100.21 70000 {\n    }\n}\n",
			exit: runs, says: []string{"CONF:9:29: error: ", "70000"}, holds: true,
		},
		{
			name: "priority 300", conf: strings.Replace(instance, "150", "300", 1),
			exit: runs, says: []string{"CONF:4:14: error: priority 300 is outside 1 to 255; keepalived uses 100"}, holds: true,
		},
		{
			name: "address 1.2.3", conf: strings.Replace(instance, "        203", "        1.2.3\n        203", 1),
			exit: runs, says: []string{"CONF:6:9: error: 1.2.3 is not an IP address"}, holds: true,
		},
		{
			name: "two instances with one VRID", conf: instance + strings.NewReplacer("VI_1", "VI_2", "113.16", "113.17").Replace(instance),
			exit: 2, says: []string{"CONF:", "error: ", "VI_2", "CONF cannot be run"},
		},
		{
			name: "unknown keyword", conf: strings.Replace(instance, "priority", "prioritty", 1),
			exit: runs, says: []string{`CONF:4:5: error: unknown keyword "prioritty"`, "priority"}, holds: true,
		},
		{
			name: "loop of includes", conf: instance + "include *.conf\n",
			exit: runs, says: []string{"CONF:9:", "include"}, holds: true,
		},
		{
			name: "script that is missing", conf: script("/nowhere/check.sh"),
			exit: runs, says: []string{"CONF:2:12: ", "/nowhere/check.sh"}, holds: true,
		},
		{
			name: "script that is not executable", conf: script("/etc/passwd"),
			exit: runs, says: []string{"CONF:2:12: ", "/etc/passwd"}, holds: true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := host(t)
			d := h.Start(lab.Config{Kind: lab.Kactl, Text: instance})
			d.Stop()
			conf := filepath.Join(d.Dir, "keepalived.conf")
			if tt.make == nil {
				d.Configure(tt.conf, nil)
			} else if err := tt.make(conf); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			d.Restart()
			for _, text := range tt.says {
				d.WaitLogSince(began, strings.ReplaceAll(text, "CONF", conf), 30*time.Second)
			}
			if tt.exit == runs {
				if tt.holds {
					d.WaitLogSince(began, "(VI_1) Entering MASTER STATE", 10*time.Second)
					lab.Eventually(t, time.Second, "the address is there", func() bool { return h.HasAddr(vip) })
				}
				if !d.Running() {
					t.Error("does not run")
				}
				d.Stop()
				d.WaitLogSince(began, "Stopped kactl", time.Second)
			} else {
				lab.Eventually(t, 10*time.Second, "it exits", func() bool { return !d.Running() })
				if got := d.ExitStatus(); got != tt.exit {
					t.Errorf("exit status %d, want %d", got, tt.exit)
				}
			}
			nothingLeft(t, h, d)
			if t.Failed() {
				t.Log(d.Dump())
			}
		})
	}
}

// replaceBy returns a make that puts something else in the file's place.
func replaceBy(f func(path string) error) func(string) error {
	return func(path string) error {
		if err := os.Remove(path); err != nil {
			return err
		}
		return f(path)
	}
}

func script(path string) string {
	return fmt.Sprintf(`vrrp_script chk {
    script %q
}
`, path) + strings.Replace(instance, "    virtual_ipaddress", "    track_script {\n        chk\n    }\n    virtual_ipaddress", 1)
}

func host(t *testing.T) *lab.Host {
	t.Helper()
	l := lab.New(t)
	return l.Host("lb1", l.Segment("lan"), "198.51.100.1/24")
}

// nothingLeft demands that the daemon took with it what it made.
func nothingLeft(t *testing.T, h *lab.Host, d *lab.Director) {
	t.Helper()
	if h.HasAddr(vip) {
		t.Error("the address is still there")
	}
	if pids, err := filepath.Glob(filepath.Join(d.Dir, "run", "*")); err != nil || len(pids) > 0 {
		t.Errorf("left behind: %v (%v)", pids, err)
	}
	if strings.Contains(d.Dump(), "panic") || strings.Contains(d.Dump(), "goroutine ") {
		t.Error("it crashed")
	}
}

// A file that is broken on reload changes nothing.
func TestReload(t *testing.T) {
	for _, tt := range []struct{ name, conf, says string }{
		{"keyword without its value", strings.Replace(instance, "virtual_router_id 51", "virtual_router_id", 1), "CONF:3:5: error: "},
		{"interface that does not exist", strings.Replace(instance, "eth0", "eht0", 1), "CONF:2:15: error: "},
		{"no file", "", "no configuration file CONF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := host(t)
			d := h.Start(lab.Config{Kind: lab.Kactl, Text: instance})
			d.WaitLog("(VI_1) Entering MASTER STATE", 10*time.Second)
			lab.Eventually(t, time.Second, "the address is there", func() bool { return h.HasAddr(vip) })
			conf := filepath.Join(d.Dir, "keepalived.conf")
			if tt.conf == "" {
				if err := os.Remove(conf); err != nil {
					t.Fatal(err)
				}
			} else {
				d.Configure(tt.conf, nil)
			}
			frames := h.Port().Capture()
			began := time.Now()
			d.Reload()
			d.WaitLogSince(began, strings.ReplaceAll(tt.says, "CONF", conf), 5*time.Second)
			d.WaitLogSince(began, "the configuration that was running stays in force", time.Second)
			frames.WaitFor(time.Now(), 3*time.Second, "adverts go on", func(f lab.Frame) bool {
				return f.Advert != nil && f.Advert.Priority == 150
			})
			if !h.HasAddr(vip) || d.CountLog(began, "STATE") > 0 {
				t.Errorf("the reload changed the state:\n%s", d.Dump())
			}
			d.Stop()
			nothingLeft(t, h, d)
		})
	}
}

// Signals in any number do not keep a daemon from stopping.
func TestSignalStorm(t *testing.T) {
	t.Parallel()
	h := host(t)
	d := h.Start(lab.Config{Kind: lab.Kactl, Text: instance})
	d.WaitLog("(VI_1) Entering MASTER STATE", 10*time.Second)
	for range 500 {
		d.Reload()
	}
	pid := pidOf(t, d)
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE} {
		if err := syscall.Kill(pid, s); err != nil {
			t.Fatal(err)
		}
	}
	d.Stop()
	d.WaitLog("Stopped kactl", time.Second)
	if got := d.ExitStatus(); got != 0 {
		t.Errorf("exit status %d", got)
	}
	nothingLeft(t, h, d)
}

// A second daemon on the same pid file is refused, and the first lives on.
func TestSecondDaemon(t *testing.T) {
	t.Parallel()
	l := lab.New(t)
	h := l.Host("lb1", l.Segment("lan"), "198.51.100.1/24")
	first := h.Start(lab.Config{Kind: lab.Kactl, Text: instance})
	first.WaitLog("(VI_1) Entering BACKUP STATE", 5*time.Second)
	second := h.Start(lab.Config{Kind: lab.Kactl, Text: instance}) // in the same directory
	second.WaitLog("daemon is already running", 5*time.Second)
	lab.Eventually(t, 5*time.Second, "the second exits", func() bool { return !second.Running() })
	if got := second.ExitStatus(); got != 1 {
		t.Errorf("the second exits with %d, want 1", got)
	}
	first.WaitLog("(VI_1) Entering MASTER STATE", 10*time.Second)
}

// A kernel without IPVS is said once, with what to do, and VRRP goes on. Where
// the kernel has it, the service is there instead.
func TestKernelWithoutIPVS(t *testing.T) {
	t.Parallel()
	h := host(t)
	d := h.Start(lab.Config{Kind: lab.Kactl, Text: instance + `virtual_server 203.0.113.16 80 {
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 198.51.100.21 80 {
    }
}
`})
	if says := "the kernel has no IPVS: run modprobe ip_vs"; lab.HaveIPVS() {
		d.WaitLog("ipvs: NEW_SERVICE", 5*time.Second)
	} else {
		d.WaitLog(says, 5*time.Second)
		d.WaitLog("(VI_1) Entering MASTER STATE", 10*time.Second)
		if n := d.CountLog(time.Time{}, says); n != 1 {
			t.Errorf("said %d times", n)
		}
	}
	lab.Eventually(t, 10*time.Second, "the address is there", func() bool { return h.HasAddr(vip) })
	d.Stop()
	nothingLeft(t, h, d)
}
