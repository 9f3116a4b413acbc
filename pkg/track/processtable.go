package track

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// A processTable reads proc(5). It keeps the room that it needs.
type processTable struct {
	root    string
	stat    [512]byte
	command []byte
}

// longestCommand is how much of a command line is looked at.
const longestCommand = 1 << 14

// count returns how many processes each verdict's pattern matches. Those that have ended
// and that nobody has waited for do not run.
func (t *processTable) count(verdicts []*verdict) ([]int, error) {
	counts := make([]int, len(verdicts))
	lines := false
	for _, v := range verdicts {
		lines = lines || v.pattern.command != nil
	}
	dir, err := os.Open(t.root)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	fd := int(dir.Fd())
	for _, pid := range names {
		if pid[0] < '1' || pid[0] > '9' {
			continue
		}
		name, ok, err := t.name(fd, pid)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		var command []byte
		if lines {
			if command, err = t.line(fd, pid); err != nil {
				return nil, err
			}
		}
		for n, v := range verdicts {
			if v.pattern.matches(name, command) {
				counts[n]++
			}
		}
	}
	return counts, nil
}

// name returns the name of a process. It reports false where it does not run.
func (t *processTable) name(fd int, pid string) ([]byte, bool, error) {
	text, err := read(fd, pid+"/stat", t.stat[:])
	if err != nil || text == nil {
		return nil, false, err
	}
	// "PID (NAME) STATE ...", where the name may have anything in it.
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open || end+2 >= len(text) {
		return nil, false, fmt.Errorf("read the process %s: %s", pid, strconv.Quote(string(text)))
	}
	switch text[end+2] {
	case 'Z', 'X', 'x':
		return nil, false, nil
	}
	return text[open+1 : end], true, nil
}

// line returns the command line of a process, as far as it is looked at.
func (t *processTable) line(fd int, pid string) ([]byte, error) {
	if t.command == nil {
		t.command = make([]byte, longestCommand)
	}
	return read(fd, pid+"/cmdline", t.command)
}

// read reads the start of a file below an open directory; nil is a process that has
// ended, or that is hidden from us.
func read(fd int, name string, room []byte) ([]byte, error) {
	file, err := unix.Openat(fd, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	var n int
	if err == nil {
		defer unix.Close(file)
		n, err = unix.Read(file, room)
	}
	switch {
	case err == nil:
		return room[:n], nil
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ESRCH), errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return nil, nil
	}
	return nil, fmt.Errorf("read %s: %w", name, err)
}
