package rssetup

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/rootonly"
)

// New is for the network namespace of the calling thread. Outside of the
// machine's own one, each has a journal of its own.
func New() (*Setup, error) { return open(linux{root: "/"}) }

func open(l linux) (*Setup, error) {
	boot, err := l.Boot()
	if err != nil {
		return nil, err
	}
	ns := strings.Fields(boot)[1]
	home := store{l.root, l.path(filepath.Join(stateDir, "rs-setup.json"))}
	away := store{l.root, l.path(filepath.Join(stateDir, "rs-setup-"+strings.Trim(ns, "net:[]")+".json"))}
	first, err := os.Readlink("/proc/1/ns/net")
	switch {
	case away.exists():
		return &Setup{l, away}, nil
	case err == nil && first != ns:
		return &Setup{l, away}, nil
	case err != nil && home.others(boot):
		// Who may not look where the first process is takes the free place.
		return &Setup{l, away}, nil
	}
	return &Setup{l, home}, nil
}

// linux is this machine, with its files below root.
type linux struct{ root string }

// namespace reads as "net:[4026531840]".
const namespace = "/proc/thread-self/ns/net"

func (l linux) path(name string) string { return filepath.Join(l.root, name) }

// Boot is the boot's id and the namespace's: a container may have another one
// each time that it is started. The number of one that is gone is given away again;
// its cookie, which Linux has since 5.14, is not.
func (linux) Boot() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("find the boot's id: %w", err)
	}
	ns, err := os.Readlink(namespace)
	if err != nil {
		return "", fmt.Errorf("find the network namespace: %w", err)
	}
	boot := strings.TrimSpace(string(id)) + " " + ns
	if cookie, err := namespaceCookie(); err == nil {
		boot += fmt.Sprintf(" %d", cookie)
	}
	return boot, nil
}

func namespaceCookie() (uint64, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	return unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
}

// Set implements System.
func (l linux) Set(t Thing, value *string) error {
	switch t.Kind {
	case Sysctl:
		if value == nil {
			return nil // the kernel had none
		}
		return os.WriteFile(filepath.Join("/proc/sys", t.Name), []byte(*value), 0)
	case Switch:
		return setSwitch(t.Name, value != nil && *value == "up")
	case Address:
		return setAddress(t, value)
	case File, Symlink:
		path := l.path(t.Name)
		if err := l.secure(filepath.Dir(path)); err != nil {
			return err
		}
		switch {
		case value == nil:
			return removeFile(path)
		case t.Kind == File:
			return replaceFile(path, *value)
		default:
			return replaceLink(path, *value)
		}
	}
	return fmt.Errorf("%q cannot be set", t.Kind)
}

// secure refuses a directory in which others can change what root has there.
// It need not be there.
func (l linux) secure(dir string) error {
	for {
		err := below(l.root, dir)
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Clean(l.root) {
			return err
		}
		dir = filepath.Dir(dir)
	}
}

// Trust implements System.
func (l linux) Trust(program string) error {
	real, _, err := rootonly.Rules{Below: l.root, OwnUser: true}.Follow(program)
	if err != nil {
		return err
	}
	info, err := os.Lstat(l.path(real))
	if err == nil && (!info.Mode().IsRegular() || info.Mode()&0o111 == 0) {
		err = fmt.Errorf("%s is no program", program)
	}
	return err
}

func findLink(name string) (netlink.Link, error) {
	link, err := netlink.LinkByName(name)
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil, fmt.Errorf("%s: %w", name, unix.ENODEV)
	}
	return link, err
}

func setSwitch(name string, up bool) error {
	link, err := findLink(name)
	if err != nil {
		return err
	}
	if up {
		return netlink.LinkSetUp(link)
	}
	return netlink.LinkSetDown(link)
}

func setAddress(t Thing, label *string) error {
	link, err := findLink(t.Device)
	if err != nil {
		return err
	}
	p, err := netip.ParsePrefix(t.Name)
	if err != nil {
		return err
	}
	a := &netlink.Addr{IPNet: &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}}
	if label == nil {
		if err = netlink.AddrDel(link, a); errors.Is(err, unix.EADDRNOTAVAIL) {
			return nil
		}
		return err
	}
	a.Label = *label
	if p.Addr().Is6() {
		// Nobody can be asked whether it has a virtual address, for others do;
		// and nothing of our own is to be sent from it.
		a.Flags, a.ValidLft, a.PreferedLft = unix.IFA_F_NODAD, forever, 0
	}
	if err = netlink.AddrAdd(link, a); errors.Is(err, unix.EEXIST) {
		return nil
	}
	return err
}

// forever is the life time of an address that does not end.
const forever = 1<<32 - 1
