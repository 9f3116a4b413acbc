package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

// A director is a running keepalived or kactl. It is not a lab.Director, for
// that reads the log as it comes: a reader that wakes up for each line takes
// the processor from who is measured. Here the log is a file.
type director struct {
	t    *bench.B
	name string
	log  string // the file
	cmd  *exec.Cmd
	dead chan struct{}
}

var configuration = template.Must(template.New("").Parse(config))

// start starts a program on a host, with options as Debian's service does:
// none, but for those that keep it and its files in their place.
func start(t *bench.B, l *lab.Lab, h *lab.Host, kind lab.Kind, n node) *director {
	var text strings.Builder
	err := configuration.Execute(&text, n)
	if err != nil {
		t.Fatalf("write the configuration of %s: %v", h.Name, err)
	}
	conf := l.WriteFile(filepath.Join(h.Name, "keepalived.conf"), text.String())
	dir := filepath.Dir(conf)
	program, args := "keepalived", []string{"-n", "-l", "-G", "-f", conf,
		"-p", dir + "/main.pid", "-r", dir + "/vrrp.pid", "-c", dir + "/checkers.pid"}
	if kind == lab.Kactl {
		program, args = os.Getenv(lab.BinaryVar), []string{"run", "-n", "-l", "-f", conf, "-p", dir + "/main.pid"}
	}
	if *detail {
		args = append(args, "-D")
	}
	d := &director{t: t, name: fmt.Sprintf("%s (%s)", h.Name, kind), log: dir + "/log", dead: make(chan struct{})}
	out, err := os.Create(d.log)
	if err != nil {
		t.Fatalf("start %s: %v", d.name, err)
	}
	defer out.Close()
	d.cmd = exec.Command(program, args...)
	d.cmd.Stdout, d.cmd.Stderr, d.cmd.Dir = out, out, dir
	// A process group, so that all of it can die at once.
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	if err := h.Do(d.cmd.Start); err != nil {
		t.Fatalf("start %s: %v", d.name, err)
	}
	go func() {
		_ = d.cmd.Wait() // it is killed
		close(d.dead)
	}()
	t.Cleanup(d.kill)
	return d
}

// kill ends all processes of the program at once: none can undo anything.
func (d *director) kill() {
	_ = unix.Kill(-d.cmd.Process.Pid, unix.SIGKILL)
	<-d.dead
}

// text is the whole log so far.
func (d *director) text() string {
	text, err := os.ReadFile(d.log)
	if err != nil {
		d.t.Fatalf("read the log of %s: %v", d.name, err)
	}
	return string(text)
}

// waitStates waits until the log says of so many instances that they entered a state.
func (d *director) waitStates(state string, instances int, limit time.Duration) {
	what := "Entering " + state + " STATE"
	if !lab.Within(limit, func() bool { return strings.Count(d.text(), what) >= instances }) {
		d.t.Fatalf("%s has not logged %q of %d instances within %v; its log:\n%s", d.name, what, instances, limit, d.text())
	}
}
