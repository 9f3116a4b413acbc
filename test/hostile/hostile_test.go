// Package hostile has a local user in the way of kactl: whatever he opens, locks,
// names or makes, the daemon starts, reloads and stops, and rs-setup runs.
package hostile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

// roundsVar asks for more rounds than there are in CI, and for the limit of a
// second: 1000 take ten minutes on a machine that has nothing else to do.
const roundsVar = "KACTL_HOSTILE_ROUNDS"

// How much longer than without him anything may take. On a machine that is busy
// with other tests a second is nothing.
const (
	delay     = time.Second // with roundsVar
	delayInCI = 20 * time.Second
)

func TestMain(m *testing.M) {
	if list := os.Getenv(userVar); list != "" {
		runUser(list)
	}
	lab.TestMain(m, false)
}

// secured has scripts of all kinds that he has a hand in, and one that he has not.
const secured = `global_defs {
    script_user root
    enable_script_security
}
vrrp_script check {
    script "{{.Dir}}/check.sh"
    interval 1
}
vrrp_script by_name {
    script "check.sh"
    interval 1
}
vrrp_script by_path {
    script "{{.Dir}}/home/programs/check.sh"
    interval 1
}
vrrp_script by_link {
    script "{{.Dir}}/home/check.sh"
    interval 1
}
vrrp_script by_interpreter {
    script "{{.Dir}}/env.sh"
    interval 1
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.1
    track_script {
        check
        by_name weight 1
        by_path weight 1
        by_link weight 1
        by_interpreter weight 1
    }
    virtual_ipaddress {
        203.0.113.16/24
    }
    notify "{{.Dir}}/check.sh"
}
`

// unsecured runs whatever it finds.
var unsecured = strings.ReplaceAll(secured, "    enable_script_security\n", "")

// A site is a machine, with a directory that all may write to and a user's home.
type site struct {
	*testing.T
	host              *lab.Host
	dir, shared, home string
	manager           *net.UnixConn
	took              map[string][]time.Duration // by operation
}

func newSite(t *testing.T, conf string) *site {
	l := lab.New(t)
	s := &site{T: t, host: l.Host("lb1", l.Segment("lan"), "203.0.113.2/24"), dir: l.Dir(), took: map[string][]time.Duration{}}
	s.shared, s.home = filepath.Join(s.dir, "shared"), filepath.Join(s.dir, "home")
	l.WriteFile("keepalived.conf", strings.ReplaceAll(conf, "{{.Dir}}", s.dir))
	l.WriteFile("check.sh", "#!/bin/sh\n: >"+s.dir+"/checked\n")
	l.WriteFile("env.sh", "#!/usr/bin/env check2\n")
	l.WriteFile("root/check.sh", "#!/bin/sh\n")
	l.WriteFile("root/check2", "#!/bin/sh\n")
	err := errors.Join(os.Mkdir(s.shared, 0o755), os.Chmod(s.shared, 0o777|os.ModeSticky),
		os.Mkdir(s.home, 0o755), programs(s.home), os.Chown(s.home, nobody, nobody))
	if err != nil {
		t.Fatal(err)
	}
	s.manager, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.manager.Close() })
	return s
}

// pidFiles are those that the daemon has in turn: where root alone can write, and
// where all can.
func (s *site) pidFiles() []string {
	return []string{filepath.Join(s.dir, "keepalived.pid"), filepath.Join(s.shared, "keepalived.pid")}
}

// user starts the hostile user.
func (s *site) user() {
	s.Helper()
	lib := filepath.Join(s.dir, "lb1", "lib")
	readable := append(s.pidFiles(), s.dir, s.shared, filepath.Join(s.dir, "keepalived.conf"), filepath.Join(s.dir, "check.sh"),
		lib, filepath.Join(lib, "kactl"), filepath.Join(lib, "kactl", "rs-setup.lock"), filepath.Join(lib, "kactl", s.journal()),
		os.Getenv(lab.BinaryVar), "/run", "/run/kactl.lock", "/run/keepalived", "/proc/vmallocinfo", "/var/lib", "/etc", "/etc/systemd/system",
		"/proc/self/ns/net", "/dev/null", "/proc/sys/net/ipv4/conf/all/arp_ignore")
	shared := []string{s.pidFiles()[1], s.pidFiles()[1] + ".lock", s.pidFiles()[1] + ".new",
		"/tmp/keepalived.pid", "/tmp/kactl", "/tmp/kactl.lock", "/tmp/keepalived.log", "/run/lock/kactl.lock"}
	s.Cleanup(func() {
		for _, name := range shared[3:] {
			if st, err := os.Lstat(name); err == nil && st.Sys().(*syscall.Stat_t).Uid == nobody {
				_ = os.RemoveAll(name)
			}
		}
	})
	// The test's own program lies where he may not look.
	program := filepath.Join(s.home, "user")
	text, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(program, text, 0o755)
	}
	if err != nil {
		s.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Dir = s.home
	cmd.Env = []string{"PATH=/usr/bin:/bin", userVar + "=" + strings.Join(readable, ":") + ";" + strings.Join(shared, ":") + ";" + s.home}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}, Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = s.host.Do(cmd.Start)
	}
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		s.Fatalf("the user says %q, %v", line, err)
	}
}

// journal is the name of rs-setup's file in the host's namespace.
func (s *site) journal() string {
	var name string
	if err := s.host.Do(func() error {
		ns, err := os.Readlink("/proc/thread-self/ns/net")
		name = "rs-setup-" + strings.Trim(ns, "net:[]") + ".json"
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return name
}

// timed notes what an operation takes.
func (s *site) timed(what string, f func()) {
	began := time.Now()
	f()
	s.took[what] = append(s.took[what], time.Since(began))
}

// told waits for a message to the service manager.
func (s *site) told(want string, out fmt.Stringer) {
	s.Helper()
	buf := make([]byte, 1024)
	for limit := time.Now().Add(40 * time.Second); ; {
		if err := s.manager.SetReadDeadline(limit); err != nil {
			s.Fatal(err)
		}
		n, err := s.manager.Read(buf)
		if err != nil {
			s.Fatalf("no %s: %v; the log:\n%s", want, err, out)
		}
		if strings.Contains(string(buf[:n]), want) {
			return
		}
	}
}

// round starts the daemon, reloads and stops it, and runs rs-setup twice.
func (s *site) round(pidFile string) {
	s.Helper()
	var out bytes.Buffer
	cmd := exec.Command(os.Getenv(lab.BinaryVar), "run", "-n", "-l", "-f", filepath.Join(s.dir, "keepalived.conf"), "-p", pidFile)
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+s.manager.LocalAddr().String(), "PATH="+filepath.Join(s.home, "bin")+":"+filepath.Join(s.dir, "root")+":"+os.Getenv("PATH"))
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	s.timed("start", func() {
		if err := s.host.Do(cmd.Start); err != nil {
			s.Fatal(err)
		}
		s.told("READY=1", &out)
	})
	if filepath.Dir(pidFile) == s.dir {
		if text, err := os.ReadFile(pidFile); err != nil || string(text) != fmt.Sprintln(cmd.Process.Pid) {
			s.Errorf("the pid file has %q, %v", text, err)
		}
	}
	s.timed("reload", func() {
		_ = cmd.Process.Signal(unix.SIGHUP)
		s.told("READY=1", &out)
	})
	s.timed("stop", func() {
		_ = cmd.Process.Signal(unix.SIGTERM)
		if err := cmd.Wait(); err != nil {
			s.Errorf("%v; the log:\n%s", err, &out)
		}
	})
	s.timed("rs-setup", func() { s.host.RSSetup(0, "--vip", "203.0.113.99") })
	s.timed("rs-setup --undo", func() { s.host.RSSetup(0, "--undo") })
}

// TestHostileUser has the same rounds without him and with him.
func TestHostileUser(t *testing.T) {
	rounds, limit := 15, delayInCI
	if text := os.Getenv(roundsVar); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("%s is %q: write a number", roundsVar, text)
		}
		rounds, limit = n, delay
	}
	s := newSite(t, secured)
	for i := range min(max(4, rounds/10), 20) {
		s.round(s.pidFiles()[i%2])
	}
	quiet := maps.Clone(s.took)
	clear(s.took)
	s.user()
	for i := range rounds {
		s.round(s.pidFiles()[i%2])
		if t.Failed() {
			break
		}
	}
	for _, what := range slices.Sorted(maps.Keys(s.took)) {
		usual, worst := median(quiet[what]), slices.Max(s.took[what])
		late := 0
		for _, d := range s.took[what] {
			if d > usual+limit {
				late++
			}
		}
		t.Logf("%-16s %4d times; median %v, worst %v; without him median %v, worst %v", what, len(s.took[what]),
			median(s.took[what]).Round(time.Millisecond), worst.Round(time.Millisecond), usual.Round(time.Millisecond), slices.Max(quiet[what]).Round(time.Millisecond))
		if late > 0 {
			t.Errorf("%s: %d of %d took more than %v longer", what, late, len(s.took[what]), limit)
		}
	}
	if text, err := os.ReadFile(s.ran()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("his programs ran: %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "checked")); err != nil {
		t.Errorf("root's own did not: %v", err)
	}
}

// TestHostileUserIsHostile has the same rounds without script security: his
// programs run by each of the ways.
func TestHostileUserIsHostile(t *testing.T) {
	s := newSite(t, unsecured)
	s.user()
	ways := []string{"/home/bin/check.sh\n", "/home/programs/check.sh\n", "/home/check.sh\n", "/home/bin/check2\n"}
	var ran []byte
	for i := range 40 {
		s.round(s.pidFiles()[i%2])
		ran, _ = os.ReadFile(s.ran())
		if !slices.ContainsFunc(ways, func(way string) bool { return !bytes.Contains(ran, []byte(way)) }) {
			return
		}
	}
	t.Errorf("of his programs only these ran: %q", ran)
}

// ran is the file that has his programs that ran as root.
func (s *site) ran() string { return filepath.Join(s.home, "ran") }

func median(list []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(list))[len(list)/2]
}
