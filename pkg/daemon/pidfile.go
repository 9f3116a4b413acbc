package daemon

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrRunning says that another daemon holds the pid file.
var ErrRunning = errors.New("daemon is already running")

// A pidFile tells others the daemon's process id and keeps a second daemon
// from starting: it is locked for as long as the daemon lives.
type pidFile struct {
	path string
	file *os.File
}

// createPIDFile writes the process id to path. A file that is left from a
// daemon that is gone is taken over.
func createPIDFile(path string) (*pidFile, error) {
	for {
		p, err := tryPIDFile(path)
		if !errors.Is(err, errReplaced) {
			return p, err
		}
	}
}

func tryPIDFile(path string) (*pidFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create pid file: %w; name another one with --pid", err)
	}
	p := &pidFile{path: path, file: f}
	if err := p.claim(); err != nil {
		f.Close()
		return nil, err
	}
	return p, nil
}

// claim locks the file, refuses the process that an unlocked one names if it is
// a keepalived, and writes ours.
func (p *pidFile) claim() error {
	err := unix.Flock(int(p.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("%w: pid file %s is in use; stop the other one, or give this one another file with --pid", ErrRunning, p.path)
	}
	if err != nil {
		return fmt.Errorf("lock pid file %s: %w", p.path, err)
	}
	if !p.current() {
		// Its owner was on the way out and has removed it by now.
		return errReplaced
	}
	if pid := p.read(); pid != os.Getpid() && isDaemon(pid) {
		return fmt.Errorf("%w: process %d, by pid file %s; stop it, or give this one another file with --pid", ErrRunning, pid, p.path)
	}
	if err := p.file.Truncate(0); err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	if _, err := p.file.WriteAt(fmt.Appendln(nil, os.Getpid()), 0); err != nil {
		return fmt.Errorf("write pid file: %w", err)
	}
	return nil
}

// errReplaced says that the locked file is not the one at the path any more.
var errReplaced = errors.New("pid file was replaced")

// current says whether the path still leads to the file that is locked.
func (p *pidFile) current() bool {
	ours, err := p.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(p.path)
	return err == nil && os.SameFile(ours, there)
}

// read returns the process id in the file, or 0.
func (p *pidFile) read() int {
	var buf [32]byte
	n, _ := p.file.ReadAt(buf[:], 0)
	pid, err := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	if err != nil || pid < 1 {
		return 0
	}
	return pid
}

// isDaemon says whether the process is a load balancing daemon. keepalived does
// not lock its file, so that its name is all that there is to go by; and a
// process id that was given to another program since must not count.
func isDaemon(pid int) bool {
	if pid == 0 {
		return false
	}
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return false
	}
	name := strings.TrimSpace(string(comm))
	return strings.HasPrefix(name, "keepalived")
}

// remove deletes the file while it is still locked.
func (p *pidFile) remove() error {
	defer p.file.Close()
	if !p.current() {
		return nil // somebody removed it, and it may be another daemon's by now
	}
	if err := os.Remove(p.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove pid file: %w", err)
	}
	return nil
}
