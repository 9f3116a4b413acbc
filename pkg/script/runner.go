package script

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
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
// otherwise or is killed, and another error if it could not be started: OwnTrouble
// tells whether that says something about the program.
//
// When ctx ends, the whole process group of the program gets SIGTERM, and
// SIGKILL after the grace period. Run then returns an error that wraps
// ErrTimeout if the deadline of ctx is what ended it, the error of ctx
// otherwise. It still waits for the end of the program, and a program that is
// stuck in the kernel does not end: a caller whose own time is limited does not
// wait for Run. What the program started in the background and left behind when
// it ended in time is not touched.
//
// The current directory and the umask are those of this process; its real-time
// or raised priority is not passed on, and no descriptor above 2. A signal that
// this process ignores, other than one it handles, is ignored by the program
// too. The environment is ours; where c is Secure, ambient capabilities are
// dropped, and what runs as root gets an environment in which nothing makes it
// run the code of others.
func (r *Runner) Run(ctx context.Context, c command.Command, extra ...string) error {
	if ctx.Err() != nil {
		return stopped(ctx, c)
	}
	p, err := prepare(c)
	if err != nil {
		return err
	}
	args := make([]string, 0, len(p.args)+len(extra))
	args = append(append(args, p.args...), extra...)
	cmd := &exec.Cmd{ // nil files are /dev/null
		Path:        p.path,
		Args:        args,
		Env:         p.env,
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Credential: p.id.credential()},
	}
	// All files of the program are read before it is started: a file system that
	// does not answer then blocks this goroutine. At the start it would block the
	// whole process, since a new process shares our memory until it has its own.
	why := startable(p.path, p.id)
	if err := start(cmd, c.Secure); err != nil {
		if why != nil && !OwnTrouble(err) {
			return fmt.Errorf("run %s: %w: %w", c, ErrNotExecutable, why)
		}
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
