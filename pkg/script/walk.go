package script

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks is how many symbolic links the kernel follows on one way.
const maxLinks = 40

// A walk follows a path as the kernel does, one name at a time, and looks at what
// it passes by descriptor. It stops at the first thing that a user other than root
// could change, and never looks into a directory of such a user.
//
// So a path that was walked cannot come to mean another file afterwards, unless
// root changes it: every directory in which a name was looked up, every link, and
// the file itself are root's. That is why the program is started by its path, just
// as it is written, and not by the descriptor: it is as exact, a script sees its
// own path in $0, and the process has its proper name.
type walk struct {
	fd    int    // of the directory that the next name is looked up in
	at    string // its path, without links
	st    unix.Stat_t
	links int
}

// guard returns what is at the absolute path, or an error that wraps ErrInsecure
// if a user other than root can change what that is.
func guard(name string) (unix.Stat_t, error) {
	w := &walk{fd: -1}
	defer w.close()
	if err := w.root(); err != nil {
		return w.st, err
	}
	rest := strings.Split(name, "/")
	for len(rest) > 0 {
		next := rest[0]
		rest = rest[1:]
		target, err := w.step(next)
		if err != nil {
			return w.st, err
		}
		if target == "" {
			continue
		}
		if target[0] == '/' {
			if err := w.root(); err != nil {
				return w.st, err
			}
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return w.st, w.refuse(w.at, &w.st)
}

func (w *walk) close() {
	if w.fd >= 0 {
		unix.Close(w.fd)
		w.fd = -1
	}
}

func (w *walk) root() error { return w.enter(unix.AT_FDCWD, "/", "/") }

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
		return "", w.enter(w.fd, "..", path.Dir(w.at))
	}
	if err := w.refuse(w.at, &w.st); err != nil {
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
		if bitsLetWrite(&in.st) && w.st.Nlink > 1 {
			err = fmt.Errorf("%w: %s has %d names and is in a directory that others can write", ErrInsecure, w.at, w.st.Nlink)
		}
	}
	unix.Close(in.fd)
	return "", err
}

// readLink returns the target of the link that w is at.
func (w *walk) readLink() (string, error) {
	if w.st.Uid != 0 {
		return "", fmt.Errorf("%w: the link %s belongs to user %d; chown -h it to root", ErrInsecure, w.at, w.st.Uid)
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

// refuse returns why somebody but root can change what is at, or nil.
func (w *walk) refuse(at string, st *unix.Stat_t) error {
	if othersCanWrite(st) {
		return fmt.Errorf("%w: %s has mode %04o and owner %d:%d; chown it to root and chmod go-w it",
			ErrInsecure, at, st.Mode&0o7777, st.Uid, st.Gid)
	}
	// The bits of the group are an upper limit for all whom an access control
	// list names.
	if st.Mode&0o020 != 0 && !sticky(st) && listLetsWrite(at) {
		return fmt.Errorf("%w: %s has an access control list that lets others write; remove it by setfacl -b", ErrInsecure, at)
	}
	return nil
}

// othersCanWrite reports whether somebody but root can change what is there.
// An owner can give himself the permission, so any owner but root counts. The
// sticky bit of a directory protects what root put there.
func othersCanWrite(st *unix.Stat_t) bool { return st.Uid != 0 || !sticky(st) && bitsLetWrite(st) }

func sticky(st *unix.Stat_t) bool {
	return st.Mode&unix.S_IFMT == unix.S_IFDIR && st.Mode&unix.S_ISVTX != 0
}

// bitsLetWrite reports whether the permission bits let others than root and the
// group root write.
func bitsLetWrite(st *unix.Stat_t) bool {
	return st.Mode&0o002 != 0 || st.Mode&0o020 != 0 && st.Gid != 0
}
