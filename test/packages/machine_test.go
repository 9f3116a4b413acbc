package packages

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
	"github.com/kactl/kactl/test/need"
)

// A machine is a root that systemd has booted: a container of its own, with two
// ends of a cable for a network.
type machine struct {
	t *testing.T
	*root
	// init is the process id of its systemd, seen from outside.
	init int
}

// boot starts a machine that is switched off at the end of the test.
func boot(t *testing.T, r *root) *machine {
	t.Helper()
	if _, err := exec.LookPath("systemd-nspawn"); err != nil {
		need.Missing(t, "%v", err)
	}
	console, err := os.Create(t.TempDir() + "/console")
	if err != nil {
		t.Fatal(err)
	}
	defer console.Close()
	c := exec.Command("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network",
		"--kill-signal=SIGRTMIN+14", "--console=pipe", "--boot", "--directory="+r.dir)
	c.Stdout, c.Stderr = console, console
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, root: r}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	t.Cleanup(func() {
		m.halt(c.Process, ended)
		if t.Failed() {
			text, _ := os.ReadFile(console.Name())
			t.Logf("the console:\n%s", text)
		}
	})
	lab.Eventually(t, time.Minute, "systemd is up", func() bool {
		m.init = child(c.Process.Pid)
		return m.init != 0 && strings.Contains(m.try("systemctl", "is-system-running", "--wait"), "running")
	})
	m.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
	m.run("ip", "link", "set", "eth0", "up")
	m.run("ip", "link", "set", "eth1", "up")
	m.run("ip", "addr", "add", "192.0.2.2/24", "dev", "eth0")
	return m
}

// halt switches the machine off, and ends it where that takes too long.
func (m *machine) halt(nspawn *os.Process, ended <-chan error) {
	nspawn.Signal(syscall.SIGTERM)
	select {
	case <-ended:
		return
	case <-time.After(20 * time.Second):
	}
	if m.init != 0 {
		syscall.Kill(m.init, syscall.SIGKILL)
	}
	nspawn.Kill()
	<-ended
}

// child is the process id of the only child of a process, or 0.
func child(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}

func (m *machine) command(name string, args ...string) *exec.Cmd {
	c := exec.Command("nsenter", append([]string{"--target", strconv.Itoa(m.init), "--all", name}, args...)...)
	c.Env = environment
	return c
}

// run runs a program on the machine, which has to succeed, and returns what it
// prints.
func (m *machine) run(name string, args ...string) string {
	m.t.Helper()
	return output(m.t, m.command(name, args...))
}

// try is run for a program that may fail.
func (m *machine) try(name string, args ...string) string {
	out, _ := m.command(name, args...).CombinedOutput()
	return strings.TrimSpace(string(out))
}
