package script

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"
)

// defaultGrace is what keepalived waits between SIGTERM and SIGKILL.
const defaultGrace = 2 * time.Second

// A Runner runs external programs. Its zero value is ready for use, by any
// number of goroutines.
type Runner struct {
	// Grace is how long a program that is told to stop by SIGTERM has before
	// SIGKILL. 0 means 2 seconds.
	Grace time.Duration
}

// Run executes c with the extra arguments after its own words and waits for its
// end. It returns nil if the program exits with 0, an *ExitError if it exits
// otherwise or is killed, and another error if it could not be started.
//
// When ctx ends, the whole process group of the program gets SIGTERM, and
// SIGKILL after the grace period. Run then returns an error that wraps
// ErrTimeout if the deadline of ctx is what ended it, the error of ctx
// otherwise. What the program started in the background and left behind when it
// ended in time is not touched.
//
// The environment, the current directory and the umask are those of this
// process; its real-time or raised priority is not passed on. A signal that
// this process ignores, other than one it handles, is ignored by the program
// too.
func (r *Runner) Run(ctx context.Context, c command.Command, extra ...string) error {
	if ctx.Err() != nil {
		return stopped(ctx, c)
	}
	path, id, err := resolve(c)
	if err != nil {
		return err
	}
	args := make([]string, 0, len(c.Words)+len(extra))
	args = append(append(args, c.Words...), extra...)
	cmd := &exec.Cmd{ // nil files are /dev/null
		Path:        path,
		Args:        args,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Credential: id.credential()},
	}
	if err := start(cmd); err != nil {
		return fmt.Errorf("run %s: %w", c, err)
	}
	killed := r.await(ctx, cmd.Process.Pid)
	err = cmd.Wait()
	if killed {
		return stopped(ctx, c)
	}
	if err == nil {
		return nil
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok {
		if status.Signaled() {
			return &ExitError{Signal: status.Signal()}
		}
		return &ExitError{Code: status.ExitStatus()}
	}
	return fmt.Errorf("run %s: %w", c, err)
}

// stopped is the error of a run that ctx ended.
func stopped(ctx context.Context, c command.Command) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		err = ErrTimeout
	}
	return fmt.Errorf("run %s: %w", c, err)
}

// await returns when the process pid has ended, and whether it was told to.
// The process is left a zombie for the caller to reap: as long as it is one,
// its number and that of its group belong to nobody else.
func (r *Runner) await(ctx context.Context, pid int) (killed bool) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
		}
	}()
	select {
	case <-ended:
		return false
	case <-ctx.Done():
	}
	// No error helps here: a group that is gone is what is asked for.
	_ = unix.Kill(-pid, unix.SIGTERM)
	grace := r.Grace
	if grace == 0 {
		grace = defaultGrace
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	}
	// The leader may be gone while another of its group ignored the first.
	_ = unix.Kill(-pid, unix.SIGKILL)
	<-ended
	return true
}

// start starts cmd with ordinary scheduling, whatever that of this process is:
// a script must not compete with the adverts.
func start(cmd *exec.Cmd) error {
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil || attr.Policy == unix.SCHED_NORMAL && attr.Nice >= 0 {
		return cmd.Start()
	}
	started := make(chan error)
	go func() {
		// Never unlocked: the thread and its new priority end with the
		// goroutine.
		runtime.LockOSThread()
		err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}, 0)
		if err != nil {
			started <- fmt.Errorf("reset priority: %w", err)
			return
		}
		started <- cmd.Start()
	}()
	return <-started
}
