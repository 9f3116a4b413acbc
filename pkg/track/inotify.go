package track

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// A watcher reports which entries of directories have changed (inotify(7)). It knows a
// directory by the name that it was watched by.
type watcher struct {
	file *os.File
	dirs map[string]int32   // the kernel's number, by name
	name map[int32][]string // the names of one directory
}

// changes are those that may make an entry another one, or its text another one: a
// writer that is not done with it has changed nothing yet.
const changes = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_CLOSE_WRITE | unix.IN_ONLYDIR

func newWatcher() (*watcher, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	return &watcher{os.NewFile(uintptr(fd), "inotify"), map[string]int32{}, map[int32][]string{}}, nil
}

func (w *watcher) close() error { return w.file.Close() }

// watch makes the watched directories those of dirs. It returns the first error of one
// that is there and cannot be watched.
func (w *watcher) watch(dirs map[string]bool) (first error) {
	raw, err := w.file.SyscallConn()
	if err != nil {
		return err
	}
	err = raw.Control(func(fd uintptr) { first = w.change(int(fd), dirs) })
	if first == nil {
		first = err
	}
	return first
}

func (w *watcher) change(fd int, dirs map[string]bool) (first error) {
	clear(w.name)
	for dir := range dirs {
		// Each time anew: another directory may have the name by now.
		n, err := unix.InotifyAddWatch(fd, dir, changes)
		switch {
		case err == nil:
			if old, ok := w.dirs[dir]; ok && old != int32(n) && len(w.name[old]) == 0 {
				defer w.forget(fd, old)
			}
			w.dirs[dir] = int32(n)
			w.name[int32(n)] = append(w.name[int32(n)], dir)
		case err == unix.ENOENT || err == unix.ENOTDIR:
			// It is gone, and the one that it was in says so.
		case first == nil:
			first = fmt.Errorf("watch the directory %s: %w", dir, err)
		}
	}
	for dir, n := range w.dirs {
		if !dirs[dir] {
			delete(w.dirs, dir)
			w.forget(fd, n)
		}
	}
	return first
}

// forget ends the watch of a directory that has no name any more.
func (w *watcher) forget(fd int, n int32) {
	if len(w.name[n]) == 0 {
		_, _ = unix.InotifyRmWatch(fd, uint32(n)) // the kernel may have ended it
	}
}

// read waits for changes and calls changed for the entry of each. lost says that there
// may have been others.
func (w *watcher) read(changed func(n int32, entry string), lost func()) error {
	var buffer [1 << 14]byte
	n, err := w.file.Read(buffer[:])
	if err != nil {
		return fmt.Errorf("watch files: %w", err)
	}
	for b := buffer[:n]; len(b) >= unix.SizeofInotifyEvent; {
		number := int32(binary.NativeEndian.Uint32(b[0:]))
		mask := binary.NativeEndian.Uint32(b[4:])
		length := binary.NativeEndian.Uint32(b[12:])
		b = b[unix.SizeofInotifyEvent:]
		if int(length) > len(b) {
			break
		}
		entry := string(bytes.TrimRight(b[:length], "\x00"))
		b = b[length:]
		if mask&unix.IN_Q_OVERFLOW != 0 {
			lost()
			continue
		}
		changed(number, entry)
	}
	return nil
}

// is reports whether a directory has the name.
func (w *watcher) is(n int32, dir string) bool {
	number, ok := w.dirs[dir]
	return ok && number == n
}
