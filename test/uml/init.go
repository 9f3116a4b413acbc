package uml

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Init is the guest's init. In a process that is not the first one of a guest
// that [Run] booted it returns at once; there it never returns.
func Init() {
	box := os.Getenv(boxVar)
	if os.Getpid() != 1 || box == "" {
		return
	}
	os.Unsetenv(boxVar)
	status, err := serve(box)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kactl-uml:", err)
	} else if err := writeStatus(status); err != nil {
		fmt.Fprintln(os.Stderr, "kactl-uml:", err)
	}
	fmt.Println(downLine)
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	select {}
}

const (
	boxMount = "/mnt/box"
	path     = "/usr/local/sbin:/usr/local/bin:/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// serve sets the guest up and runs its command.
func serve(box string) (status int, err error) {
	fmt.Println(upLine)
	if err := mountBase(box); err != nil {
		return 0, err
	}
	j, err := readJob(boxMount)
	if err != nil {
		return 0, fmt.Errorf("read the job: %w", err)
	}
	if err := mountHost(j); err != nil {
		return 0, err
	}
	if err := loadModules(j.Modules); err != nil {
		return 0, err
	}
	if err := loopbackUp(); err != nil {
		return 0, fmt.Errorf("set the loopback interface up: %w", err)
	}
	return runCommand(j)
}

// scratch are the directories that the guest has for itself, empty at first.
var scratch = []string{"/mnt", "/tmp", "/run", "/var/tmp", "/etc/keepalived"}

func mountBase(box string) error {
	mount := func(fs, at string) error {
		if _, err := os.Stat(at); err != nil {
			return nil // no such directory, and the root is read-only
		}
		if err := unix.Mount(fs, at, fs, 0, ""); err != nil && err != unix.EBUSY {
			return fmt.Errorf("mount %s at %s: %w", fs, at, err)
		}
		return nil
	}
	if err := errors.Join(mount("proc", "/proc"), mount("sysfs", "/sys")); err != nil {
		return err
	}
	for _, dir := range scratch {
		if err := mount("tmpfs", dir); err != nil {
			return err
		}
	}
	for _, dir := range []string{boxMount, "/run/lock", "/run/netns"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := os.Chmod("/tmp", 0o1777); err != nil {
		return err
	}
	if err := unix.Mount("none", boxMount, "hostfs", 0, box); err != nil {
		return fmt.Errorf("mount the box: %w", err)
	}
	return nil
}

// mountHost shows the host's directories of the job at their own paths.
func mountHost(j job) error {
	for _, dirs := range []struct {
		paths []string
		flags uintptr
	}{{j.Visible, unix.MS_RDONLY}, {j.Writable, 0}} {
		for _, dir := range dirs.paths {
			if slices.Contains(scratch, filepath.Clean(dir)) {
				continue
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("make a place for %s: %w", dir, err)
			}
			if err := unix.Mount("none", dir, "hostfs", dirs.flags, dir); err != nil {
				return fmt.Errorf("mount the host's %s: %w", dir, err)
			}
		}
	}
	return nil
}

// loadModules loads the named modules and what they need. It passes over
// those that the kernel does not have or has built in.
func loadModules(names []string) error {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return fmt.Errorf("uname: %w", err)
	}
	root := filepath.Join(Modules, unix.ByteSliceToString(uts.Release[:]))
	index, err := os.ReadFile(filepath.Join(root, "modules.dep"))
	if err != nil {
		return fmt.Errorf("the guest kernel's modules: %w", err)
	}
	chains := moduleChains(string(index))
	loaded := map[string]bool{}
	for _, name := range names {
		for _, file := range chains[name] {
			if loaded[file] {
				continue
			}
			loaded[file] = true
			if err := loadModule(filepath.Join(root, file)); err != nil {
				return fmt.Errorf("load module %s for %s: %w", file, name, err)
			}
		}
	}
	return nil
}

// moduleChains reads a modules.dep: for each module the files to load, in
// the order to load them in.
func moduleChains(index string) map[string][]string {
	chains := map[string][]string{}
	for line := range strings.Lines(index) {
		file, needs, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		// The index lists what a module needs nearest first.
		var chain []string
		for _, need := range strings.Fields(needs) {
			chain = append([]string{need}, chain...)
		}
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		chains[name] = append(chain, file)
	}
	return chains
}

func loadModule(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	err = unix.FinitModule(int(f.Fd()), "", 0)
	if err == unix.EEXIST {
		return nil
	}
	return err
}

func loopbackUp() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo)
}

// runCommand runs the job's command and reaps every orphan until it ends, as
// the first process has to.
func runCommand(j job) (status int, err error) {
	env := append([]string{"PATH=" + path, "HOME=/tmp", "TERM=dumb"}, j.Env...)
	dir := j.Dir
	if dir == "" {
		dir = "/tmp"
	}
	p, err := os.StartProcess(j.Command[0], j.Command, &os.ProcAttr{
		Dir: dir, Env: env, Files: []*os.File{nil, os.Stdout, os.Stderr},
	})
	if err != nil {
		return 0, fmt.Errorf("start the command: %w", err)
	}
	for {
		var ws unix.WaitStatus
		pid, err := unix.Wait4(-1, &ws, 0, nil)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return 0, fmt.Errorf("wait for the command: %w", err)
		case pid == p.Pid && ws.Signaled():
			return 128 + int(ws.Signal()), nil
		case pid == p.Pid && ws.Exited():
			return ws.ExitStatus(), nil
		}
	}
}

func writeStatus(status int) error {
	f, err := os.Create(filepath.Join(boxMount, statusFile))
	if err != nil {
		return fmt.Errorf("note the exit status: %w", err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, "exit %d\n", status); err != nil {
		return fmt.Errorf("note the exit status: %w", err)
	}
	return f.Sync()
}
