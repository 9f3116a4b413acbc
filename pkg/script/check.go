package script

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"
)

// Resolve returns the file that c would execute. A first word without a slash
// is searched for through PATH; any other stays as it is written, so that a
// program sees the name that the configuration gives it. A redirection is given
// to the shell. The error wraps ErrNotExecutable if there is no such file that
// the user of c may execute, and ErrInsecure as Check has it.
func Resolve(c command.Command) (string, error) {
	path, _, err := resolve(c)
	return path, err
}

// Check says whether c can be run: its user and group exist, and its first word
// is a program that they may execute, or the error wraps ErrNotExecutable. With
// security (enable_script_security) nobody but root may decide what a program
// does that would run as root or with root's group, or the error wraps ErrInsecure
// and names the file, link or directory at fault. That goes for every directory
// that a name on the way is looked up in, for the links there, for the program
// itself, and for the interpreter of a script alike. A directory with the sticky
// bit protects what root put there.
//
// Run looks at all of it again before each start.
func Check(c command.Command, security bool) error {
	c.Secure = security
	_, err := prepare(c)
	return err
}

var errNotRegular = errors.New("not a regular file")

// A program is what is executed for a command.
type program struct {
	path string
	args []string // from argv[0] on
	env  []string // nil is our own
	id   identity
}

func prepare(c command.Command) (program, error) {
	path, id, err := resolve(c)
	if err != nil {
		return program{}, err
	}
	p := program{path: path, args: c.Words, id: id}
	if c.Redirects() {
		p.args = redirection(c.Words)
	}
	if !guarded(c, id) {
		return p, nil
	}
	at, err := absolute(path)
	if err == nil {
		err = guardInterpreters(at)
	}
	if err != nil {
		if why := startable(path, id); why != nil && !errors.Is(err, ErrInsecure) && !OwnTrouble(err) {
			err = why
		}
		return p, fault(c.Words[0], err)
	}
	p.env = guardedEnviron(searchPath())
	return p, nil
}

// guarded reports whether nobody but root may have a hand in c. What the group
// root can write counts as root's own: so what runs with that group is guarded,
// too.
func guarded(c command.Command, id identity) bool {
	return c.Secure && (id.uid == 0 || id.gid == 0)
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
	if c.Redirects() {
		name = shellPath
	}
	secure := guarded(c, id)
	if strings.Contains(name, "/") {
		if err := usable(name, id, secure); err != nil {
			return "", id, fault(name, err)
		}
		return name, id, nil
	}
	path, err := lookUp(name, searchPath(), id, secure)
	if err != nil {
		return "", id, fault(name, err)
	}
	return path, id, nil
}

// usable says why id cannot execute the file at path or, if secure is set, why
// others can replace it. The second comes first: then nothing is looked at that
// belongs to others.
func usable(path string, id identity, secure bool) error {
	if secure {
		at, err := absolute(path)
		if err != nil {
			return err
		}
		if err := guard(at); err != nil {
			return err
		}
	}
	return executable(path, id)
}

// lookUp returns the first program of that name in the directories of search that
// id can execute. If secure is set the directories that others can write do not
// count: nobody can put a program, or a broken one, before that of root.
func lookUp(name, search string, id identity, secure bool) (string, error) {
	trusted := search
	if secure {
		trusted = guardedPath(search)
	}
	var denied error
	for _, dir := range filepath.SplitList(trusted) {
		path := filepath.Join(dir, name)
		if !filepath.IsAbs(path) {
			continue // what lies in the current directory is not a command
		}
		err := usable(path, id, secure)
		if err == nil {
			return path, nil
		}
		if denied == nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) {
			denied = fmt.Errorf("%s: %w", path, err)
		}
	}
	if denied != nil {
		return "", denied
	}
	if secure && trusted != search {
		if path, err := lookUp(name, search, id, false); err == nil {
			if err := guard(filepath.Dir(path)); err != nil {
				return "", err
			}
			return "", fmt.Errorf("%w: others can write in %s", ErrInsecure, filepath.Dir(path))
		}
	}
	return "", fmt.Errorf("not in PATH (%s): %w; write the full path", search, fs.ErrNotExist)
}

// fault is the error for the program of that name: one that can be replaced, or
// that cannot be executed.
func fault(name string, err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err // the path is in the message already
	}
	if errors.Is(err, ErrInsecure) {
		return fmt.Errorf("script %s: %w", name, err)
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
			return errNotRegular
		}
		if !id.mayExecute(&st) {
			return fmt.Errorf("%s has mode %04o and owner %d:%d: %w for uid:gid %d:%d",
				part, st.Mode&0o7777, st.Uid, st.Gid, unix.EACCES, id.uid, id.gid)
		}
	}
	return nil
}

func realPath(path string) (string, error) {
	abs, err := absolute(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// absolute puts the current directory before a relative path. Unlike filepath.Abs
// it leaves .. to the kernel: behind a link it leads elsewhere.
func absolute(path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	dir, err := unix.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the current directory: %w", err)
	}
	return dir + "/" + path, nil
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
