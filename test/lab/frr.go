package lab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// FRR is FRRouting's vrrpd, a peer that is no director: see [Host.StartFRR].
const FRR Kind = "frr"

// frrDir has FRR's daemons, of Debian's package frr: they are in no PATH.
const frrDir = "/usr/lib/frr"

// VRRPD is FRR's VRRP daemon. It needs zebra, the one between all others and
// the kernel, which comes with it.
const VRRPD = frrDir + "/vrrpd"

// A Router is one virtual router of VRRP version 3 on a host's first
// interface, as FRR runs it.
type Router struct {
	VRID, Priority byte
	Interval       time.Duration // a multiple of 10 ms
	VIP            netip.Prefix
}

// frrConf makes vrrpd log its changes of state, each advert that it gets and,
// as a line with "Datagram" in it, what is wrong with one.
const frrConf = `log stdout debugging
debug vrrp protocol
debug vrrp packets
interface {{.Data.Interface}}
 vrrp {{.Data.VRID}} version 3
 vrrp {{.Data.VRID}} priority {{.Data.Priority}}
 vrrp {{.Data.VRID}} advertisement-interval {{.Data.Interval.Milliseconds}}
 vrrp {{.Data.VRID}} ip {{.Data.VIP.Addr}}
`

// StartFRR starts FRR's vrrpd on the host, and zebra before it: that one runs
// until the lab's end, whatever becomes of the director returned.
//
// FRR neither adds nor removes the address. It lies on a macvlan with the
// virtual router's hardware address, which zebra takes the carrier from while
// another is master: [Host.HasAddr] tells nothing, and adverts and ARP come
// from that hardware address, which is this host's from now on.
func (h *Host) StartFRR(r Router) *Director {
	l := h.lab
	l.t.Helper()
	h.addMacvlan(r)
	dir := filepath.Join(l.dir, h.Name, "run")
	l.check(os.MkdirAll(dir, 0o755), "make a directory for %s", h.Name)
	l.check(giveTo("frr", dir), "%s: let FRR write into %s", h.Name, dir)
	program, args := frrDaemon("zebra", "/dev/null", dir)
	cmd := exec.Command(program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL, Cloneflags: unix.CLONE_NEWPID}
	l.check(h.Do(cmd.Start), "%s: start zebra", h.Name)
	l.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	Eventually(l.t, 5*time.Second, "zebra listens on "+h.Name, func() bool {
		conn, err := net.Dial("unix", zapi(dir))
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return h.Start(Config{Kind: FRR, Text: frrConf, Data: struct {
		Router
		Interface string
	}{r, h.Port().Interface}})
}

// giveTo makes a user own a directory. FRR's daemons become the user frr and
// refuse to stay root.
func giveTo(name, dir string) error {
	u, err := user.Lookup(name)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, -1)
}

// addMacvlan makes the interface on which FRR expects the address.
func (h *Host) addMacvlan(r Router) {
	l := h.lab
	l.t.Helper()
	mac := net.HardwareAddr{0, 0, 0x5e, 0, 1, r.VRID} // RFC 9568, 7.3
	l.mu.Lock()
	l.names[mac.String()] = h.Name
	l.mu.Unlock()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = fmt.Sprintf("vrrp4-%d", r.VRID)
	attrs.ParentIndex = h.Port().link.Attrs().Index
	attrs.HardwareAddr = mac
	link := &netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE}
	l.check(h.handle.LinkAdd(link), "%s: make %s", h.Name, attrs.Name)
	h.AddAddr(attrs.Name, r.VIP.String())
	// Else the host answers for the address on its real interface, as any
	// Linux does, whether the macvlan has its carrier or not.
	h.Sysctl("net/ipv4/conf/all/arp_ignore", "1")
	l.check(h.handle.LinkSetUp(link), "%s: set %s up", h.Name, attrs.Name)
}

// shell is the first process of a namespace with a daemon in it. The daemons
// stop being root, by which they lose the signal that ends them with the lab's
// thread; the shell does not, and the whole namespace ends with it.
const shell = `"$@" & trap "kill $!" TERM; wait $!; wait $!`

// frrDaemon is the command line of one of FRR's daemons that keeps all its
// files in a directory and listens on no port. It is for a process namespace
// of its own.
func frrDaemon(name, conf, dir string) (program string, args []string) {
	return "sh", []string{"-c", shell, "sh", filepath.Join(frrDir, name), "-f", conf,
		"-i", filepath.Join(dir, name+".pid"), "-z", zapi(dir), "--vty_socket", dir, "-P", "0"}
}

// zapi is the socket by which the daemons speak to zebra.
func zapi(dir string) string { return filepath.Join(dir, "zserv.api") }
