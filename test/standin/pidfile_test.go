package standin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

// foreground starts the daemon in the foreground, under a service manager as it
// were, and waits until it is ready.
func (m machine) foreground(t *testing.T, args string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd, out := m.command(t.Context(), "-n -l "+args+" -f keepalived.conf")
	m.In(t, cmd.Start)
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, out
}

// end stops a daemon in the foreground.
func end(t *testing.T, cmd *exec.Cmd, out fmt.Stringer) {
	t.Helper()
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// refused demands that a second daemon does not run.
func (m machine) refused(t *testing.T, args string) {
	t.Helper()
	if status, out := m.call(t, "-n -l -f keepalived.conf "+args); status != 1 || !strings.Contains(out, "already running") {
		t.Errorf("a second daemon: status %d\n%s", status, out)
	}
}

// TestHeld has a user hold the locks of all that he can open: the pid file that a
// killed daemon left, and that of the running one.
func TestHeld(t *testing.T) {
	m := newMachine(t)
	pidFile := m.path("daemon.pid")
	hold := func() {
		t.Helper()
		f, err := os.Open(pidFile)
		if err == nil {
			err = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
		}
		if err == nil {
			err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_RDLCK})
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
	}
	m.write(t, "daemon.pid", "999999999\n")
	for range 3 {
		hold()
		if status, out := m.call(t, "-f keepalived.conf -p daemon.pid"); status != 0 {
			t.Fatalf("status %d\n%s", status, out)
		}
		pid := running(t, pidFile)
		t.Cleanup(func() { _ = unix.Kill(pid, unix.SIGKILL) })
		hold()
		m.refused(t, "-p daemon.pid")
		if err := unix.Kill(pid, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		lab.Eventually(t, 5*time.Second, "it has ended", func() bool { return unix.Kill(pid, 0) != nil })
	}
}

// TestNoPIDFile has places where a pid file cannot be written: the daemon runs,
// says so, and is the only one.
func TestNoPIDFile(t *testing.T) {
	for name, make := range map[string]func(dir string) error{
		"full": func(dir string) error {
			return errors.Join(unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4k"),
				os.WriteFile(filepath.Join(dir, "fill"), bytes.Repeat([]byte("x"), 4096), 0o644))
		},
		"without an inode": func(dir string) error { return unix.Mount("tmpfs", dir, "tmpfs", 0, "nr_inodes=1") },
		"read-only":        func(dir string) error { return unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, "") },
		"missing":          os.Remove,
		"a file":           func(dir string) error { return errors.Join(os.Remove(dir), os.WriteFile(dir, nil, 0o644)) },
		"a fifo there":     func(dir string) error { return unix.Mkfifo(filepath.Join(dir, "daemon.pid"), 0o644) },
		"a link there":     func(dir string) error { return os.Symlink("/dev/null", filepath.Join(dir, "daemon.pid")) },
		"a directory there": func(dir string) error {
			return os.Mkdir(filepath.Join(dir, "daemon.pid"), 0o755)
		},
		"a device there": func(dir string) error {
			return unix.Mknod(filepath.Join(dir, "daemon.pid"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			dir := m.path("run")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
			if err := make(dir); err != nil {
				t.Fatal(err)
			}
			cmd, out := m.foreground(t, "-p run/daemon.pid")
			m.master(t)
			m.refused(t, "-p run/daemon.pid")
			if name == "full" { // there is room again
				if err := os.Remove(filepath.Join(dir, "fill")); err != nil {
					t.Fatal(err)
				}
				if err := cmd.Process.Signal(unix.SIGHUP); err != nil {
					t.Fatal(err)
				}
				lab.Eventually(t, 5*time.Second, "the pid file is there", func() bool {
					text, err := os.ReadFile(filepath.Join(dir, "daemon.pid"))
					return err == nil && string(text) == fmt.Sprintln(cmd.Process.Pid)
				})
			}
			end(t, cmd, out)
			if n := strings.Count(out.String(), "no pid file run/daemon.pid"); n != 1 {
				t.Errorf("it says %d times that it has no pid file:\n%s", n, out)
			}
		})
	}
}

// TestPIDFileGone has somebody remove it: there is still one daemon.
func TestPIDFileGone(t *testing.T) {
	m := newMachine(t)
	cmd, out := m.foreground(t, "-p daemon.pid")
	m.master(t)
	if err := os.Remove(m.path("daemon.pid")); err != nil {
		t.Fatal(err)
	}
	m.refused(t, "-p daemon.pid")
	m.refused(t, "-p "+m.path("../"+filepath.Base(m.dir)+"/daemon.pid"))
	end(t, cmd, out)
}

// TestTwoAtOnce starts daemons together: one of them runs.
func TestTwoAtOnce(t *testing.T) {
	m := newMachine(t)
	for range 10 {
		var cmds [3]*exec.Cmd
		ended := make(chan int, len(cmds))
		for i := range cmds {
			cmds[i], _ = m.foreground(t, "-p daemon.pid")
			go func() {
				_ = cmds[i].Wait()
				ended <- i
			}()
		}
		over := map[int]bool{<-ended: true, <-ended: true}
		m.master(t)
		pid := running(t, m.path("daemon.pid"))
		for i, cmd := range cmds {
			if !over[i] && pid != cmd.Process.Pid {
				t.Errorf("the pid file names process %d, and %d runs", pid, cmd.Process.Pid)
			}
			if status := cmd.ProcessState; over[i] && status.ExitCode() != 1 {
				t.Errorf("one ended with %v", status)
			}
		}
		stop(t, pid, m.path("daemon.pid"))
		<-ended
	}
}

// TestKeepalivedRuns has keepalived on the same pid file, which it does not lock;
// what is left when it was killed is in nobody's way.
func TestKeepalivedRuns(t *testing.T) {
	m := newMachine(t)
	pidFile := m.path("daemon.pid")
	cmd := exec.CommandContext(t.Context(), "keepalived", "-n", "-l", "-G", "-f", m.path("keepalived.conf"), "-p", pidFile,
		"-r", m.path("vrrp.pid"), "-c", m.path("checkers.pid"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	m.In(t, cmd.Start)
	t.Cleanup(func() { _ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) })
	m.master(t)
	m.refused(t, "-p daemon.pid")
	if err := unix.Kill(-cmd.Process.Pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	kactl, out := m.foreground(t, "-p daemon.pid")
	lab.Eventually(t, 5*time.Second, "kactl's pid file", func() bool {
		text, _ := os.ReadFile(pidFile)
		return string(text) == fmt.Sprintln(kactl.Process.Pid)
	})
	end(t, kactl, out)
}

// TestNameInPIDFile has users' processes, and one of root's, that call themselves
// keepalived.
func TestNameInPIDFile(t *testing.T) {
	m := newMachine(t)
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	link := publicLink(t, sleep) // by its name the kernel calls it
	for _, uid := range []uint32{0, 65534} {
		other := exec.CommandContext(t.Context(), link, "60")
		other.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", other.Process.Pid)); err != nil || string(comm) != "keepalived\n" {
			t.Errorf("it is called %q, %v", comm, err)
		}
		m.write(t, "daemon.pid", fmt.Sprintln(other.Process.Pid))
		cmd, out := m.foreground(t, "-p daemon.pid")
		lab.Eventually(t, 10*time.Second, fmt.Sprintf("it runs beside one of user %d", uid), func() bool {
			text, _ := os.ReadFile(m.path("daemon.pid"))
			return string(text) == fmt.Sprintln(cmd.Process.Pid)
		})
		end(t, cmd, out)
		_ = other.Process.Kill()
		_ = other.Wait()
	}
}

// TestContainerStartsAgain is a container that was killed and starts again, with
// the pid file of before: its few processes and threads have the same numbers.
func TestContainerStartsAgain(t *testing.T) {
	m := newMachine(t)
	for pid := 1; pid <= 16; pid++ {
		m.write(t, "daemon.pid", fmt.Sprintln(pid))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		cmd := exec.CommandContext(ctx, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", m.path("keepalived"), "-n", "-l", "-f", "keepalived.conf", "-p", "daemon.pid")
		cmd.Dir = m.dir
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		m.In(t, cmd.Start)
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		up := func() bool { return m.hasAddress(t) }
		for !up() && ctx.Err() == nil && len(ended) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		if !up() {
			t.Errorf("with process %d in the pid file it does not run", pid)
		}
		cancel() // killed
		<-ended
		if t.Failed() {
			t.Fatalf("%s", &out)
		}
		m.flush(t)
	}
}

// publicLink is a link to a program that every user can follow, by the name of
// keepalived.
func publicLink(t *testing.T, program string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/run", "kactl-standin-"+strconv.Itoa(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "keepalived")
	if err := errors.Join(os.Chmod(dir, 0o755), os.Symlink(program, path)); err != nil {
		t.Fatal(err)
	}
	return path
}
