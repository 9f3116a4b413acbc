package script

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"
)

// defaultPath is searched when the environment has no PATH.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Resolve returns the file that c would execute. A first word without a slash
// is searched for through PATH; any other stays as it is written, so that a
// program sees the name that the configuration gives it. The error wraps
// ErrNotExecutable if there is no such file that the user of c may execute.
func Resolve(c command.Command) (string, error) {
	path, _, err := resolve(c)
	return path, err
}

// Check says whether c can be run: its user and group exist, and its first word
// is a program that they may execute, or the error wraps ErrNotExecutable. With
// security (enable_script_security) a program that would run as root must also
// lie where only root can write, or the error wraps ErrInsecure and names the
// file or directory at fault; links are followed first, and a directory with
// the sticky bit protects what root put there.
func Check(c command.Command, security bool) error {
	path, id, err := resolve(c)
	if err != nil {
		return err
	}
	if !security || id.uid != 0 {
		return nil
	}
	real, err := realPath(path)
	if err != nil {
		return notExecutable(path, err)
	}
	for _, part := range components(real) {
		var st unix.Stat_t
		if err := unix.Stat(part, &st); err != nil {
			return notExecutable(path, err)
		}
		if othersCanWrite(&st) {
			return fmt.Errorf("script %s: %w: %s has mode %04o and owner %d:%d; chown it to root and chmod go-w it",
				path, ErrInsecure, part, st.Mode&0o7777, st.Uid, st.Gid)
		}
	}
	return nil
}

func resolve(c command.Command) (string, identity, error) {
	id, err := identityOf(c)
	if err != nil {
		return "", id, err
	}
	if len(c.Words) == 0 || c.Words[0] == "" {
		return "", id, fmt.Errorf("script: %w: the command is empty", ErrNotExecutable)
	}
	name := c.Words[0]
	if strings.Contains(name, "/") {
		if err := executable(name, id); err != nil {
			return "", id, notExecutable(name, err)
		}
		return name, id, nil
	}
	search := os.Getenv("PATH")
	if search == "" {
		search = defaultPath
	}
	var denied error
	for _, dir := range filepath.SplitList(search) {
		path := filepath.Join(dir, name)
		if !filepath.IsAbs(path) {
			continue // what lies in the current directory is not a command
		}
		err := executable(path, id)
		if err == nil {
			return path, id, nil
		}
		if denied == nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) {
			denied = fmt.Errorf("%s: %w", path, err)
		}
	}
	if denied != nil {
		return "", id, notExecutable(name, denied)
	}
	return "", id, fmt.Errorf("script %s: %w: not in PATH (%s): %w; write the full path", name, ErrNotExecutable, search, fs.ErrNotExist)
}

func notExecutable(name string, err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err // the path is in the message already
	}
	return fmt.Errorf("script %s: %w: %w", name, ErrNotExecutable, err)
}

// executable says why id cannot execute the file at path.
func executable(path string, id identity) error {
	real, err := realPath(path)
	if err != nil {
		return err
	}
	for _, part := range components(real) {
		var st unix.Stat_t
		if err := unix.Stat(part, &st); err != nil {
			return err
		}
		if part == real && st.Mode&unix.S_IFMT != unix.S_IFREG {
			return errors.New("not a regular file")
		}
		if !id.mayExecute(&st) {
			return fmt.Errorf("%s has mode %04o and owner %d:%d: %w for uid:gid %d:%d",
				part, st.Mode&0o7777, st.Uid, st.Gid, unix.EACCES, id.uid, id.gid)
		}
	}
	return nil
}

func realPath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// components returns every directory on the way to the absolute path, from the
// root on, and path itself.
func components(path string) []string {
	parts := []string{"/"}
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			parts = append(parts, path[:i])
		}
	}
	return append(parts, path)
}

// othersCanWrite reports whether somebody but root can change what is there.
// An owner can give himself the permission, so any owner but root counts.
func othersCanWrite(st *unix.Stat_t) bool {
	if st.Uid != 0 {
		return true
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR && st.Mode&unix.S_ISVTX != 0 {
		return false
	}
	return st.Mode&0o002 != 0 || st.Mode&0o020 != 0 && st.Gid != 0
}
