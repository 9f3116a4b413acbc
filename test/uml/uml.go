// Package uml runs a command as root on a throw-away Linux kernel, user-mode
// Linux, for machines whose own kernel lacks what a test needs (IPVS).
//
// The guest sees the machine's root file system read-only, with tmpfs over
// /tmp, /run, /var/tmp and /etc/keepalived. Its init is the calling program
// itself: a program that calls [Run] must call [Init] before anything else.
//
// It needs Debian's package user-mode-linux: [Kernel] and [Modules].
package uml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Where Debian's package puts the kernel and its modules.
const (
	Kernel  = "/usr/bin/linux.uml"
	Modules = "/usr/lib/uml/modules"
)

// Errors that [Run] wraps. With any of them there is no exit status to speak
// of: the run failed, whatever the command may have printed.
var (
	ErrNoKernel  = errors.New("user-mode-linux is not installed: apt-get install user-mode-linux")
	ErrNotUp     = errors.New("the guest kernel did not come up")
	ErrTimeout   = errors.New("the guest took too long and was stopped")
	ErrNoStatus  = errors.New("the guest ended without the command's exit status")
	errOtherHost = errors.New("only Linux on x86 runs user-mode-linux")
)

// A Config says what to run in the guest.
type Config struct {
	// Command is the program and its arguments. The path "/proc/self/exe" is
	// the calling program, wherever it lies.
	Command []string
	// Env is the command's environment, "NAME=value" each.
	Env []string
	// Dir is the command's working directory; empty means /tmp.
	Dir string
	// Writable are directories that the guest may write to, at their own path.
	Writable []string
	// Visible are directories that the guest must see though they lie under
	// one that is hidden by a tmpfs (a build in /tmp, say). One that is itself
	// hidden so stays hidden.
	Visible []string
	// Modules are the kernel modules to load, in order, with what they depend
	// on. One that the kernel does not have is passed over.
	Modules []string
	// Memory is the guest's memory in MiB; 0 means 1024. Only what is used is taken.
	Memory int
	// Limit bounds the whole run by the wall clock; 0 means five minutes.
	Limit time.Duration
	// Output takes what the command writes to its standard output and error.
	Output io.Writer
}

// Available tells whether this machine can boot user-mode Linux, and if not
// what is missing.
func Available() error {
	if runtime.GOARCH != "amd64" {
		return errOtherHost
	}
	for _, path := range []string{Kernel, Modules} {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%w (%w)", ErrNoKernel, err)
		}
	}
	return nil
}

// Run boots a guest, runs the command in it and returns the command's exit
// status, 128 and the signal's number if a signal ended it. A guest that does
// not come up, panics, or outlasts its limit is an error, never a status.
// Cancelling ctx stops the guest.
func Run(ctx context.Context, c Config) (status int, err error) {
	if err := Available(); err != nil {
		return 0, err
	}
	if c.Limit == 0 {
		c.Limit = 5 * time.Minute
	}
	if c.Memory == 0 {
		c.Memory = 1024
	}
	box, err := newBox(c)
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(box)
	ctx, cancel := context.WithTimeoutCause(ctx, c.Limit, ErrTimeout)
	defer cancel()

	self, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find the guest's init: %w", err)
	}
	out := newConsole(c.Output)
	cmd := exec.CommandContext(ctx, Kernel,
		"mem="+strconv.Itoa(c.Memory)+"M", "rootfstype=hostfs", "root=/dev/root", "hostfs=/", "ro",
		"init="+self, boxVar+"="+box, "con0=fd:0,fd:1", "con=null", "quiet", "loglevel=0")
	cmd.Env = append(os.Environ(), "HOME="+box, "TMPDIR="+memoryDir(box, c.Memory))
	cmd.Stdout, cmd.Stderr = out, out
	// A session of its own, so that an interrupt from the terminal reaches it
	// through ctx, what it leaves behind can be ended, and hurry is for it alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	// It ends its own processes on SIGTERM; SIGKILL would leave them.
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGTERM) }
	cmd.WaitDelay = 3 * time.Second
	runErr := cmd.Start()
	if runErr == nil {
		hurry(cmd.Process.Pid)
		runErr = cmd.Wait()
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	}
	out.flush()

	switch {
	case errors.Is(context.Cause(ctx), ErrTimeout):
		return 0, fmt.Errorf("%w: limit %v", ErrTimeout, c.Limit)
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case !out.up:
		return 0, fmt.Errorf("%w: %w: %s", ErrNotUp, orUnknown(runErr), out.early())
	}
	return readStatus(box)
}

// hurry gives a guest the processor before what can wait, as far as the system
// lets it. Each system call in a guest is a turn of two processes or three: on a
// busy machine each of these waits for its turn, and the guest stands still for
// seconds, in which its masters lose their addresses and its servers' checks run
// out of time.
//
// The priority counts within a session, and the session's own beside others where
// the kernel has groups of sessions: see sched(7).
func hurry(session int) {
	const nice = -15
	_ = unix.Setpriority(unix.PRIO_PGRP, session, nice)
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/autogroup", session), strconv.AppendInt(nil, nice, 10), 0)
}

func orUnknown(err error) error {
	if err == nil {
		return errors.New("it ended by itself")
	}
	return err
}

// readStatus reads what the guest's init noted as its last act.
func readStatus(box string) (int, error) {
	text, err := os.ReadFile(filepath.Join(box, statusFile))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNoStatus, err)
	}
	line, whole := strings.CutSuffix(string(text), "\n")
	n, isStatus := strings.CutPrefix(line, "exit ")
	status, err := strconv.Atoi(n)
	if !whole || !isStatus || err != nil || status < 0 || status > 255 {
		return 0, fmt.Errorf("%w: it noted %q", ErrNoStatus, text)
	}
	return status, nil
}

// memoryDir is where the guest's memory file goes: /dev/shm unless that is
// too small for it, as in containers.
func memoryDir(box string, mib int) string {
	const shm = "/dev/shm"
	var st unix.Statfs_t
	if unix.Statfs(shm, &st) == nil && st.Type == unix.TMPFS_MAGIC &&
		st.Flags&unix.ST_NOEXEC == 0 && st.Bavail*uint64(st.Bsize) > uint64(mib)<<20 {
		return shm
	}
	return box
}
