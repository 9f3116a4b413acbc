package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/need"
)

func TestLock(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	a, b := filepath.Join(dir, "a.pid"), filepath.Join(dir, "b.pid")
	take := func(files []string, pidFile string) lock {
		t.Helper()
		l, err := takeLock(files, pidFile)
		if err != nil {
			t.Fatalf("%s by %v: %v", pidFile, files, err)
		}
		return l
	}
	refused := func(files []string, pidFile string) {
		t.Helper()
		l, err := takeLock(files, pidFile)
		if !errors.Is(err, ErrRunning) {
			t.Errorf("%s by %v: %v", pidFile, files, err)
		}
		l.release()
	}
	both := []string{one, two}
	first := take(both, a)
	refused(both, a)
	// Each of the files is enough, for either of them.
	refused([]string{one}, a)
	refused([]string{two}, a)
	refused([]string{filepath.Join(dir, "missing", "lock"), two}, a)
	// One that was refused has released what it had.
	take([]string{two}, b).release()
	first.release()
	first = take([]string{two}, a)
	refused(both, a)
	take([]string{one}, a).release()
	take(both, b).release()
	first.release()
	take(both, a).release()
	if info, err := os.Stat(one); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// The real files do what is asked of them: the second one is always there.
func TestLockFiles(t *testing.T) {
	need.Root(t)
	path := filepath.Join(t.TempDir(), "kactl.pid")
	for _, files := range [][]string{lockFiles, lockFiles[1:]} {
		l, err := takeLock(files, path)
		if err != nil || len(l) != len(files) {
			t.Fatalf("%v: %d of them are locked, %v", files, len(l), err)
		}
		if _, err := takeLock(lockFiles, path); !errors.Is(err, ErrRunning) {
			t.Errorf("%v: %v", files, err)
		}
		l.release()
	}
}

// What others can open is not locked.
func TestLockIsPrivate(t *testing.T) {
	for name, make := range allOdd(map[string]func(string) error{
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"readable":  func(path string) error { return os.WriteFile(path, nil, 0o644) },
		"of another user": func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Chown(path, 65534, 65534))
		},
	}) {
		t.Run(name, func(t *testing.T) {
			if name == "of another user" {
				need.Root(t)
			}
			dir := t.TempDir()
			file := filepath.Join(dir, "lock")
			if err := errors.Join(os.WriteFile(filepath.Join(dir, "precious"), nil, 0o600), make(file)); err != nil {
				t.Fatal(err)
			}
			l, err := takeLock([]string{file}, filepath.Join(dir, "a.pid"))
			if err == nil || errors.Is(err, ErrRunning) || !strings.Contains(err.Error(), file) {
				t.Errorf("%s: %v", name, err)
			}
			l.release()
			l, err = takeLock([]string{file, filepath.Join(dir, "good")}, filepath.Join(dir, "a.pid"))
			if err != nil || len(l) != 1 {
				t.Errorf("%s, and a good one: %d, %v", name, len(l), err)
			}
			l.release()
		})
	}
}

// One file has one byte, however its path is written; a path that others can
// change has another one than what they make of it.
func TestLockOffset(t *testing.T) {
	need.Root(t)
	dir, err := os.MkdirTemp("/run", "kactl-lock-") // in which nobody else can write
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(
		os.Chmod(dir, 0o755), os.Mkdir(path("real"), 0o755), os.Symlink("real", path("link")),
		os.Mkdir(path("home"), 0o755), os.Symlink(path("real"), path("home/link")),
		os.Lchown(path("home"), 65534, 65534),
	); err != nil {
		t.Fatal(err)
	}
	own := lockOffset(path("real/a.pid"))
	for name, same := range map[string]bool{
		"link/a.pid": true, "real/../link//a.pid": true, "real/b.pid": false, "link/missing/a.pid": false,
		"home/link/a.pid": false,
	} {
		if got := lockOffset(dir + "/" + name); (got == own) != same || got < 0 {
			t.Errorf("%s has byte %d, and real/a.pid %d", name, got, own)
		}
	}
	if lockOffset(path("link/missing/a.pid")) != lockOffset(path("real/missing/a.pid")) {
		t.Error("in a directory that is missing, two spellings have two bytes")
	}
}

func TestSplitPath(t *testing.T) {
	there := t.TempDir()
	for path, want := range map[string][2]string{
		"/a.pid":                      {"/", "a.pid"},
		"/none/a.pid":                 {"/", "none/a.pid"},
		there + "/a.pid":              {there, "a.pid"},
		there + "/none/a.pid":         {there, "none/a.pid"},
		there + "/none/none/a.pid":    {there, "none/none/a.pid"},
		there + "/none/deeper/b/c.id": {there, "none/deeper/b/c.id"},
	} {
		if dir, name, st := splitPath(path); dir != want[0] || name != want[1] || st.Ino == 0 {
			t.Errorf("%s is %q in %q, want %q", path, name, dir, want)
		}
	}
}

// Only who can open the files can hold them: a user cannot.
func TestLockOfAnotherUser(t *testing.T) {
	need.Root(t)
	l, err := takeLock(lockFiles, filepath.Join(t.TempDir(), "kactl.pid"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.release()
	for _, name := range lockFiles {
		var st unix.Stat_t
		if err := unix.Stat(name, &st); err != nil || st.Uid != 0 || st.Mode&0o077 != 0 {
			t.Errorf("%s has mode %o and owner %d, %v", name, st.Mode, st.Uid, err)
		}
	}
}
