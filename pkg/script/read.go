package script

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// errNoProc says that a file was not read, since /proc is not mounted.
var errNoProc = errors.New("cannot read it without /proc; mount it")

// ReadStart returns the first bytes of the file at path, limit of them at most. It
// opens nothing but a regular file, whoever changes what path leads to at the same
// time: to open a device can do something, and to read a FIFO can take for ever.
// It needs /proc.
func ReadStart(path string, limit int) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readUpTo(f, limit)
}

// readGuarded is ReadStart for a path that passed guard. What that leads to stays, and
// so it can be opened by its path where /proc is missing.
func readGuarded(path string, limit int) ([]byte, error) {
	head, err := ReadStart(path, limit)
	if !errors.Is(err, errNoProc) {
		return head, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readUpTo(f, limit)
}

// openRegular gets hold of the file first, which opens nothing, then looks at what it
// is, and then opens that very file through its link in /proc, see proc(5).
func openRegular(path string) (*os.File, error) {
	held, err := os.OpenFile(path, unix.O_PATH, 0) // with O_CLOEXEC, as all that os opens
	if err != nil {
		return nil, err
	}
	defer held.Close()
	info, err := held.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", path, errNotRegular)
	}
	f, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", held.Fd()), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", path, errNoProc)
	}
	return f, err
}

func readUpTo(r io.Reader, limit int) ([]byte, error) {
	b := make([]byte, limit)
	n, err := io.ReadFull(r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return b[:n], err
}
