package cmd

import (
	"errors"
	"fmt"
	"io"

	"github.com/kactl/kactl/pkg/escape"
)

// Exit statuses that every command shares. Those that keepalived defines for
// its own are with the command.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// A usageError is a command line that cannot be understood.
type usageError struct {
	error
	command string // as it was called
}

func (e usageError) Unwrap() error { return e.error }

// A statusError ends the process with a status and, unless it wraps nothing,
// says why.
type statusError struct {
	status int
	error
}

func (e statusError) Unwrap() error { return e.error }

// exitStatus reports err on w, in the name of program, and returns the exit status
// that it asks for.
func exitStatus(err error, program string, w io.Writer) int {
	if err == nil {
		return exitOK
	}
	var status statusError
	if errors.As(err, &status) {
		if status.error != nil {
			fmt.Fprintf(w, "%s: %s\n", program, escape.Error(status.error))
		}
		return status.status
	}
	fmt.Fprintf(w, "%s: %s\n", program, escape.Error(err))
	var classic classicUsageError
	if errors.As(err, &classic) {
		fmt.Fprintln(w, "Run 'genhash --help' for usage")
		return exitError
	}
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(w, "Run '%s --help' for usage.\n", usage.command)
		return exitUsage
	}
	return exitError
}
