package daemon

import (
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/daemon/child"
)

// NeedsInit tells whether this process is the first one of a container, which
// inherits every process whose parent has ended, and has to reap it.
func NeedsInit() bool { return os.Getpid() == 1 }

// passedOn are the signals that the first process hands to the daemon.
var passedOn = []os.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGQUIT, unix.SIGHUP, unix.SIGUSR1, unix.SIGUSR2}

// Init is the first process of a container: it runs this program once more, with
// the same arguments, as the daemon, passes signals on to it, and reaps what the
// daemon's scripts have left behind. It ends when the daemon does; the error is an
// ExitError unless that exits with 0.
//
// The daemon is a process of its own because who waits for any child takes the
// exit status from whoever waits for that one: its scripts are not this process's
// children.
func Init() error {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, passedOn...)
	defer signal.Stop(signals)
	cmd := child.Command("--dont-fork") // called as keepalived it would
	if err := cmd.Start(); err != nil {
		return ExitError{statusFailure, fmt.Errorf("start the daemon: %w", err)}
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case s := <-signals:
				_ = cmd.Process.Signal(s) // a daemon that is gone needs none
			case <-ended:
				return
			}
		}
	}()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return ExitError{statusFailure, fmt.Errorf("wait for the daemon: %w", err)}
		case pid != cmd.Process.Pid:
		case status.Signaled():
			return ExitError{128 + int(status.Signal()), fmt.Errorf("the daemon was ended by %s", unix.SignalName(status.Signal()))}
		case status.Exited() && status.ExitStatus() != 0:
			return ExitError{Status: status.ExitStatus()} // it has told why
		case status.Exited():
			return nil
		}
	}
}
