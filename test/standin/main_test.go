// Package standin calls kactl by the name of keepalived, with the command lines
// that people have for that.
package standin

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
	"github.com/kactl/kactl/test/need"
)

func TestMain(m *testing.M) {
	if lab.DefaultKind() != lab.Kactl {
		os.Exit(0) // keepalived needs nobody to stand in for it
	}
	lab.TestMain(m, false, "killall:psmisc", "ip:iproute2", "keepalived:keepalived")
}

// conf becomes master in less than half a second.
const conf = `vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.1
    virtual_ipaddress {
        192.0.2.100/24
    }
}
`

// secret is another instance, with a password.
const secret = `vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    virtual_ipaddress {
        192.0.2.101/24
    }
    authentication {
        auth_type PASS
        auth_pass s3cretpw
    }
}
`

// A machine is a namespace with an interface, and a directory with keepalived
// and its files.
type machine struct {
	need.Namespace
	dir string
}

func newMachine(t *testing.T) machine {
	m := machine{need.NewNamespace(t), t.TempDir()}
	bin, err := filepath.Abs(os.Getenv(lab.BinaryVar))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(bin, m.path("keepalived")); err != nil {
		t.Fatal(err)
	}
	m.write(t, "keepalived.conf", conf)
	m.In(t, addInterface)
	return m
}

func addInterface() error {
	v := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}, PeerName: "eth1"}
	if err := netlink.LinkAdd(v); err != nil {
		return err
	}
	for _, name := range []string{"lo", "eth0", "eth1"} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if name == "eth0" {
			addr, err := netlink.ParseAddr("192.0.2.10/24")
			if err != nil {
				return err
			}
			if err := netlink.AddrAdd(link, addr); err != nil {
				return err
			}
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return err
		}
	}
	return nil
}

// named gives the namespace a name for ip netns, until the test ends.
func (m machine) named(t *testing.T) string {
	name := "kactl-standin-" + strconv.Itoa(os.Getpid())
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked
		ns, err := netns.NewNamed(name)
		if err == nil {
			ns.Close()
			err = addInterface()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = netns.DeleteNamed(name) })
	return name
}

func (m machine) path(name string) string { return filepath.Join(m.dir, name) }

func (m machine) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(m.path(name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// command is keepalived with arguments. It takes its files from the directory
// that it is started in.
func (m machine) command(ctx context.Context, args string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(ctx, m.path("keepalived"), strings.Fields(args)...)
	cmd.Dir = m.dir
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

// call runs keepalived until it, or its first process, ends.
func (m machine) call(t *testing.T, args string) (status int, out string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), lab.Slack)
	defer cancel()
	cmd, text := m.command(ctx, args)
	m.In(t, func() error {
		err := cmd.Run()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil
		}
		return err
	})
	return cmd.ProcessState.ExitCode(), text.String()
}

// running is the process that a pid file names.
func running(t *testing.T, pidFile string) int {
	t.Helper()
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || unix.Kill(pid, 0) != nil {
		t.Fatalf("%q is no process: %v", text, err)
	}
	return pid
}

// stop ends a daemon as init would, and waits until it has cleaned up.
func stop(t *testing.T, pid int, pidFile string) {
	t.Helper()
	if err := unix.Kill(pid, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	lab.Eventually(t, 5*time.Second, "it has stopped", func() bool {
		_, err := os.Stat(pidFile)
		return errors.Is(err, os.ErrNotExist) && unix.Kill(pid, 0) != nil
	})
}

// master waits until the address is there.
func (m machine) master(t *testing.T) {
	t.Helper()
	lab.Eventually(t, 5*time.Second, "it has the address", func() bool { return m.hasAddress(t) })
}

// flush takes the address away that a killed daemon has left.
func (m machine) flush(t *testing.T) {
	t.Helper()
	m.In(t, func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		addr, err := netlink.ParseAddr("192.0.2.100/24")
		if err != nil {
			return err
		}
		if err := netlink.AddrDel(link, addr); !errors.Is(err, unix.EADDRNOTAVAIL) {
			return err
		}
		return nil
	})
}

func (m machine) hasAddress(t *testing.T) (has bool) {
	m.In(t, func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		addrs, err := netlink.AddrList(link, unix.AF_INET)
		for _, a := range addrs {
			has = has || a.IP.String() == "192.0.2.100"
		}
		return err
	})
	return has
}
