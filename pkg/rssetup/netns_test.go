package rssetup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/need"
)

// newMachine is a namespace with lo and an interface in a network of both
// families, filtered as some distributions do. The other end of its cable is in
// neighbour.
func newMachine(t *testing.T) (ns, neighbour need.Namespace) {
	t.Helper()
	ns, neighbour = need.NewNamespace(t), need.NewNamespace(t)
	up := func(name string, addrs ...string) error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return err
		}
		for _, text := range addrs {
			a, err := netlink.ParseAddr(text)
			if err != nil {
				return err
			}
			if a.IP.To4() == nil {
				a.Flags = unix.IFA_F_NODAD
			}
			if err := netlink.AddrAdd(link, a); err != nil {
				return err
			}
		}
		return nil
	}
	ns.In(t, func() error {
		for name, value := range map[string]string{
			"ipv6/conf/all/accept_dad": "0", "ipv6/conf/default/accept_dad": "0",
			"ipv4/conf/all/rp_filter": "1", "ipv4/conf/default/rp_filter": "0",
		} {
			if err := (linux{}).Set(Thing{Kind: Sysctl, Name: "net/" + name}, &value); err != nil {
				return err
			}
		}
		veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}, PeerName: "eth0", PeerNamespace: netlink.NsFd(int(neighbour.NsHandle))}
		return errors.Join(netlink.LinkAdd(veth), up("lo"), up("eth0", "198.51.100.51/24", "2001:db8:1::51/64"))
	})
	neighbour.In(t, func() error {
		return errors.Join(up("lo"), up("eth0", "198.51.100.9/24", "2001:db8:1::9/64"))
	})
	// Both have a carrier when each has reached the other, and what that does to
	// addresses has been done.
	for _, address := range []string{"198.51.100.51", "2001:db8:1::51"} {
		resolves(t, neighbour, address, address)
	}
	return ns, neighbour
}

// snapshot is what there is of sysctls, addresses and routes.
func snapshot(t *testing.T, ns need.Namespace) map[string]string {
	t.Helper()
	out := map[string]string{}
	ns.In(t, func() error {
		for _, root := range []string{"/proc/sys/net/ipv4", "/proc/sys/net/ipv6"} {
			err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				out[path] = readSysctl(path)
				return nil
			})
			if err != nil {
				return err
			}
		}
		text, err := exec.Command("ip", "addr").Output()
		if err != nil {
			return fmt.Errorf("ip addr: %w", err)
		}
		out["ip addr"] = string(text)
		routes, err := dump("routes", func() ([]netlink.Route, error) {
			return netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_TABLE)
		})
		for _, r := range routes {
			out["route "+r.String()] = ""
		}
		return err
	})
	if len(out) < 200 {
		t.Fatalf("only %d values", len(out))
	}
	return out
}

// readSysctl returns the value, or the error that some give instead.
func readSysctl(path string) string {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err.Error()
	}
	defer unix.Close(fd)
	var b [4096]byte
	n, err := unix.Read(fd, b[:])
	if err != nil {
		return err.Error()
	}
	return string(b[:n])
}

// resolves sends a datagram to each address and reports, when the last one has
// been found, whether the first one was found by then: what is asked is answered in
// order. It ends the test if the last one is not found.
func resolves(t *testing.T, ns need.Namespace, first, last string) bool {
	t.Helper()
	found := func(address string) (bool, error) {
		list, err := dump("neighbours", func() ([]netlink.Neigh, error) { return netlink.NeighList(0, netlink.FAMILY_ALL) })
		for _, n := range list {
			if n.IP.Equal(net.ParseIP(address)) && n.HardwareAddr != nil {
				return true, nil
			}
		}
		return false, err
	}
	var yes bool
	ns.In(t, func() error {
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		for _, address := range []string{first, last} {
			_ = netlink.NeighDel(&netlink.Neigh{LinkIndex: link.Attrs().Index, IP: net.ParseIP(address)})
		}
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			for _, address := range []string{first, last} {
				conn, err := (&net.Dialer{}).DialContext(context.Background(), "udp", net.JoinHostPort(address, "9"))
				if err != nil {
					return err
				}
				_, _ = conn.Write([]byte("?"))
				conn.Close()
			}
			done, err := found(last)
			if err != nil {
				return err
			}
			if done {
				yes, err = found(first)
				return err
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("%s does not answer", last)
			}
		}
	})
	return yes
}
