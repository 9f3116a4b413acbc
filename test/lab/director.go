package lab

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"text/template"
	"time"

	"golang.org/x/sys/unix"
)

// A Kind is a program that can be the director.
type Kind string

// The directors. Keepalived is the control: a scenario that it does not pass
// tests the scenario's author, not kactl.
const (
	Kactl      Kind = "kactl"
	Keepalived Kind = "keepalived"
)

// The environment that chooses the director.
const (
	DirectorVar = "KACTL_E2E_DIRECTOR" // "kactl" (also if unset) or "keepalived"
	BinaryVar   = "KACTL_BIN"          // the path of kactl
)

// DefaultKind is the director that the environment asks for.
func DefaultKind() Kind {
	if k := os.Getenv(DirectorVar); k != "" {
		return Kind(k)
	}
	return Kactl
}

// A Config is what a director is started with.
type Config struct {
	Kind Kind // empty means DefaultKind
	// Text is the configuration, a text/template: {{.Dir}} is the directory
	// that it lies in, {{.Host}} the host's name, and {{.Data}} is Data.
	Text string
	Data any
	// Files are more files beside it, by relative path, templates too. One
	// that begins with "#!" becomes executable.
	Files map[string]string
	// InPlace makes the director find its directory as /etc/keepalived, and
	// nothing else in /run but what it puts there; the test finds that in "run"
	// below the directory. Files are no templates then: they are taken as they
	// are, with the paths that they have on a machine of their own.
	InPlace bool
	// First makes it the first process of a PID namespace, as in a container.
	First bool
	// Capabilities are what it keeps of root's, "net_admin" and so on, as in a
	// container: if it is InPlace too it can write to /run and nothing else.
	// None is all.
	Capabilities []string
	// Env is added to its environment, "NAME=value" each.
	Env []string
}

// A Director is a running kactl or keepalived, or FRR's vrrpd in their place.
type Director struct {
	Host *Host
	Kind Kind
	Dir  string // its configuration and process id files

	config Config
	cmd    *exec.Cmd
	dead   chan struct{}

	mu  sync.Mutex
	log []LogLine
}

// A LogLine is one line that a director logged and when it came.
type LogLine struct {
	At   time.Time
	Text string
}

// Start starts a director on the host.
func (h *Host) Start(c Config) *Director {
	t := h.lab.t
	t.Helper()
	if c.Kind == "" {
		c.Kind = DefaultKind()
	}
	d := &Director{Host: h, Kind: c.Kind, Dir: filepath.Join(h.lab.dir, h.Name), config: c}
	h.lab.check(os.MkdirAll(filepath.Join(d.Dir, "run"), 0o755), "make a directory for %s", h.Name)
	for name, text := range c.Files {
		h.lab.WriteFile(filepath.Join(h.Name, name), d.render(text, c.Data))
	}
	d.Configure(c.Text, c.Data)
	h.lab.check(d.start(), "%s: start %s", h.Name, c.Kind)
	t.Cleanup(d.Kill)
	return d
}

// Configure writes the configuration anew; Reload makes the director read it.
func (d *Director) Configure(text string, data any) {
	d.Host.lab.t.Helper()
	d.Host.lab.WriteFile(filepath.Join(d.Host.Name, "keepalived.conf"), d.render(text, data))
}

func (d *Director) render(text string, data any) string {
	if d.config.InPlace {
		return text
	}
	l := d.Host.lab
	l.t.Helper()
	tmpl, err := template.New(d.Host.Name).Option("missingkey=error").Parse(text)
	l.check(err, "%s: read the configuration's template", d.Host.Name)
	var b strings.Builder
	err = tmpl.Execute(&b, struct {
		Dir, Host string
		Data      any
	}{d.Dir, d.Host.Name, data})
	l.check(err, "%s: fill the configuration's template", d.Host.Name)
	return b.String()
}

func (d *Director) args() (program string, args []string, err error) {
	conf, pids := filepath.Join(d.Dir, "keepalived.conf"), filepath.Join(d.Dir, "run")
	if d.config.InPlace {
		conf, pids = placeConf+"/keepalived.conf", placeRun
	}
	switch d.Kind {
	case Keepalived:
		return "keepalived", []string{"-n", "-l", "-G", "-D", "-f", conf,
			"-p", pids + "/main.pid", "-r", pids + "/vrrp.pid", "-c", pids + "/checkers.pid"}, nil
	case Kactl:
		bin := os.Getenv(BinaryVar)
		if bin == "" {
			return "", nil, fmt.Errorf("%s does not name the kactl to test", BinaryVar)
		}
		return bin, []string{"run", "-n", "-l", "-D", "-f", conf, "-p", pids + "/main.pid"}, nil
	case FRR:
		program, args = frrDaemon("vrrpd", conf, pids)
		return program, args, nil
	}
	return "", nil, fmt.Errorf("no director is called %q", d.Kind)
}

func (d *Director) start() error {
	program, args, err := d.args()
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	if caps := d.config.Capabilities; len(caps) > 0 {
		program, args = "setpriv", append([]string{"--inh-caps=-all",
			"--bounding-set=-all,+" + strings.Join(caps, ",+"), "--", program}, args...)
	}
	if d.config.InPlace {
		program, args = d.inPlace(program, args)
	}
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), d.config.Env...)
	cmd.Stdout, cmd.Stderr = w, w
	cmd.Dir = d.Dir
	// It must not outlive the lab's thread, nor get the terminal's Ctrl-C.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	if d.Kind == FRR || d.config.First {
		cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWPID
	}
	err = d.Host.Do(cmd.Start)
	w.Close()
	if err != nil {
		r.Close()
		return err
	}
	dead := make(chan struct{})
	d.cmd, d.dead = cmd, dead
	go d.readLog(r)
	go func() {
		_ = cmd.Wait()
		close(dead)
	}()
	return nil
}

// Where the files of a director lie on a machine of its own.
const (
	placeConf = "/etc/keepalived"
	placeRun  = "/run"
)

// inPlace is the command that runs another one where the director's directories
// are the machine's. /run comes last: the others may lie below it.
func (d *Director) inPlace(program string, args []string) (string, []string) {
	script := `mount --bind "$1" ` + placeConf + `; mount --bind "$1/run" ` + placeRun
	if len(d.config.Capabilities) > 0 {
		script += `; mount -o remount,bind,ro /; mount -o remount,bind,ro ` + placeConf
	}
	script += `; shift; exec "$@"`
	return "unshare", append([]string{"--mount", "sh", "-ec", script, "sh", d.Dir, program}, args...)
}

// Restart starts the director again after Stop or Kill, with the
// configuration that lies there.
func (d *Director) Restart() {
	d.Host.lab.t.Helper()
	d.Host.lab.check(d.start(), "%s: start %s again", d.Host.Name, d.Kind)
}

func (d *Director) readLog(r *os.File) {
	defer r.Close()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		d.mu.Lock()
		d.log = append(d.log, LogLine{time.Now(), lines.Text()})
		d.mu.Unlock()
	}
}

// Log is what the director logged so far, over all its starts.
func (d *Director) Log() []LogLine {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.log)
}

// CountLog is how many lines logged at or after a time have a text in them.
func (d *Director) CountLog(after time.Time, text string) int {
	n := 0
	for _, line := range d.Log() {
		if !line.At.Before(after) && strings.Contains(line.Text, text) {
			n++
		}
	}
	return n
}

// WaitLog waits until the director has logged a line with a text in it and
// ends the test, with the whole log, if none comes within limit and [Slack].
func (d *Director) WaitLog(text string, limit time.Duration) {
	d.Host.lab.t.Helper()
	d.WaitLogSince(time.Time{}, text, limit)
}

// WaitLogSince is WaitLog for lines logged at or after a time.
func (d *Director) WaitLogSince(after time.Time, text string, limit time.Duration) {
	t := d.Host.lab.t
	t.Helper()
	if !Within(limit+Slack, func() bool { return d.CountLog(after, text) > 0 }) {
		t.Fatalf("%s: %s logged no %q within %v; its log:\n%s", d.Host.Name, d.Kind, text, limit+Slack, d.Dump())
	}
}

// Dump is the whole log as one text, with times since the lab's beginning.
func (d *Director) Dump() string {
	var b strings.Builder
	for _, line := range d.Log() {
		fmt.Fprintf(&b, "%8.3f %s\n", d.Host.lab.Since(line.At).Seconds(), line.Text)
	}
	return b.String()
}

// Running tells whether the director's parent process lives.
func (d *Director) Running() bool {
	select {
	case <-d.dead:
		return false
	default:
		return true
	}
}

// ExitStatus is the parent process's once it has ended, -1 before that or
// after a signal.
func (d *Director) ExitStatus() int {
	if d.Running() {
		return -1
	}
	return d.cmd.ProcessState.ExitCode()
}

// PID is the parent process's.
func (d *Director) PID() int { return d.cmd.Process.Pid }

// Reload sends SIGHUP to the parent process.
func (d *Director) Reload() {
	d.Host.lab.t.Helper()
	d.Host.lab.check(d.cmd.Process.Signal(unix.SIGHUP), "%s: reload", d.Host.Name)
}

// Stop sends SIGTERM to the parent process and waits until it has ended.
func (d *Director) Stop() {
	t := d.Host.lab.t
	t.Helper()
	d.Host.lab.check(d.cmd.Process.Signal(unix.SIGTERM), "%s: stop", d.Host.Name)
	select {
	case <-d.dead:
	case <-time.After(15*time.Second + Slack):
		t.Fatalf("%s: %s does not stop; its log:\n%s", d.Host.Name, d.Kind, d.Dump())
	}
}

// Kill sends SIGKILL to all the director's processes at once, as a crash
// does: none can undo anything.
func (d *Director) Kill() {
	pid := d.cmd.Process.Pid
	if !d.Running() {
		// Its children may have stayed behind in its process group.
		_ = unix.Kill(-pid, unix.SIGKILL)
		return
	}
	// Stopped, the parent cannot restart a child that dies first.
	_ = unix.Kill(pid, unix.SIGSTOP)
	for _, p := range append(descendants(pid), pid) {
		_ = unix.Kill(p, unix.SIGKILL)
	}
	<-d.dead
	// A child is in the process table until its new parent, init, has looked:
	// seconds, with some. keepalived takes it for alive.
	for _, name := range []string{"vrrp.pid", "checkers.pid"} {
		_ = os.Remove(filepath.Join(d.Dir, "run", name))
	}
}

// descendants are the processes below a process, deepest last.
func descendants(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		// "PID (NAME) STATE PPID ...", where NAME may hold anything.
		i := strings.LastIndexByte(string(text), ')')
		f := strings.Fields(string(text[i+1:]))
		if i < 0 || len(f) < 2 {
			continue
		}
		id, err1 := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent, err2 := strconv.Atoi(f[1])
		if err1 == nil && err2 == nil {
			children[parent] = append(children[parent], id)
		}
	}
	var out []int
	for queue := children[pid]; len(queue) > 0; queue = queue[1:] {
		out = append(out, queue[0])
		queue = append(queue, children[queue[0]]...)
	}
	return out
}
