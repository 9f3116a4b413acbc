package standin

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

// TestBackground is the command line of an init script, and what other scripts
// do to find the daemon.
func TestBackground(t *testing.T) {
	m := newMachine(t)
	m.write(t, "keepalived.conf", conf+secret)
	status, out := m.call(t, "-D -d -S 6 -x --snmp-agent=/x -f keepalived.conf -p daemon.pid")
	if status != 0 {
		t.Fatalf("status %d\n%s", status, out)
	}
	pid := running(t, m.path("daemon.pid"))
	t.Cleanup(func() { _ = unix.Kill(pid, unix.SIGKILL) })

	for _, want := range []string{"--snmp has no effect yet", "--snmp-agent-socket has no effect yet", "virtual_router_id 51", "auth_pass ******"} {
		if strings.Count(out, want) != 1 {
			t.Errorf("%q is not told, or not once:\n%s", want, out)
		}
	}
	if strings.Contains(out, "s3cretpw") {
		t.Errorf("the password is told:\n%s", out)
	}

	proc := fmt.Sprintf("/proc/%d/", pid)
	if comm, err := os.ReadFile(proc + "comm"); err != nil || string(comm) != "keepalived\n" {
		t.Errorf("it is called %q: %v", comm, err)
	}
	for link, want := range map[string]string{"cwd": "/", "fd/0": "/dev/null", "fd/1": "/dev/null", "fd/2": "/dev/null"} {
		if got, err := os.Readlink(proc + link); err != nil || got != want {
			t.Errorf("%s is %s, want %s; %v", link, got, want, err)
		}
	}
	if sid, err := unix.Getsid(pid); err != nil || sid != pid {
		t.Errorf("session %d of process %d: %v", sid, pid, err)
	}
	if found, err := exec.Command("pidof", "keepalived").Output(); err != nil || !slices.Contains(strings.Fields(string(found)), strconv.Itoa(pid)) {
		t.Errorf("pidof finds %q, want %d; %v", found, pid, err)
	}
	if text, err := exec.Command("killall", "-0", "keepalived").CombinedOutput(); err != nil {
		t.Errorf("killall -0: %v: %s", err, text)
	}

	if status, out := m.call(t, "-f keepalived.conf -p daemon.pid"); status != 1 || !strings.Contains(out, "already running") {
		t.Errorf("a second one: status %d\n%s", status, out)
	}
	m.master(t)
	stop(t, pid, m.path("daemon.pid"))
	if m.hasAddress(t) {
		t.Error("the address is left behind")
	}
}

// One that cannot start says why, and has the status of it.
func TestBackgroundFails(t *testing.T) {
	m := newMachine(t)
	m.write(t, "wrong.conf", strings.Replace(conf, "eth0", "eth7", 1))
	for _, tt := range []struct {
		args   string
		status int
		want   string
	}{
		{"-f wrong.conf -p daemon.pid", 2, "no interface eth7"},
		{"-f missing.conf -p daemon.pid", 6, "no configuration file"},
		{"-s no-such-namespace -f keepalived.conf -p daemon.pid", 1, "enter network namespace no-such-namespace"},
		{"-f keepalived.conf operand", 2, "takes no operands"},
		{"-S local9 -f keepalived.conf", 2, "no syslog facility"},
		{"-u 999 -f keepalived.conf", 2, "umask"},
		{"--signum=NOTHING", 2, "no signal"},
		{"--signum=", 2, "no signal"},
	} {
		if status, out := m.call(t, tt.args); status != tt.status || !strings.Contains(out, tt.want) {
			t.Errorf("%s: status %d, want %d and %q:\n%s", tt.args, status, tt.status, tt.want, out)
		}
	}
}

// -V leaves the addresses at the end.
func TestDontRelease(t *testing.T) {
	m := newMachine(t)
	if status, out := m.call(t, "-V -G -f keepalived.conf -p daemon.pid"); status != 0 || strings.Contains(out, "Starting") {
		t.Fatalf("status %d\n%s", status, out)
	}
	pid := running(t, m.path("daemon.pid"))
	t.Cleanup(func() { _ = unix.Kill(pid, unix.SIGKILL) })
	m.master(t)
	stop(t, pid, m.path("daemon.pid"))
	if !m.hasAddress(t) {
		t.Error("the address is gone")
	}
}

// TestNamespace finds the daemon in the namespace that it was told, under its
// name, with a pid file of its own.
func TestNamespace(t *testing.T) {
	m := newMachine(t)
	name := m.named(t)
	pidFile := filepath.Join("/run/keepalived", name, "keepalived.pid")
	t.Cleanup(func() { _ = os.Remove(filepath.Dir(pidFile)) })
	if status, out := m.call(t, "-u 027 --namesp="+name+" -f keepalived.conf"); status != 0 {
		t.Fatalf("status %d\n%s", status, out)
	}
	pid := running(t, pidFile)
	t.Cleanup(func() { _ = unix.Kill(pid, unix.SIGKILL) })
	if found, err := exec.Command("ip", "netns", "identify", strconv.Itoa(pid)).Output(); err != nil || strings.TrimSpace(string(found)) != name {
		t.Errorf("it is in namespace %q: %v", found, err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil || !strings.Contains(string(status), "Name:\tkeepalived\nUmask:\t0027\n") {
		t.Errorf("name and umask are in %.60q: %v", status, err)
	}
	stop(t, pid, pidFile)

	// A test looks for the interfaces that are there, and makes no pid file's
	// directory.
	if err := os.Remove(filepath.Dir(pidFile)); err != nil {
		t.Error(err)
	}
	m.In(t, func() error {
		eth0, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		return netlink.LinkDel(eth0)
	})
	if status, out := m.call(t, "-t -s "+name+" -f keepalived.conf"); status != 0 || out != "" {
		t.Errorf("-t: status %d\n%s", status, out)
	}
	if _, err := os.Stat(filepath.Dir(pidFile)); err == nil {
		t.Errorf("-t makes %s", filepath.Dir(pidFile))
	}

	// In the foreground it goes there too, and stays the process that it was.
	cmd, out := m.command(t.Context(), "-n -l -s "+name+" -f keepalived.conf")
	cmd.Env = append(os.Environ(), "KACTL_IN_NAMESPACE=another")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lab.Eventually(t, 5*time.Second, "it runs", func() bool {
		text, err := os.ReadFile(pidFile)
		return err == nil && len(text) > 0
	})
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", cmd.Process.Pid))
	if pid := running(t, pidFile); err != nil || pid != cmd.Process.Pid || string(comm) != "keepalived\n" {
		t.Errorf("process %d runs, and %d was started, called %q: %v", pid, cmd.Process.Pid, comm, err)
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Under systemd it stays in the foreground, and says when it is ready.
func TestSystemd(t *testing.T) {
	m := newMachine(t)
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path("notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cmd, out := m.command(t.Context(), "-D -f keepalived.conf -p daemon.pid")
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+m.path("notify"))
	m.In(t, cmd.Start)
	if err := l.SetReadDeadline(time.Now().Add(lab.Slack)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	n, err := l.Read(buf)
	if err != nil || !strings.HasPrefix(string(buf[:n]), "READY=1\n") {
		t.Errorf("systemd is told %q: %v", buf[:n], err)
	}
	if pid := running(t, m.path("daemon.pid")); pid != cmd.Process.Pid {
		t.Errorf("process %d runs, and %d was started", pid, cmd.Process.Pid)
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestForeground has the command lines that people test with.
func TestForeground(t *testing.T) {
	m := newMachine(t)
	m.write(t, "wrong.conf", "vrrp_instance VI_1 {\n    virtual_ruter_id 51\n}\n")
	for _, tt := range []struct {
		args   string
		status int
		want   string
	}{
		{"-v", 0, "Keepalived v2."},
		{"--version", 0, "Keepalived v2."},
		{"-h", 0, "--dont-release-vrrp"},
		{"--signum=STOP", 0, "15"},
		{"--signum=RELOAD", 0, "1"},
		{"--signum=STATS_CLEAR", 0, "63"},
		{"-t -f keepalived.conf", 0, ""},
		{"-tf wrong.conf", 5, "virtual_ruter_id"},
		{"--config-t -f wrong.conf", 5, "virtual_ruter_id"},
		{"--config-test=findings -f wrong.conf", 5, ""},
	} {
		status, out := m.call(t, tt.args)
		if status != tt.status || !strings.Contains(out, tt.want) || tt.want == "" && out != "" {
			t.Errorf("%s: status %d, want %d and %q:\n%s", tt.args, status, tt.status, tt.want, out)
		}
	}
	if text, err := os.ReadFile(m.path("findings")); err != nil || !strings.Contains(string(text), "virtual_ruter_id") {
		t.Errorf("the file has %q: %v", text, err)
	}

	cmd, out := m.command(t.Context(), "-n -l -D -f keepalived.conf -p daemon.pid")
	m.In(t, cmd.Start)
	m.master(t)
	if pid := running(t, m.path("daemon.pid")); pid != cmd.Process.Pid {
		t.Errorf("process %d runs, and %d was started", pid, cmd.Process.Pid)
	}
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "(VI_1) Entering MASTER STATE") {
		t.Errorf("%v\n%s", err, out)
	}
	lab.Eventually(t, time.Second, "the address is gone", func() bool { return !m.hasAddress(t) })
}
