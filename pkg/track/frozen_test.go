package track

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/script"
	"github.com/kactl/kactl/pkg/vrrp"

	"github.com/kactl/kactl/test/need"
)

// linux/fs.h
const (
	fifreeze = 0xc0045877
	fithaw   = 0xc0045878
)

// frozen mounts a file system of the test's own, and freezes it: a process that
// writes there is stuck in the kernel until it is thawed.
func frozen(t *testing.T) (dir string, thaw func()) {
	t.Helper()
	need.Root(t)
	mkfs, err := exec.LookPath("mkfs.ext4")
	if err != nil {
		need.Missing(t, "needs mkfs.ext4: %v", err)
	}
	base := t.TempDir()
	dir = filepath.Join(base, "mnt")
	image := filepath.Join(base, "image")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 8<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(mkfs, "-q", image).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", mkfs, err, out)
	}
	if out, err := exec.Command("mount", "-o", "loop", image, dir).CombinedOutput(); err != nil {
		need.Missing(t, "cannot mount a file system: %v\n%s", err, out)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := unix.IoctlSetInt(int(d.Fd()), fifreeze, 0); err != nil {
		t.Fatalf("freeze: %v", err)
	}
	done := false
	thaw = func() {
		d, err := os.Open(dir)
		if err != nil || done {
			return
		}
		defer d.Close()
		done = unix.IoctlSetInt(int(d.Fd()), fithaw, 0) == nil
	}
	t.Cleanup(thaw) // before it is unmounted
	return dir, thaw
}

// A script that is stuck in the kernel fails at its time-out, is started once, and
// holds up neither a reload nor the stop.
func TestStuckInKernel(t *testing.T) {
	dir, thaw := frozen(t)
	here := t.TempDir()
	path, stuck, starts := filepath.Join(here, "check"), filepath.Join(here, "stuck"), filepath.Join(here, "starts")
	text := fmt.Sprintf("#!/bin/sh\n[ -e %s ] || exit 0\necho $$ >> %s\necho x > %s/x\n", stuck, starts, dir)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	of := func(interval time.Duration) []vrrp.Script {
		return []vrrp.Script{{
			Name: "chk", Command: command.Command{Words: []string{path}},
			Interval: interval, Timeout: 10 * interval, Rise: 1, Fall: 2,
		}}
	}
	const interval = 200 * time.Millisecond
	// The verdict on another script changes with each of its runs: so it shows how
	// often one was due.
	beat := vrrp.Script{Name: "beat", Interval: interval / 2, Timeout: time.Minute, Rise: 1, Fall: 1}
	beat.Command.Words = []string{filepath.Join(here, "beat")}
	mark := filepath.Join(here, "mark")
	text = fmt.Sprintf("#!/bin/sh\n[ -e %[1]s ] && exec rm %[1]s\n: > %[1]s\nexit 1\n", mark)
	if err := os.WriteFile(beat.Command.Words[0], []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	verdicts, beats := make(chan bool, 100), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	s := New(of(interval), &script.Runner{Grace: time.Millisecond}, slog.New(slog.DiscardHandler))
	done := make(chan error, 1)
	report := func(name string, up bool) {
		if name != beat.Name {
			verdicts <- up
			return
		}
		select {
		case beats <- struct{}{}:
		default: // nobody waits for it
		}
	}
	go func() { done <- s.Run(ctx, report) }()
	await := func(want bool) {
		t.Helper()
		for limit := time.After(time.Minute); ; {
			select {
			case up := <-verdicts:
				if up == want {
					return
				}
			case <-limit:
				t.Fatalf("no verdict %v", want)
			}
		}
	}
	await(true)
	if err := os.WriteFile(stuck, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	await(false)
	pids := func() []string {
		b, _ := os.ReadFile(starts)
		return strings.Fields(string(b))
	}
	once := func(when string) {
		t.Helper()
		if n := len(pids()); n != 1 {
			t.Errorf("%s: started %d times", when, n)
		}
	}
	once("at the verdict")
	s.Reload(append(of(interval/2), beat))
	for limit, n := time.After(time.Minute), 0; n < 20; n++ { // ten are its time-out
		select {
		case <-beats:
		case <-limit:
			t.Fatalf("the other script ran %d times", n)
		}
	}
	once("after the reload")

	if err := os.Remove(stuck); err != nil {
		t.Fatal(err)
	}
	thaw()
	await(true)

	// And it keeps nobody from stopping.
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetInt(int(d.Fd()), fifreeze, 0); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = unix.IoctlSetInt(int(d.Fd()), fithaw, 0)
		d.Close()
	}()
	if err := os.WriteFile(stuck, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	await(false)
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("the stop waits for the script")
	}
	all := pids()
	if pid, err := strconv.Atoi(all[len(all)-1]); err != nil || unix.Kill(pid, 0) != nil {
		t.Errorf("the script %d has ended (%v), and so this test shows nothing", pid, err)
	}
}
