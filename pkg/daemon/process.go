package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// processes is what the kernel tells of the processes.
type processes struct {
	dir  string // /proc
	self int
	// parent is the process that started this one: the first one of a container
	// starts this program once more.
	parent int
	uid    int // of the daemons that count
}

func realProcesses() processes { return processes{"/proc", os.Getpid(), os.Getppid(), 0} }

// isKeepalived says whether a process is a keepalived that root runs. What a
// process calls itself says nothing, for any user's can call itself so; a number
// may have been given to another one since, or to a thread. One of our own
// daemons, by the name of keepalived, does not count: it holds the lock.
func (p processes) isKeepalived(pid int) bool {
	if pid < 1 || pid == p.self || pid == p.parent {
		return false
	}
	status, err := p.status(pid)
	if err != nil || status["Tgid"] != strconv.Itoa(pid) || strings.HasPrefix(status["State"], "Z") {
		return false
	}
	for _, uid := range strings.Fields(status["Uid"]) { // real, effective, saved, of files
		if uid != strconv.Itoa(p.uid) {
			return false
		}
	}
	exe := p.path(pid, "exe")
	name, err := os.Readlink(exe)
	if errors.Is(err, fs.ErrPermission) {
		name = status["Name"] // a container may keep the program from us
	} else if err != nil {
		return false
	}
	if !strings.HasPrefix(filepath.Base(name), "keepalived") {
		return false
	}
	its, err := os.Stat(exe)
	own, err1 := os.Stat(p.path(p.self, "exe"))
	return err != nil || err1 != nil || !os.SameFile(its, own)
}

func (p processes) path(pid int, name string) string {
	return filepath.Join(p.dir, strconv.Itoa(pid), name)
}

// status are the lines of a process's status file (proc_pid_status(5)).
func (p processes) status(pid int) (map[string]string, error) {
	text, err := os.ReadFile(p.path(pid, "status"))
	if err != nil {
		return nil, fmt.Errorf("read the status of process %d: %w", pid, err)
	}
	lines := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		lines[name] = strings.TrimSpace(value)
	}
	return lines, nil
}
