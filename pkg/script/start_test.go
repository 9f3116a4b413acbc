package script

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"

	"github.com/kactl/kactl/test/need"
)

// What the kernel cannot start is an error that says why, before the start and at
// it, and is no trouble of our own.
func TestStartable(t *testing.T) {
	dir := publicDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	writeFile(t, at("data"), "#!/bin/sh\n", 0o644)
	writeFile(t, at("dos"), "#!/bin/sh\r\nexit 0\r\n", 0o755)
	mkdir(t, at("dir"), 0o755)
	for _, tt := range []struct {
		name, text string
		says       string // empty: it starts
	}{
		{"sh", "#!/bin/sh\nexit 0\n", ""},
		{"blanks", "#! \t/bin/sh \t-e \nexit 0\n", ""},
		{"no line feed", "#!/bin/true", ""},
		{"env", "#!/usr/bin/env sh\nexit 0\n", ""},
		{"env with arguments", "#!/usr/bin/env -S sh -e\nexit 0\n", ""},
		{"text", "exit 0\n", "without #!"},
		{"empty", "", "is empty"},
		{"byte order mark", "\xef\xbb\xbf#!/bin/sh\nexit 0\n", "without #!"},
		{"line before", "\n#!/bin/sh\nexit 0\n", "without #!"},
		{"no interpreter", "#!\nexit 0\n", "names no interpreter"},
		{"only blanks", "#!  \t\nexit 0\n", "names no interpreter"},
		{"carriage return", "#!/bin/sh\r\nexit 0\r\n", "carriage return"},
		{"gone", "#!/nonexistent/sh\nexit 0\n", "/nonexistent/sh of SCRIPT does not exist"},
		{"below a file", "#!/bin/sh/x\nexit 0\n", "/bin/sh/x of SCRIPT does not exist"},
		{"not executable", "#!" + at("data") + "\nexit 0\n", "cannot be executed: "},
		{"directory", "#!" + at("dir") + "\nexit 0\n", "cannot be executed: not a regular file"},
		{"interpreter of the interpreter", "#!" + at("dos") + "\nexit 0\n", at("dos") + " ends with a carriage return"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := writeFile(t, at("script"), tt.text, 0o755)
			c := command.Command{Words: []string{path}}
			says := strings.ReplaceAll(tt.says, "SCRIPT", path)
			err, ran := Startable(c), new(Runner).Run(t.Context(), c)
			c.Secure = true
			secure := new(Runner).Run(t.Context(), c)
			if tt.says == "" {
				if err != nil || ran != nil || secure != nil {
					t.Errorf("got %v, %v and %v", err, ran, secure)
				}
				return
			}
			var exit *ExitError
			for _, err := range []error{err, ran, secure} {
				if err == nil || strings.ContainsAny(err.Error(), "\r\n") || errors.As(err, &exit) || OwnTrouble(err) || !strings.Contains(err.Error(), says) {
					t.Errorf("got %v, want it to say %q", err, says)
				}
			}
			if !errors.Is(ran, ErrNotExecutable) {
				t.Errorf("%v is not %v", ran, ErrNotExecutable)
			}
		})
	}
	// The interpreter starts then, and fails.
	for _, line := range []string{"/usr/bin/env sh\r", "/usr/bin/env no-such-program", "/bin/sh -e\r"} {
		path := writeFile(t, at("script"), "#!"+line+"\nexit 0\n", 0o755)
		if err := Startable(command.Command{Words: []string{path}}); err == nil {
			t.Errorf("%q: no error", line)
		}
	}
	for _, path := range []string{"/bin/true", "/nonexistent", "</nonexistent", dir} {
		if err := Startable(command.Command{Words: []string{path}}); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// An interpreter that only root may execute is none for another user.
func TestStartableAs(t *testing.T) {
	need.Root(t)
	dir := publicDir(t)
	interpreter := writeFile(t, filepath.Join(dir, "interpreter"), "#!/bin/sh\n", 0o700)
	path := writeFile(t, filepath.Join(dir, "script"), "#!"+interpreter+"\n", 0o755)
	for user, says := range map[string]string{"": "", "root": "", "nobody": "cannot be executed"} {
		err := Startable(command.Command{Words: []string{path}, User: user})
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("as %q: %v", user, err)
		}
	}
}

func TestOwnTrouble(t *testing.T) {
	for _, e := range []syscall.Errno{unix.EAGAIN, unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOBUFS} {
		for _, err := range []error{e, &fs.PathError{Op: "fork/exec", Path: "/x", Err: e}, fault("/x", &fs.PathError{Op: "open", Path: "/x", Err: e})} {
			if !OwnTrouble(err) {
				t.Errorf("%v is our own trouble", err)
			}
		}
	}
	for _, err := range []error{unix.ENOENT, unix.EACCES, unix.ENOEXEC, unix.ETXTBSY, ErrNotExecutable, ErrInsecure, &ExitError{Code: 1}} {
		if OwnTrouble(err) {
			t.Errorf("%v is the program's", err)
		}
	}
}

// Without a descriptor left nothing is said about the program.
func TestNoDescriptors(t *testing.T) {
	c := shell(t, "exit 0")
	c.Secure = true
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	for more := range uint64(6) {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(fd) + more, Max: old.Max}); err != nil {
			t.Fatal(err)
		}
		err := new(Runner).Run(t.Context(), c)
		if e := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); e != nil {
			t.Fatal(e)
		}
		if err != nil && !OwnTrouble(err) {
			t.Errorf("with %d descriptors: %v", more, err)
		}
		if more == 0 && err == nil {
			t.Error("it ran without a descriptor")
		}
	}
}

// What runs as root under script security has nothing from elsewhere: no variable
// that makes it run other code, no directory of others in PATH, no descriptor, no
// ambient capability.
func TestRunGuarded(t *testing.T) {
	need.Root(t)
	dir := publicDir(t)
	out := filepath.Join(dir, "out")
	theirs := mkdir(t, filepath.Join(dir, "theirs"), 0o755)
	if err := os.Chown(theirs, 65534, 0); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(theirs, "env.sh"), "echo foreign code\n", 0o755)
	t.Setenv("PATH", theirs+":.::"+mkdir(t, filepath.Join(dir, "open"), 0o777)+":"+mkdir(t, filepath.Join(dir, "sticky"), 0o777|os.ModeSticky)+":/usr/bin:/nonexistent:/bin")
	for _, v := range []string{"LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "BASH_FUNC_true%%", "PYTHONPATH", "PERL5LIB", "IFS", "NOTIFY_SOCKET", "SHELLOPTS"} {
		t.Setenv(v, theirs+"/env.sh")
	}
	t.Setenv("MINE", "stays")
	leak, err := unix.Open("/dev/null", unix.O_RDONLY, 0) // without O_CLOEXEC
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(leak)
	c := shell(t, `{ tr '\0' '\n' < /proc/$$/environ; echo; ls /proc/$$/fd; sed -n s/^CapAmb://p /proc/$$/status; } > `+out)
	c.Secure = true
	if err := new(Runner).Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{"\nPATH=/usr/bin:/bin\n", "MINE=stays\n", "\t0000000000000000\n"} {
		if !strings.Contains("\n"+text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, theirs) {
		t.Errorf("it was given what is another's:\n%s", text)
	}
	_, fds, _ := strings.Cut(text, "\n\n")
	for _, fd := range strings.Fields(fds) {
		if len(fd) < 3 && fd > "2" && fd != "10" { // where dash keeps the script
			t.Errorf("it has descriptor %s:\n%s", fd, text)
		}
	}
	// Without it the environment is ours, as keepalived has it.
	c.Secure = false
	if err := new(Runner).Run(t.Context(), command.Command{Words: []string{"/bin/sh", "-c", "test -n \"$PERL5LIB\""}}); err != nil {
		t.Errorf("without script security: %v", err)
	}
}
