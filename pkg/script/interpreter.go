package script

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"
)

const (
	// maxHead is how much of a file the kernel reads to see how to run it
	// (BINPRM_BUF_SIZE).
	maxHead = 256
	// maxInterpreters is how many interpreters one after another the kernel
	// takes, each being a script itself.
	maxInterpreters = 5
)

// An interpreter is what the first line of a script names: #!PATH [ARGUMENT].
type interpreter struct{ path, arg string }

// String returns the path, quoted where it is not plain text.
func (i interpreter) String() string {
	if q := strconv.Quote(i.path); q != `"`+i.path+`"` {
		return q
	}
	return i.path
}

// interpreterOf reads that line as the kernel does, see execve(2): one argument
// at most, and blanks around both do not count. It reports false if there is none.
func interpreterOf(head []byte) (interpreter, bool) {
	line, ok := bytes.CutPrefix(head, []byte("#!"))
	if !ok {
		return interpreter{}, false
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	line, _, _ = bytes.Cut(line, []byte{0})
	name, arg := cutBlank(strings.Trim(string(line), " \t"))
	return interpreter{name, strings.TrimLeft(arg, " \t")}, true
}

func cutBlank(s string) (before, after string) {
	if n := strings.IndexAny(s, " \t"); n >= 0 {
		return s[:n], s[n:]
	}
	return s, ""
}

// guardInterpreters applies guard to whatever runs the script at path, which passed
// it: its interpreter, that one's, and the program that env looks up in PATH.
func guardInterpreters(path string) error {
	for range maxInterpreters {
		head, err := readGuarded(path, maxHead)
		if err != nil {
			return err
		}
		i, ok := interpreterOf(head)
		if !ok || i.path == "" {
			return nil // a program, or what the kernel refuses
		}
		if path, err = i.guard(); err != nil {
			return fmt.Errorf("its interpreter %s: %w", i, err)
		}
	}
	return nil
}

// guard returns the path of the program that does the work.
func (i interpreter) guard() (string, error) {
	at, err := absolute(i.path)
	if err != nil {
		return "", err
	}
	if err := guard(at); err != nil {
		return "", err
	}
	name, ok := i.looksUp()
	if !ok {
		return at, nil
	}
	if strings.Contains(name, "/") {
		if at, err = absolute(name); err == nil {
			err = guard(at)
		}
		return at, err
	}
	return lookUp(name, searchPath(), identity{}, true)
}

// looksUp returns the program that i starts by its name, if i is env.
func (i interpreter) looksUp() (name string, ok bool) {
	if path.Base(i.path) != "env" {
		return "", false
	}
	arg, split := i.arg, false
	for _, s := range []string{"-S", "--split-string=", "--split-string"} {
		if after, cut := strings.CutPrefix(arg, s); cut {
			arg, split = strings.TrimLeft(after, " \t"), true
			break
		}
	}
	if split {
		arg, _ = cutBlank(arg)
	}
	// Options and settings come before the name: then it is not looked for here,
	// but PATH holds nothing that others can change all the same.
	return arg, arg != "" && arg[0] != '-' && !strings.Contains(arg, "=")
}

// Startable says why the kernel could not start the file of c, in words that name
// the cause: it is a text without #!, or its interpreter is missing, cannot be
// executed, or ends with the carriage return of a DOS line. It is nil where no
// fault of that kind is seen.
func Startable(c command.Command) error {
	if c.Redirects() {
		return nil
	}
	path, id, err := resolve(c)
	if err != nil {
		return nil // Check reports it
	}
	return startable(path, id)
}

func startable(path string, id identity) error {
	for range maxInterpreters {
		head, err := ReadStart(path, maxHead)
		if err != nil {
			return nil // one that may be executed and not be read
		}
		i, ok := interpreterOf(head)
		switch {
		case !ok && !text(head):
			return nil // a program
		case !ok && len(head) == 0:
			return fmt.Errorf("%s is empty; write a script that starts with #!/bin/sh", path)
		case !ok:
			return fmt.Errorf("%s is a text without #! in its first line; write #!/bin/sh there", path)
		case i.path == "":
			return fmt.Errorf("the first line of %s names no interpreter; write #!/bin/sh there", path)
		case strings.HasSuffix(i.path, "\r"):
			return fmt.Errorf("the first line of %s ends with a carriage return, which is taken for a part of the name of the interpreter; convert it by dos2unix, or sed -i 's/\\r$//' %s", path, path)
		}
		at, err := absolute(i.path)
		if err == nil {
			err = executable(at, id)
		}
		switch {
		case errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR):
			return fmt.Errorf("the interpreter %s of %s does not exist; install it or correct the first line", i, path)
		case err != nil:
			return fmt.Errorf("the interpreter %s of %s cannot be executed: %w", i, path, err)
		}
		if strings.HasSuffix(i.arg, "\r") {
			return fmt.Errorf("the first line of %s ends with a carriage return, which %s takes for a part of its argument; convert it by dos2unix, or sed -i 's/\\r$//' %s", path, i, path)
		}
		if name, ok := i.looksUp(); ok && !strings.Contains(name, "/") {
			if _, err := lookUp(name, searchPath(), id, false); err != nil && !OwnTrouble(err) {
				return fmt.Errorf("the interpreter of %s: env finds no program %q in PATH (%s)", path, name, searchPath())
			}
		}
		path = at
	}
	return nil
}

// text reports whether head is the beginning of a text, and of no program that a
// kernel may know.
func text(head []byte) bool {
	return bytes.IndexByte(head, 0) < 0 && !bytes.HasPrefix(head, []byte("\x7f"))
}
