package uml

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/test/need"
)

func TestMain(m *testing.M) {
	Init()
	os.Exit(m.Run())
}

func TestModuleChains(t *testing.T) {
	const index = "kernel/a.ko:\nkernel/b.ko: kernel/a.ko\nkernel/ip_vs.ko.xz: kernel/b.ko kernel/a.ko\n"
	want := map[string][]string{
		"a":     {"kernel/a.ko"},
		"b":     {"kernel/a.ko", "kernel/b.ko"},
		"ip_vs": {"kernel/a.ko", "kernel/b.ko", "kernel/ip_vs.ko.xz"},
	}
	if diff := cmp.Diff(want, moduleChains(index)); diff != "" {
		t.Error(diff)
	}
}

func TestConsoleKeepsTheCommandsLines(t *testing.T) {
	var out bytes.Buffer
	c := newConsole(&out)
	fmt.Fprint(c, "Checking ptrace\r\nkactl-uml", ": up\r\nhel", "lo\r\nworld\r\n", downLine, "\r\nreboot: System halted\r\n")
	c.flush()
	if got, want := out.String(), "hello\nworld\n"; got != want || !c.up {
		t.Errorf("passed on %q, up %v, want %q, true", got, c.up, want)
	}
	if got, want := c.early(), "Checking ptrace"; got != want {
		t.Errorf("before the command %q, want %q", got, want)
	}
}

func TestReadStatus(t *testing.T) {
	for text, want := range map[string]int{
		"exit 0\n": 0, "exit 255\n": 255,
		"": -1, "exit 0": -1, "exit \n": -1, "exit -1\n": -1, "exit 256\n": -1, "0\n": -1,
	} {
		box := t.TempDir()
		if err := os.WriteFile(box+"/"+statusFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readStatus(box)
		if want < 0 {
			if !errors.Is(err, ErrNoStatus) {
				t.Errorf("%q: status %d, error %v, want ErrNoStatus", text, got, err)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%q: status %d, error %v, want %d", text, got, err, want)
		}
	}
	if _, err := readStatus(t.TempDir()); !errors.Is(err, ErrNoStatus) {
		t.Errorf("no file: error %v, want ErrNoStatus", err)
	}
}

func TestRun(t *testing.T) {
	need.Guest(t)
	tests := []struct {
		name   string
		script string
		limit  time.Duration
		status int
		err    error
		output string
	}{
		{"success", "uname -r | grep -c .; [ -d /proc/sys/net/ipv4/vs ] && echo ipvs", 5 * time.Minute, 0, nil, "1\nipvs\n"},
		{"failure", "echo no >&2; exit 7", 5 * time.Minute, 7, nil, "no\n"},
		{"signal", "kill -9 $$", 5 * time.Minute, 137, nil, ""},
		{"time-out", "sleep 100", 6 * time.Second, 0, ErrTimeout, ""},
		{"kernel dies", "echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger; sleep 1000", 5 * time.Minute, 0, ErrNoStatus, ""},
		{"halted by hand", "kill -9 -1; echo o >/proc/sysrq-trigger; sleep 1000", 5 * time.Minute, 0, ErrNoStatus, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			status, err := Run(t.Context(), Config{
				Command: []string{"/bin/sh", "-c", tt.script},
				Modules: []string{"ip_vs"}, Limit: tt.limit, Output: &out,
			})
			if status != tt.status || !errors.Is(err, tt.err) {
				t.Errorf("status %d, error %v, want %d, %v", status, err, tt.status, tt.err)
			}
			if tt.err == nil && !strings.HasPrefix(out.String(), tt.output) {
				t.Errorf("output %q, want %q", out.String(), tt.output)
			}
		})
	}
}

func TestRunWritesOnlyWhereAllowed(t *testing.T) {
	need.Guest(t)
	dir, other := t.TempDir(), t.TempDir()
	var out bytes.Buffer
	status, err := Run(t.Context(), Config{
		Command:  []string{"/bin/sh", "-c", "echo hello > $A/f; echo hello > $B/f || :; touch /tmp/f || exit 2; touch /usr/f || exit 0; exit 1"},
		Env:      []string{"A=" + dir, "B=" + other},
		Writable: []string{dir}, Visible: []string{other, "/tmp"}, Output: &out,
	})
	if err != nil || status != 0 {
		t.Fatalf("status %d, error %v\n%s", status, err, &out)
	}
	if text, err := os.ReadFile(dir + "/f"); err != nil || string(text) != "hello\n" {
		t.Errorf("the writable directory holds %q (%v)", text, err)
	}
	if _, err := os.Stat(other + "/f"); err == nil {
		t.Error("the guest wrote to a directory that was only to be seen")
	}
}
