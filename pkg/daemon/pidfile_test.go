package daemon

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/need"
)

// own demands that the file names this process.
func own(t *testing.T, path string) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != 0o644 {
		t.Errorf("the pid file is %v, %v", info, err)
		return
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != fmt.Sprintln(os.Getpid()) {
		t.Errorf("the pid file holds %q, %v", text, err)
	}
}

func gone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", path, err)
	}
}

func TestPIDFile(t *testing.T) {
	p := &pidFile{path: filepath.Join(t.TempDir(), "kactl.pid")}
	for range 2 {
		if err := p.write(); err != nil {
			t.Fatal(err)
		}
		own(t, p.path)
	}
	// A reload writes what was removed.
	if err := os.Remove(p.path); err != nil {
		t.Fatal(err)
	}
	if err := p.write(); err != nil {
		t.Fatal(err)
	}
	own(t, p.path)
	if err := p.remove(); err != nil {
		t.Fatal(err)
	}
	gone(t, p.path)
	// A reload that comes late does not.
	if err := p.write(); err != nil {
		t.Error(err)
	}
	gone(t, p.path)
}

// What a killed daemon left is replaced, whatever it says, whoever has it open and
// by what other names it is known: as much is true of a file that another user has
// put there.
func TestPIDFileLeftBehind(t *testing.T) {
	for _, content := range []string{"", "1\n", "999999999\n", "-1", "rubbish\n", strings.Repeat("1", 1e6)} {
		dir := t.TempDir()
		p := &pidFile{path: filepath.Join(dir, "kactl.pid")}
		other := filepath.Join(dir, "precious")
		if err := errors.Join(os.WriteFile(other, []byte(content), 0o644), os.Link(other, p.path)); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(p.path)
		if err == nil {
			err = unix.Flock(int(f.Fd()), unix.LOCK_SH)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := p.write(); err != nil {
			t.Errorf("content %.9q: %v", content, err)
		}
		own(t, p.path)
		if text, err := os.ReadFile(other); err != nil || string(text) != content {
			t.Errorf("the file by another name became %.9q, %v", text, err)
		}
		if err := p.remove(); err != nil {
			t.Error(err)
		}
		f.Close()
	}
}

// odd are things that are no files.
var odd = map[string]func(path string) error{
	"fifo":     func(path string) error { return unix.Mkfifo(path, 0o644) },
	"link":     func(path string) error { return os.Symlink("precious", path) },
	"loop":     func(path string) error { return os.Symlink(filepath.Base(path), path) },
	"dangling": func(path string) error { return os.Symlink("nothing", path) },
	"socket": func(path string) error {
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err == nil {
			l.SetUnlinkOnClose(false)
			l.Close()
		}
		return err
	},
}

// Where something else is, that stays: the file is written as root.
func TestPIDFileIsNone(t *testing.T) {
	odd := map[string]func(string) error{"directory": func(path string) error { return os.Mkdir(path, 0o755) }}
	for name, make := range allOdd(odd) {
		dir := t.TempDir()
		precious := filepath.Join(dir, "precious")
		p := &pidFile{path: filepath.Join(dir, "kactl.pid")}
		if err := errors.Join(os.WriteFile(precious, []byte("data"), 0o644), make(p.path)); err != nil {
			t.Fatal(err)
		}
		before, err := os.Lstat(p.path)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.write(); err == nil || !strings.Contains(err.Error(), "--pid") {
			t.Errorf("%s: %v", name, err)
		}
		if pid := readPID(p.path); pid != 0 {
			t.Errorf("%s: it names process %d", name, pid)
		}
		if err := p.remove(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if after, err := os.Lstat(p.path); err != nil || !os.SameFile(before, after) {
			t.Errorf("%s: it is %v now, %v", name, after, err)
		}
		if text, err := os.ReadFile(precious); err != nil || string(text) != "data" {
			t.Errorf("%s: another file became %q, %v", name, text, err)
		}
	}
}

// What another user has put into a directory that all may write to goes, so that
// nobody who reads it waits for him or believes him.
func TestPIDFileOfAnotherUser(t *testing.T) {
	need.Root(t)
	file := map[string]func(string) error{"file": func(path string) error {
		return os.WriteFile(path, fmt.Appendln(nil, os.Getppid()), 0o666)
	}}
	for name, make := range allOdd(file) {
		p := &pidFile{path: filepath.Join(t.TempDir(), "kactl.pid")}
		if err := errors.Join(make(p.path), os.Lchown(p.path, 65534, 65534)); err != nil {
			t.Fatal(err)
		}
		if pid := readPID(p.path); pid != 0 {
			t.Errorf("%s: it names process %d", name, pid)
		}
		if err := p.write(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		own(t, p.path)
	}
}

func allOdd(more map[string]func(string) error) map[string]func(string) error {
	for name, make := range odd {
		more[name] = make
	}
	return more
}

// The place for it is not there, full, or cannot be written: the log has it, and no
// half of a file is left, nor one that names another process.
func TestPIDFileHasNoPlace(t *testing.T) {
	p := &pidFile{path: filepath.Join(t.TempDir(), "missing", "kactl.pid")}
	if err := p.write(); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "runs all the same") {
		t.Error(err)
	}
	if err := p.remove(); err != nil {
		t.Error(err)
	}
	need.Root(t)
	full := t.TempDir()
	mount(t, full, "tmpfs", "size=8k", 0)
	p = &pidFile{path: filepath.Join(full, "kactl.pid")}
	for name, size := range map[string]int{"kactl.pid": 1, "fill": 4096} {
		if err := os.WriteFile(filepath.Join(full, name), []byte(strings.Repeat("1", size)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The room of the former one is enough.
	if err := p.write(); err != nil {
		t.Error(err)
	}
	own(t, p.path)
	if err := os.Remove(p.path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(full, "fill2"), []byte(strings.Repeat("1", 4096)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := p.write(); !errors.Is(err, unix.ENOSPC) {
		t.Error(err)
	}
	gone(t, p.path)
	// With room again, a reload writes it.
	if err := os.Remove(filepath.Join(full, "fill2")); err != nil {
		t.Fatal(err)
	}
	if err := p.write(); err != nil {
		t.Error(err)
	}
	own(t, p.path)
	mount(t, full, "tmpfs", "", unix.MS_REMOUNT|unix.MS_RDONLY)
	p2 := &pidFile{path: filepath.Join(full, "another.pid")}
	if err := p2.write(); !errors.Is(err, unix.EROFS) {
		t.Error(err)
	}
	if err := p.remove(); !errors.Is(err, unix.EROFS) {
		t.Errorf("it was removed from what cannot be written: %v", err)
	}
}

func mount(t *testing.T, dir, kind, options string, flags uintptr) {
	t.Helper()
	if err := unix.Mount(kind, dir, kind, flags, options); err != nil {
		t.Fatal(err)
	}
	if flags&unix.MS_REMOUNT == 0 {
		t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	}
}

// A file that is not the one that was written belongs to another daemon.
func TestPIDFileReplaced(t *testing.T) {
	p := &pidFile{path: filepath.Join(t.TempDir(), "kactl.pid")}
	if err := p.write(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Rename(p.path, p.path+".old"), os.WriteFile(p.path, []byte("1\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := p.remove(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(p.path); err != nil || string(text) != "1\n" {
		t.Errorf("the other one is %q, %v", text, err)
	}
}
