// Package rootonly says whether anybody but root can change what a path leads to.
package rootonly

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrInsecure says that others than root can change what a path leads to.
var ErrInsecure = errors.New("others than root can change it")

// maxLinks is how many links a path may have, as in path_resolution(7).
const maxLinks = 40

// Resolve follows an absolute path, directory by directory and link by link, and
// returns where it ends, without links. The error wraps ErrInsecure, and names the
// directory or file at fault, if any of what it passes belongs to another user or
// can be written by another one. A directory with the sticky bit is no exception:
// what root has there is safe, but once that is gone anybody can make another one.
//
// Where the process is not root, what belongs to its own user is fine too.
func Resolve(path string) (string, error) { return ResolveBelow("/", path, false) }

// ResolveBelow is Resolve with a root directory of its own, which is not looked at
// itself; path and links are read as below it, and so is what is returned. With
// sticky a directory with the sticky bit is an exception: what is there now is
// root's, and will be for as long as root leaves it there.
func ResolveBelow(root, path string, sticky bool) (string, error) {
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("%s: not an absolute path", path)
	}
	done, rest := "/", parts(path)
	if err := check(root, done, sticky); root == "/" && err != nil {
		return "", err
	}
	for links := 0; len(rest) > 0; {
		next := filepath.Join(done, rest[0]) // ".." too: done has no links
		rest = rest[1:]
		info, err := os.Lstat(filepath.Join(root, next))
		if err != nil {
			return "", err
		}
		if info.Mode().Type() != os.ModeSymlink {
			if err := check(root, next, sticky); err != nil {
				return "", err
			}
			done = next
			continue
		}
		// Nobody can write to a link. Who may replace it can write to its
		// directory, which was looked at; in one with the sticky bit it is its
		// owner.
		if err := owner(root, next); err != nil {
			return "", err
		}
		target, err := os.Readlink(filepath.Join(root, next))
		if err != nil {
			return "", err
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("%s: %w", path, unix.ELOOP)
		}
		if filepath.IsAbs(target) {
			done = "/"
		}
		rest = append(parts(target), rest...)
	}
	return done, nil
}

func parts(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// check looks at one directory or file.
func check(root, path string, sticky bool) error {
	st, err := lstat(root, path)
	if err == nil && sticky && st.Mode&unix.S_IFMT == unix.S_IFDIR && st.Mode&unix.S_ISVTX != 0 {
		return owner(root, path)
	}
	if err == nil {
		err = Secure(path, &st)
	}
	return err
}

// owner refuses what belongs to another user.
func owner(root, path string) error {
	st, err := lstat(root, path)
	if err == nil {
		st.Mode = 0
		err = Secure(path, &st)
	}
	return err
}

func lstat(root, path string) (st unix.Stat_t, err error) {
	if err := unix.Lstat(filepath.Join(root, path), &st); err != nil {
		return st, &os.PathError{Op: "lstat", Path: path, Err: err}
	}
	return st, nil
}

// Secure says of one directory or file whether others can write to it. An owner
// can give himself the permission, so any owner but root counts.
func Secure(path string, st *unix.Stat_t) error {
	switch {
	case st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%w: %s belongs to user %d", ErrInsecure, path, st.Uid)
	case st.Mode&0o022 != 0:
		return fmt.Errorf("%w: %s has mode %04o", ErrInsecure, path, st.Mode&0o7777)
	}
	return nil
}
