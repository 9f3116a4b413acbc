package daemon

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/rootonly"
)

// ErrRunning says that another daemon runs on the same pid file.
var ErrRunning = errors.New("daemon is already running")

// lockFiles are what a daemon locks. The pid file itself will not do: everybody
// may read it, and who may read a file may lock it. Only root can open these, so
// only root can hold their locks.
//
// The second one needs no place in a file system: it is there when /run is full or
// cannot be written. The first one is for a container whose root may not open that.
var lockFiles = []string{"/run/kactl.lock", "/proc/vmallocinfo"}

// A lock keeps other daemons from its pid file until it is released or the process
// ends, however that ends.
type lock []*os.File

// takeLock takes the lock of a pid file in each of the files, which all daemons
// share: that of one pid file is one byte. The error wraps ErrRunning if another
// daemon has it. Any other error says that no file could be locked, and why.
func takeLock(files []string, pidFile string) (lock, error) {
	var l lock
	var reasons []error
	for _, name := range files {
		f, err := lockByte(name, lockOffset(pidFile))
		if errors.Is(err, errLocked) {
			l.release()
			return nil, fmt.Errorf("%w on pid file %s; stop it, or give this one another file with --pid", ErrRunning, pidFile)
		}
		if err != nil {
			reasons = append(reasons, err)
			continue
		}
		l = append(l, f)
	}
	if len(l) == 0 {
		return nil, errors.Join(reasons...)
	}
	return l, nil
}

// errLocked says that another process has a lock.
var errLocked = errors.New("locked")

// lockByte locks a byte of a file, which need not have one there. The error is
// errLocked if another process has done so.
func lockByte(name string, offset int64) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	}
	if err != nil {
		return nil, err
	}
	if err := private(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	// One of the open file description: closing another descriptor of the same
	// file does not release it.
	err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK, Start: offset, Len: 1})
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) { // fcntl_locking(2)
		return nil, errLocked
	}
	return nil, fmt.Errorf("lock %s: %w", name, err)
}

// private refuses a file that another user could have opened.
func private(f *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	switch {
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		return errors.New("not a regular file")
	case st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return fmt.Errorf("belongs to user %d: remove it", st.Uid)
	case st.Mode&0o077 != 0:
		return fmt.Errorf("has mode %04o, so that others can open it: remove it", st.Mode&0o7777)
	}
	return nil
}

// lockOffset is the byte of a pid file. Two spellings of one path have the same
// one, unless others can change where it leads: they could make it lead to the pid
// file of another daemon.
func lockOffset(pidFile string) int64 {
	h := fnv.New64a()
	path, err := filepath.Abs(pidFile)
	if err != nil {
		path = pidFile
	}
	dir, rest, st := splitPath(path)
	if _, err := rootonly.Resolve(dir); err == nil {
		fmt.Fprintf(h, "%d:%d/%s", st.Dev, st.Ino, rest)
	} else {
		fmt.Fprint(h, path)
	}
	return int64(h.Sum64() >> 1)
}

// splitPath returns the directory that the file of an absolute path is in, and the
// name that it has there. A directory that is not there is part of that name.
func splitPath(path string) (dir, name string, st unix.Stat_t) {
	dir, name = filepath.Dir(path), filepath.Base(path)
	for unix.Stat(dir, &st) != nil && dir != "/" {
		dir, name = filepath.Dir(dir), filepath.Join(filepath.Base(dir), name)
	}
	return dir, name, st
}

func (l lock) release() {
	for _, f := range l {
		f.Close()
	}
}
