package rssetup

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/need"
)

// jobVar holds the job of a process that a test starts to kill it.
const jobVar = "KACTL_RSSETUP_JOB"

// A job is what such a process does: it applies the targets, or takes all back.
type job struct {
	Root    string // of the journal and of files
	Targets []Target
	Persist bool
	Undo    bool
	// Kill is the change that the process kills itself at: before it is made, or
	// after. 0 is never.
	Kill  int
	After bool
}

func TestMain(m *testing.M) {
	text := os.Getenv(jobVar)
	if text == "" {
		os.Exit(m.Run())
	}
	var j job
	err := json.Unmarshal([]byte(text), &j)
	if err == nil {
		err = j.do()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (j job) do() error {
	if err := os.MkdirAll(filepath.Join(j.Root, "etc/systemd"), 0o755); err != nil {
		return err
	}
	s, err := open(linux{root: j.Root})
	if err != nil {
		return err
	}
	k := &killer{linux: linux{root: j.Root}, job: j}
	s.sys = k
	if j.Undo {
		_, err = s.Undo(false)
		return err
	}
	_, err = s.Apply(Options{Targets: j.Targets, Persist: j.Persist, Program: "/usr/bin/kactl"})
	return err
}

// A killer is this machine until the process kills itself.
type killer struct {
	linux
	job
	changes int
}

// State is that of a machine of its own.
func (k *killer) State() (State, error) {
	st, err := k.linux.State()
	st.Foreign = false
	return st, err
}

func (k *killer) Trust(string) error { return nil }

func (k *killer) Set(t Thing, value *string) error {
	k.changes++
	if k.changes == k.Kill && !k.After {
		kill()
	}
	err := k.linux.Set(t, value)
	if k.changes == k.Kill {
		kill()
	}
	return err
}

func kill() {
	_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	select {}
}

// run does a job in the namespace and reports whether it was killed: one that may
// be is done by a process of its own.
func (j job) run(t *testing.T, ns need.Namespace) (killed bool) {
	t.Helper()
	if j.Kill == 0 {
		ns.In(t, j.do)
		return false
	}
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	ns.In(t, func() error {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), jobVar+"="+string(text))
		out, err := cmd.CombinedOutput()
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		killed = ok && status.Signaled() && status.Signal() == unix.SIGKILL
		if err != nil && !killed {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
	return killed
}
