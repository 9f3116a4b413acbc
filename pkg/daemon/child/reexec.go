// Package child is how this program starts itself again: as a daemon in the
// background, below the first process of a container, in another network
// namespace.
package child

import (
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// self is this program, even if its file has been replaced or removed since.
const self = "/proc/self/exe"

// Command returns a command that runs this program once more, with the arguments
// of this process and more of them. It has the standard streams and environment of
// this process; a caller may change both before it starts.
func Command(more ...string) *exec.Cmd {
	return &exec.Cmd{
		Path: self,
		Args: append(append([]string(nil), os.Args...), more...),
		Env:  os.Environ(),
		// The files themselves: others would take a goroutine and a pipe each.
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}
}

// Become runs this program once more in place of this process, with the same
// arguments and environment. What belongs to the calling thread, such as its
// network namespace, belongs to all threads of the new program. It returns only if
// that fails.
func Become() error { return unix.Exec(self, os.Args, os.Environ()) }

// KeepName gives a program that was started by /proc/self/exe, which names it exe,
// the name back that pidof and killall find it by. Where that is refused they do
// not, and all else works.
func KeepName() { _ = os.WriteFile("/proc/self/comm", []byte(filepath.Base(os.Args[0])), 0) }
