package hostile

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// nobody is the hostile user.
const nobody = 65534

// userVar tells the program that it is the hostile user: what he may read, write
// to, and his own directory, each a list.
const userVar = "KACTL_HOSTILE_USER"

// A user does what anybody can do to a machine that he has an account on.
type user struct {
	readable []string // files and directories
	shared   []string // names in directories that all may write to
	home     string
	held     []*os.File
}

// runUser is the hostile process. It ends with the one that started it.
func runUser(list string) {
	f := strings.Split(list, ";")
	u := &user{readable: strings.Split(f[0], ":"), shared: strings.Split(f[1], ":"), home: f[2]}
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
	u.names()
	fmt.Println("ready")
	for i := 0; ; i++ {
		u.lock()
		u.litter()
		u.swap()
		if i%100 == 0 {
			u.names()
		}
		time.Sleep(time.Millisecond)
	}
}

// lock takes every kind of lock on what he can open, and keeps some.
func (u *user) lock() {
	f, err := os.OpenFile(u.readable[rand.IntN(len(u.readable))], os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	kind := []int{unix.LOCK_SH, unix.LOCK_EX}[rand.IntN(2)]
	_ = unix.Flock(int(f.Fd()), kind|unix.LOCK_NB)
	for _, kind := range []int16{unix.F_RDLCK, unix.F_WRLCK} {
		_ = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: kind})
	}
	_, _ = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	if u.held = append(u.held, f); len(u.held) > 300 {
		i := rand.IntN(len(u.held))
		u.held[i].Close()
		u.held[i] = u.held[len(u.held)-1]
		u.held = u.held[:len(u.held)-1]
	}
}

// litter puts something else at a name that the daemon, or rs-setup, wants.
func (u *user) litter() {
	name := u.shared[rand.IntN(len(u.shared))]
	_ = os.Remove(name)
	switch rand.IntN(8) {
	case 0:
		_ = unix.Mkfifo(name, 0o666)
	case 1:
		_ = os.Symlink(u.readable[rand.IntN(len(u.readable))], name)
	case 2:
		_ = os.WriteFile(name, fmt.Appendln(nil, os.Getpid()), 0o666)
	case 3:
		_ = os.Link(u.readable[rand.IntN(len(u.readable))], name)
	case 4:
		_ = os.Mkdir(name, 0o777)
	case 5:
		_ = os.MkdirAll(filepath.Join(name, "full"), 0o777)
	case 6:
		if l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"}); err == nil {
			l.SetUnlinkOnClose(false)
			l.Close()
		}
	}
}

// swap makes his links, his directory that is first in root's PATH, and the
// programs in it those of root's, or his own.
func (u *user) swap() {
	root, own := filepath.Join(filepath.Dir(u.home), "root"), filepath.Join(u.home, "own")
	bin, programs := filepath.Join(u.home, "bin"), filepath.Join(u.home, "programs")
	from := []string{root, own}[rand.IntN(2)]
	switch rand.IntN(4) {
	case 0:
		u.link([]string{root, own, programs, "programs", "/usr/bin"}[rand.IntN(5)], bin)
	case 1:
		for _, name := range []string{"check.sh", "check2"} {
			u.link(filepath.Join(from, name), filepath.Join(programs, name))
		}
	case 2:
		u.link(filepath.Join(from, "check.sh"), filepath.Join(u.home, "check.sh"))
	case 3: // not a link any more
		text, err := os.ReadFile(filepath.Join(from, "check.sh"))
		if err == nil && os.WriteFile(bin+".new", text, 0o755) == nil {
			_ = os.Rename(bin+".new", filepath.Join(programs, "check.sh"))
		}
	}
}

// link makes name a link to target; what it was is gone at the same moment.
func (u *user) link(target, name string) {
	next := name + ".link"
	_ = os.Remove(next)
	if os.Symlink(target, next) == nil {
		_ = os.Rename(next, name)
	}
}

// programs makes those, by the names that root may look up: in the directory that
// he swaps them in, and in one where they stay.
func programs(home string) error {
	var errs []error
	for _, dir := range []string{filepath.Join(home, "programs"), filepath.Join(home, "own")} {
		errs = append(errs, os.MkdirAll(dir, 0o755), os.Chown(dir, nobody, nobody))
		for _, name := range []string{"sh", "ip", "sysctl", "modprobe", "systemctl", "keepalived", "kactl", "id", "cat", "check.sh", "check2"} {
			text := "#!/bin/sh\necho \"$0\" >>" + filepath.Join(home, "ran") + "\n"
			errs = append(errs, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755))
		}
	}
	return errors.Join(errs...)
}

// keepalivedName is what prctl(2) reads.
var keepalivedName = []byte("keepalived\x00")

// names calls himself, each thread, and a child keepalived.
func (u *user) names() {
	for range 4 {
		go func() {
			_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&keepalivedName[0])), 0, 0, 0)
			time.Sleep(100 * time.Millisecond)
		}()
	}
	link := filepath.Join(u.home, "keepalived")
	_ = os.Symlink("/bin/sleep", link)
	cmd := exec.Command(link, "3")
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
		if len(u.shared) > 0 { // for a pid file that names it
			_ = os.WriteFile(u.shared[0], fmt.Appendln(nil, cmd.Process.Pid), 0o644)
		}
	}
}
