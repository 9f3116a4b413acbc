// Package script is the one runner of external programs: check scripts, notify
// scripts, MISC_CHECK. It runs them as keepalived does: the words of the
// configuration and no shell, as the configured user, in a process group of
// their own, with nothing on standard input and nowhere for output to go.
package script

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/kactl/kactl/pkg/rootonly"
)

var (
	// ErrNotExecutable says that a program does not exist, is not a regular
	// file, or may not be executed by the user that it would run as.
	ErrNotExecutable = errors.New("not found or not executable")

	// ErrInsecure says that a program that would run as root could be
	// replaced by somebody else (enable_script_security).
	ErrInsecure = rootonly.ErrInsecure

	// ErrTimeout says that a program was killed because its time was over.
	ErrTimeout = errors.New("timed out")
)

// OwnTrouble reports whether err says that this machine or this process lacks
// something, processes, descriptors or memory, and so nothing about the program
// that was to be run.
func OwnTrouble(err error) bool {
	for _, e := range []error{
		syscall.EAGAIN, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.EINTR,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// An ExitError is the end of a program that was started and did not succeed.
// If Signal is set the program was killed by it, otherwise it exited with Code,
// 1 to 255.
type ExitError struct {
	Code   int
	Signal syscall.Signal
}

// Error returns the end in the words of keepalived's log.
func (e *ExitError) Error() string {
	if e.Signal != 0 {
		return fmt.Sprintf("due to signal %d", int(e.Signal))
	}
	return fmt.Sprintf("exited with status %d", e.Code)
}
