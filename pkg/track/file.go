package track

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// numberBytes is how much of a tracked file is read: no number is longer.
const numberBytes = 128

// readNumber returns the number that the file holds now: 0 where there is no file, or
// none that holds something. Whoever made a FIFO or a device of it does not hold us up.
func readNumber(name string) (int, error) {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open %s: %w", name, err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, fmt.Errorf("read %s: %w", name, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return 0, fmt.Errorf("%s is not a regular file", name)
	}
	var text [numberBytes]byte
	n, err := unix.Read(fd, text[:])
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", name, err)
	}
	return number(string(text[:n]))
}

// initialize writes what the settings of a file ask for before it is followed: a
// number where there is no file, or in any case where they say overwrite. It follows
// no link that somebody else may have put there.
func initialize(f *vrrp.File, overwrite bool) error {
	if f.Init == nil {
		return nil
	}
	flags := unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL
	if overwrite {
		flags = unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC | unix.O_NONBLOCK
	}
	fd, err := unix.Open(f.Path, flags|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NOCTTY, 0o644)
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	if err == nil {
		_, err = unix.Write(fd, []byte(fmt.Sprintln(*f.Init)))
		err = errors.Join(err, unix.Close(fd))
	}
	if err != nil {
		return fmt.Errorf("write %d to %s: %w", *f.Init, f.Path, err)
	}
	return nil
}

// A step is an entry of a directory that the way to a file passes.
type step struct{ dir, entry string }

// mostSteps bounds the way to a file: links may go in circles.
const mostSteps = 100

// way returns the steps from the root directory to the file of that name, through
// links, as far as they are there. A change of any of them may make it another file.
func way(name string) (steps []step) {
	at, rest := "/", strings.Split(path.Clean("/"+name), "/")[1:]
	for len(rest) > 0 && len(steps) < mostSteps {
		entry := rest[0]
		rest = rest[1:]
		switch entry {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		steps = append(steps, step{at, entry})
		next := path.Join(at, entry)
		var st unix.Stat_t
		if unix.Lstat(next, &st) != nil {
			return steps
		}
		if st.Mode&unix.S_IFMT == unix.S_IFLNK {
			target := make([]byte, unix.PathMax)
			n, err := unix.Readlink(next, target)
			if err != nil {
				return steps
			}
			if target[0] == '/' {
				at = "/"
			}
			rest = append(strings.Split(string(target[:n]), "/"), rest...)
			continue
		}
		at = next
	}
	return steps
}
