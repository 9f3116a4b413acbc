package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A pidFile tells others the daemon's process id. It is for them alone: the daemon
// runs as well without it, and a lock keeps a second one from starting.
type pidFile struct {
	path string

	mu      sync.Mutex
	dir     *os.Root    // nil if the file was not written; guarded by mu
	written os.FileInfo // guarded by mu
	removed bool        // guarded by mu
}

// write writes the process id to the file unless that is there. What root has put
// there in the place of a file stays; all else was left behind, or is another
// user's, and goes.
func (p *pidFile) write() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.removed || p.dir != nil && p.current() {
		return nil
	}
	dir, err := os.OpenRoot(filepath.Dir(p.path))
	if err == nil {
		p.written, err = writeNew(dir, filepath.Base(p.path), fmt.Sprintln(os.Getpid()))
	}
	if err != nil {
		if dir != nil {
			dir.Close()
		}
		return fmt.Errorf("no pid file %s (%w): scripts that read it do not find this daemon, which runs all the same; see to that and reload it, or name another file with --pid", p.path, cause(err))
	}
	if p.dir != nil {
		p.dir.Close()
	}
	p.dir = dir
	return nil
}

// cause is an error without the path, which the message has already.
func cause(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// writeNew makes a file anew, in a directory where others may do the same.
func writeNew(dir *os.Root, name, text string) (os.FileInfo, error) {
	var f *os.File
	for try := 0; ; try++ {
		if err := clear(dir, name); err != nil {
			return nil, err
		}
		var err error
		f, err = dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) || try == 10 {
			return nil, err
		}
	}
	_, err := f.WriteString(text)
	info, err1 := f.Stat()
	if err := errors.Join(err, err1, f.Close()); err != nil {
		_ = dir.Remove(name)
		return nil, err
	}
	return info, nil
}

// clear removes what write may replace.
func clear(dir *os.Root, name string) error {
	info, err := dir.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.Mode().IsRegular() && (!ok || int(st.Uid) == os.Geteuid()) {
		return errors.New("there is something else than a regular file")
	}
	if err := dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// current says whether the path still leads to the file that was written.
func (p *pidFile) current() bool {
	there, err := os.Lstat(p.path)
	return err == nil && os.SameFile(p.written, there)
}

// remove deletes the file unless it is another one by now. It comes before the
// lock is released.
func (p *pidFile) remove() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.removed = true
	if p.dir == nil {
		return nil
	}
	defer p.dir.Close()
	name := filepath.Base(p.path)
	there, err := p.dir.Lstat(name)
	if err != nil || !os.SameFile(p.written, there) {
		return nil
	}
	if err := p.dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove pid file: %w", err)
	}
	return nil
}

// refuseKeepalived refuses the keepalived that a pid file names, which does not
// lock it. A file that another user can have put there names nobody.
func refuseKeepalived(path string, processes processes) error {
	if pid := readPID(path); processes.isKeepalived(pid) {
		return fmt.Errorf("%w: keepalived is process %d, by pid file %s; stop it, or give this one another file with --pid", ErrRunning, pid, path)
	}
	return nil
}

// readPID returns the process id in a file that root has written, or 0.
func readPID(path string) int {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return 0
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG ||
		int(st.Uid) != os.Geteuid() && st.Uid != 0 || st.Mode&0o022 != 0 || st.Nlink != 1 {
		return 0
	}
	var buf [32]byte
	n, _ := f.Read(buf[:])
	pid, err := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	if err != nil || pid < 1 {
		return 0
	}
	return pid
}
