package rootonly

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks is how many links the kernel follows on one way (path_resolution(7)).
const maxLinks = 40

// A walk follows a path as the kernel does, one name at a time, and looks at what
// it passes by descriptor. It stops at the first thing that a user other than root
// could change, and never looks into a directory of such a user.
type walk struct {
	Rules
	fd    int    // of the directory that the next name is looked up in
	at    string // its path, without links
	st    unix.Stat_t
	links int
}

// Follow follows an absolute path, name by name and link by link, and returns where
// it ends, without links, and what is there. The error wraps ErrInsecure, and names
// the directory, link or file at fault, if a user other than root can change what
// the path leads to.
//
// So a path that was followed cannot come to mean another file afterwards, unless
// root changes it: every directory in which a name was looked up, every link, and
// the file itself are root's. To use the path, as it is written, is as exact then as
// to use a descriptor.
func (r Rules) Follow(name string) (string, unix.Stat_t, error) {
	w := &walk{Rules: r, fd: -1}
	defer w.close()
	if !filepath.IsAbs(name) {
		return "", w.st, fmt.Errorf("%s: not an absolute path", name)
	}
	if err := w.root(); err != nil {
		return "", w.st, err
	}
	rest := strings.Split(name, "/")
	for len(rest) > 0 {
		next := rest[0]
		rest = rest[1:]
		target, err := w.step(next)
		if err != nil {
			return "", w.st, err
		}
		if target == "" {
			continue
		}
		if target[0] == '/' {
			if err := w.root(); err != nil {
				return "", w.st, err
			}
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	if err := w.check(); err != nil {
		return "", w.st, err
	}
	return w.at, w.st, nil
}

func (w *walk) close() {
	if w.fd >= 0 {
		unix.Close(w.fd)
		w.fd = -1
	}
}

func (w *walk) root() error { return w.enter(unix.AT_FDCWD, w.real("/"), "/") }

// enter goes to name in the directory dir. at is its path.
func (w *walk) enter(dir int, name, at string) error {
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	w.close()
	w.fd, w.at = fd, at
	if err := unix.Fstat(fd, &w.st); err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	return nil
}

// check says why others can change what w is at.
func (w *walk) check() error {
	if w.at == "/" && w.real("/") != "/" {
		return nil
	}
	return w.refuse(w.real(w.at), w.at, &w.st)
}

// step looks up the next name. It returns the target of what turns out to be a
// link, and stays in the directory of the link then.
func (w *walk) step(name string) (target string, err error) {
	if w.st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return "", fmt.Errorf("%s: %w", w.at, unix.ENOTDIR)
	}
	switch name {
	case "", ".":
		return "", nil
	case "..": // leads to a directory on the way to this one, whoever owns this one
		if w.at == "/" {
			return "", nil
		}
		return "", w.enter(w.fd, "..", path.Dir(w.at))
	}
	if err := w.check(); err != nil {
		return "", err
	}
	in := *w
	w.fd = -1 // it is in's now
	if err := w.enter(in.fd, name, path.Join(in.at, name)); err != nil {
		unix.Close(in.fd)
		return "", err
	}
	switch w.st.Mode & unix.S_IFMT {
	case unix.S_IFLNK:
		target, err = w.readLink()
		w.close()
		in.links = w.links
		*w = in
		return target, err
	case unix.S_IFREG:
		// Where everybody may make names, one may be a hard link to any program
		// of root's.
		if Shared(w.real(in.at), &in.st) && w.st.Nlink > 1 {
			err = fmt.Errorf("%w: %s has %d names and is in a directory that others can write", ErrInsecure, w.at, w.st.Nlink)
		}
	}
	unix.Close(in.fd)
	return "", err
}

// readLink returns the target of the link that w is at. Nobody can write to a link;
// who may replace it can write to its directory, which was looked at, and where that
// has the sticky bit it is the link's owner.
func (w *walk) readLink() (string, error) {
	if err := w.refuseOwner(w.at, &w.st); err != nil {
		return "", err
	}
	var fs unix.Statfs_t
	if err := unix.Fstatfs(w.fd, &fs); err != nil {
		return "", fmt.Errorf("%s: %w", w.at, err)
	}
	if fs.Type == unix.PROC_SUPER_MAGIC { // what is read is not what is followed
		return "", fmt.Errorf("%w: the path goes through the link %s of /proc", ErrInsecure, w.at)
	}
	if w.links++; w.links > maxLinks {
		return "", fmt.Errorf("%s: %w", w.at, unix.ELOOP)
	}
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(w.fd, "", buf)
	if err != nil {
		return "", fmt.Errorf("%s: %w", w.at, err)
	}
	if n == 0 || n == len(buf) {
		return "", fmt.Errorf("%s: %w", w.at, unix.ENAMETOOLONG)
	}
	return string(buf[:n]), nil
}
