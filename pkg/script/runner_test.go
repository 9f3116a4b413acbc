package script

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"

	"github.com/kactl/kactl/test/need"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shell returns the command that runs a shell script of its own.
func shell(t *testing.T, body string) command.Command {
	t.Helper()
	path := filepath.Join(publicDir(t), "script")
	return command.Command{Words: []string{writeFile(t, path, "#!/bin/sh\n"+body+"\n", 0o755)}}
}

func TestRunResult(t *testing.T) {
	tests := []struct {
		name, body string
		want       error
		says       string
	}{
		{name: "success", body: "exit 0"},
		{name: "status", body: "exit 3", want: &ExitError{Code: 3}, says: "exited with status 3"},
		{name: "signal", body: "kill -9 $$", want: &ExitError{Signal: syscall.SIGKILL}, says: "due to signal 9"},
		{name: "much output", body: "head -c 1G /dev/zero; head -c 1M /dev/zero >&2"},
		{name: "no input", body: "cat"},
		{name: "left behind", body: "sleep 0.1 & exit 4", want: &ExitError{Code: 4}, says: "exited with status 4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := new(Runner).Run(t.Context(), shell(t, tt.body))
			if tt.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var got *ExitError
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if diff := cmp.Diff(tt.want, error(got)); diff != "" {
				t.Error(diff)
			}
			if err.Error() != tt.says {
				t.Errorf("got %q, want %q", err, tt.says)
			}
		})
	}
}

func TestRunCannotStart(t *testing.T) {
	garbage := writeFile(t, filepath.Join(t.TempDir(), "garbage"), "\x00\x01", 0o755)
	for _, name := range []string{"/nonexistent/program", garbage} {
		err := new(Runner).Run(t.Context(), command.Command{Words: []string{name}})
		var exit *ExitError
		if err == nil || errors.As(err, &exit) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The program sees its words and the extra arguments, our environment, a
// process group of its own, no blocked or ignored signal, nothing to read.
func TestRunEnvironment(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	t.Setenv("SCRIPT_TEST", "inherited")
	// A process that was started with these ignored passes that on until it
	// handles them, as the daemon does.
	handled := make(chan os.Signal, 1)
	signal.Notify(handled, unix.SIGHUP, unix.SIGINT)
	defer signal.Stop(handled)
	c := shell(t, `files=$(for fd in 0 1 2; do readlink /proc/$$/fd/$fd; done)
	{
		echo "$SCRIPT_TEST"; for a; do echo "$a"; done
		pwd
		echo $files
		sed -n 's/^Sig\(Blk\|Ign\):[[:space:]]*//p' /proc/self/status
		set -- $(cat /proc/$$/stat); [ $1 = $5 ] && echo leader
	} > `+out)
	c.Words = append(c.Words, "two words", "$HOME")
	if err := new(Runner).Run(t.Context(), c, "extra"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	// What this process ignores without handling it stays ignored: make leaves
	// real-time signals so.
	own, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, ignored, _ := strings.Cut(string(own), "SigIgn:\t")
	ignored, _, _ = strings.Cut(ignored, "\n")
	want := []string{
		"inherited", "two words", "$HOME", "extra", dir,
		"/dev/null /dev/null /dev/null", "0000000000000000", ignored, "leader",
	}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(string(b)), "\n")); diff != "" {
		t.Error(diff)
	}
}

func TestRunIdentity(t *testing.T) {
	need.Root(t)
	dir := publicDir(t)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ user, group, want string }{
		{"nobody", "", "65534 65534 65534"},
		{"nobody", "daemon", "65534 1 1"},
		{"", "daemon", "0 1 1"},
	}
	for _, tt := range tests {
		t.Run(tt.user+":"+tt.group, func(t *testing.T) {
			out := filepath.Join(dir, "out"+tt.user+tt.group)
			c := shell(t, "echo $(id -u) $(id -g) $(id -G) > "+out)
			c.User, c.Group = tt.user, tt.group
			if err := new(Runner).Run(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(string(b)); got != tt.want {
				t.Errorf("ran as %s, want %s", got, tt.want)
			}
		})
	}
}

// A script tells through a FIFO that it runs, so that no test waits for a time.
func fifo(t *testing.T) (path string, line func() string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, func() string {
		f, err := os.Open(path) // returns when the script opens its end
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		s, err := bufio.NewReader(f).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(s)
	}
}

func TestRunCancelKillsGroup(t *testing.T) {
	tests := []struct {
		name, body string
		grace      time.Duration
	}{
		{"obeys", "sleep 1000 & echo $$ > FIFO; wait", time.Millisecond},
		{"ignores SIGTERM", "trap '' TERM; sleep 1000 & echo $$ > FIFO; while :; do wait; done", time.Millisecond},
		{"only its child ignores", "(trap '' TERM; echo $$ > FIFO; sleep 1000) & wait", time.Millisecond},
		{"waits for its child to obey", "trap : TERM; sh -c 'echo $PPID > FIFO; exec sleep 1000' & wait; wait", time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, line := fifo(t)
			c := shell(t, strings.ReplaceAll(tt.body, "FIFO", path))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error)
			go func() { done <- (&Runner{Grace: tt.grace}).Run(ctx, c) }()
			pid, err := strconv.Atoi(line())
			if err != nil {
				t.Fatal(err)
			}
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, context.Canceled)
			}
			if err := unix.Kill(pid, 0); err != unix.ESRCH {
				t.Errorf("the script is still there: %v", err)
			}
			for groupAlive(t, pid) { // SIGKILL was sent; the kernel takes its time
				runtime.Gosched()
			}
		})
	}
}

// groupAlive reports whether a process of the group pgid lives. Zombies, which
// somebody else has to reap, do not count.
func groupAlive(t *testing.T, pgid int) bool {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended meanwhile
		}
		fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if fields[2] == strconv.Itoa(pgid) && fields[0] != "Z" {
			return true
		}
	}
	return false
}

func TestRunTimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := new(Runner).Run(ctx, shell(t, "sleep 1000")); !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, want %v", err, ErrTimeout)
	}
	if err := new(Runner).Run(ctx, shell(t, "sleep 1000")); !errors.Is(err, ErrTimeout) {
		t.Errorf("with no time at all: got %v, want %v", err, ErrTimeout)
	}
}

func TestRunLeavesNoZombie(t *testing.T) {
	for range 5 {
		_ = new(Runner).Run(t.Context(), shell(t, "exit 1"))
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		t.Errorf("there is a child: %d, %v", pid, err)
	}
}

func TestRunWithOrdinaryPriority(t *testing.T) {
	need.Root(t)
	out := filepath.Join(t.TempDir(), "out")
	c := shell(t, "set -- $(cat /proc/$$/stat); echo ${19} ${40} ${41} > "+out)
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread is spoilt
		err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}, 0)
		if err == nil {
			err = new(Runner).Run(t.Context(), c)
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(b)); got != "0 0 0" {
		t.Errorf("nice, real-time priority and policy are %s, want 0 0 0", got)
	}
}

// keepalived gives "</path" to a shell: it succeeds while the file can be opened.
func TestRunRedirection(t *testing.T) {
	dir := publicDir(t)
	flag := writeFile(t, filepath.Join(dir, "flag"), "", 0o644)
	made := filepath.Join(dir, "made")
	run := func(words ...string) error {
		return new(Runner).Run(t.Context(), command.Command{Words: words, Secure: true})
	}
	if err := run("<" + flag); err != nil {
		t.Errorf("a file that is there: %v", err)
	}
	if err := run("<" + dir); err != nil {
		t.Errorf("a directory: %v", err)
	}
	var exit *ExitError
	for _, name := range []string{dir + "/missing", flag + "/below"} {
		if err := run("<" + name); !errors.As(err, &exit) {
			t.Errorf("%s: got %v, want an exit status", name, err)
		}
	}
	// The first word is the shell's; those behind it are not.
	if err := run("<"+dir+";touch", made+"'$(exit 1) a"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(made + "'$(exit 1) a"); err != nil {
		t.Error(err)
	}
	need.Root(t)
	if err := os.Chmod(flag, 0o600); err != nil {
		t.Fatal(err)
	}
	c := command.Command{Words: []string{"<" + flag}, User: "nobody"}
	if err := new(Runner).Run(t.Context(), c); !errors.As(err, &exit) {
		t.Errorf("a file that its user may not open: %v", err)
	}
}
