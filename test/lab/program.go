package lab

import (
	"bytes"
	"io"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Program runs where the segments are, and sees what passes all of them.
type Program struct {
	lab *Lab
	cmd *exec.Cmd
	out output
}

// An output is what a program writes, to be read while it runs.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

// Run starts a program beside the bridges. The test's cleanup ends it.
func (l *Lab) Run(errors io.Writer, name string, args ...string) *Program {
	l.t.Helper()
	p := &Program{lab: l, cmd: exec.Command(name, args...)}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, errors
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	l.check(l.bridge.Do(p.cmd.Start), "start %s", name)
	l.t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	return p
}

// Output is what it has written so far.
func (p *Program) Output() string {
	p.out.mu.Lock()
	defer p.out.mu.Unlock()
	return p.out.b.String()
}

// Interrupt sends SIGINT and returns the exit status.
func (p *Program) Interrupt() int {
	p.lab.t.Helper()
	p.lab.check(p.cmd.Process.Signal(unix.SIGINT), "interrupt %s", p.cmd.Path)
	done := make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10*time.Second + Slack):
		p.lab.t.Fatalf("%s does not end", p.cmd.Path)
	}
	return p.cmd.ProcessState.ExitCode()
}

// Bridge is the name of the segment's bridge.
func (s *Segment) Bridge() string { return s.name }
