package daemon

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/daemon/child"
)

// readyVar names, for a daemon in the background, the file to tell on that it
// runs.
const readyVar = "KACTL_READY_FD"

// UnderServiceManager says that a service manager looks after this process, who would
// take it for ended if it went into the background.
func UnderServiceManager() bool { return os.Getenv(notifySocket) != "" }

// Background starts this program once more, with the same arguments, as a daemon
// in a session of its own, and waits until that runs. The error is an ExitError
// with the status of one that ended before.
func Background() error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	defer r.Close()
	cmd := child.Command()
	cmd.Stdin, cmd.Stdout = nil, nil         // it keeps the standard error until it is ready
	cmd.Env = append(cmd.Env, readyVar+"=3") // the first of ExtraFiles
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true}
	err = cmd.Start()
	w.Close()
	if err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	if n, _ := r.Read(make([]byte, 1)); n == 1 {
		return nil
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.Exited():
		return ExitError{Status: exit.ExitCode()} // it has said why
	case err != nil:
		return fmt.Errorf("the daemon in the background ended: %w", err)
	}
	return nil
}

// InBackground says whether Background started this process. Then Options has
// to be given to its Detach.
func InBackground() bool { return os.Getenv(readyVar) != "" }

// Detach makes o that of a daemon in the background: its paths hang on no
// directory, and once it is ready it tells who waits, and lets go of the terminal
// unless it logs there.
func (o *Options) Detach() error {
	fd, err := strconv.Atoi(os.Getenv(readyVar))
	if err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	if err := os.Unsetenv(readyVar); err != nil { // scripts are not to have it
		return fmt.Errorf("start in the background: %w", err)
	}
	unix.CloseOnExec(fd)
	ready := os.NewFile(uintptr(fd), "ready")
	for _, path := range []*string{&o.ConfigFile, &o.PIDFile} {
		if *path, err = filepath.Abs(*path); err != nil {
			return fmt.Errorf("start in the background: %w", err)
		}
	}
	if err := os.Chdir("/"); err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	o.Background = true
	o.Ready = func() {
		defer ready.Close()
		if !o.LogConsole {
			if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
				_ = unix.Dup3(int(null.Fd()), int(os.Stderr.Fd()), 0)
				null.Close()
			}
		}
		_, _ = ready.Write([]byte{1}) // who waited may have gone
	}
	return nil
}
