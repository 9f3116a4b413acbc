package service

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

// TestFirstProcess runs it as a container does. Its scripts leave children
// behind, and nobody but the first process can reap those.
func TestFirstProcess(t *testing.T) {
	t.Parallel()
	l := lab.New(t)
	net := l.Segment("lan")
	capture := net.Capture()
	h := l.Host("lb1", net, "203.0.113.2/24")
	d := h.Start(lab.Config{Kind: lab.Kactl, First: true, Text: conf, Files: map[string]string{
		// Each check leaves two behind, one of them in a session of its own, that
		// end at once or a little later.
		"check.sh":  "#!/bin/sh\n(:) &\nsetsid sleep 0.1 &\necho >>{{.Dir}}/checked\ntest ! -e {{.Dir}}/down\n",
		"notify.sh": "#!/bin/sh\n(:) &\necho $3 >>{{.Dir}}/notified\n",
	}})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log:\n%s", d.Dump())
		}
	})
	// The exit statuses of the checks are those that they have.
	d.WaitLog("Entering MASTER STATE", 10*time.Second)
	checked := func() int {
		text, _ := os.ReadFile(filepath.Join(d.Dir, "checked"))
		return strings.Count(string(text), "\n")
	}
	lab.Eventually(t, 15*time.Second, "five checks", func() bool { return checked() >= 5 })
	first := d.PID()
	lab.Eventually(t, 5*time.Second, "nothing but the daemon is left", func() bool {
		return len(childrenOf(t, first)) == 1
	})
	for _, pid := range childrenOf(t, first) {
		if comm, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm"); err != nil || string(comm) != "kactl\n" {
			t.Errorf("pidof finds the daemon as %q, %v", comm, err)
		}
		lab.Eventually(t, 5*time.Second, "the daemon has no child that has ended", func() bool {
			for _, child := range childrenOf(t, pid) {
				if stateOf(t, child) == "Z" {
					return false
				}
			}
			return true
		})
	}
	if err := os.WriteFile(filepath.Join(d.Dir, "down"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	d.WaitLog("Entering FAULT STATE", 5*time.Second)
	if err := os.Remove(filepath.Join(d.Dir, "down")); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	d.WaitLogSince(back, "Entering MASTER STATE", 10*time.Second)

	d.Reload()
	d.WaitLog("Reload complete", 5*time.Second)
	d.Stop()
	if s := d.ExitStatus(); s != 0 {
		t.Errorf("exit status %d, want 0", s)
	}
	if r := capture.Reigns(51); len(r) == 0 || !r[len(r)-1].Resigned {
		t.Errorf("the master did not resign: %+v", r)
	}
	told, _ := os.ReadFile(filepath.Join(d.Dir, "notified"))
	if got := strings.Fields(string(told)); got[len(got)-1] != "STOP" {
		t.Errorf("scripts were told %v, want STOP at the end", got)
	}
}

// TestFirstProcessFails has a file that cannot be run: the container ends with
// the daemon's exit status.
func TestFirstProcessFails(t *testing.T) {
	t.Parallel()
	l := lab.New(t)
	h := l.Host("lb1", l.Segment("lan"), "203.0.113.2/24")
	d := h.Start(lab.Config{Kind: lab.Kactl, First: true, Text: strings.Replace(conf, "eth0", "eth7", 1), Files: map[string]string{
		"check.sh": "#!/bin/sh\n", "notify.sh": "#!/bin/sh\n",
	}})
	lab.Eventually(t, 10*time.Second, "it ends", func() bool { return !d.Running() })
	if s := d.ExitStatus(); s != 2 {
		t.Errorf("exit status %d, want 2; the log:\n%s", s, d.Dump())
	}
	d.WaitLog("Stopped", 5*time.Second)
	if n := d.CountLog(time.Time{}, "cannot be run"); n != 1 {
		t.Errorf("it says %d times why:\n%s", n, d.Dump())
	}
}

// TestFirstProcessLosesDaemon has the daemon killed, as for want of memory: the
// container ends, so that whoever looks after it starts another one.
func TestFirstProcessLosesDaemon(t *testing.T) {
	t.Parallel()
	l := lab.New(t)
	h := l.Host("lb1", l.Segment("lan"), "203.0.113.2/24")
	d := h.Start(lab.Config{Kind: lab.Kactl, First: true, Text: conf, Files: map[string]string{
		"check.sh": "#!/bin/sh\n", "notify.sh": "#!/bin/sh\n",
	}})
	d.WaitLog("Entering BACKUP STATE", 10*time.Second)
	// Another child would be a script's, that has been left behind.
	for _, pid := range childrenOf(t, d.PID()) {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	d.WaitLog("the daemon was ended by SIGKILL", 5*time.Second)
	lab.Eventually(t, 5*time.Second, "it ends", func() bool { return !d.Running() })
	if s := d.ExitStatus(); s != 128+9 {
		t.Errorf("exit status %d, want 137; the log:\n%s", s, d.Dump())
	}
}

// childrenOf are the children of a process, those that have ended included.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	var out []int
	threads, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	if err != nil || len(threads) == 0 {
		t.Fatalf("process %d: %d threads, %v", pid, len(threads), err)
	}
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		for _, f := range strings.Fields(string(text)) {
			n, err := strconv.Atoi(f)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, n)
		}
	}
	return out
}

// stateOf is the state of a process, "Z" for one that has ended.
func stateOf(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	return strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))[0]
}
