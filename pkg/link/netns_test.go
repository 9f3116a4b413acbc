package link

import (
	"os"
	"testing"

	"github.com/vishvananda/netlink"
	"go.uber.org/goleak"

	"github.com/kactl/kactl/test/need"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A host is a network namespace.
type host struct{ ns need.Namespace }

func newHost(t *testing.T) host {
	t.Helper()
	h := host{need.NewNamespace(t)}
	h.in(t, func() error {
		// No link-local address by itself: the tests know which addresses there are.
		return os.WriteFile("/proc/sys/net/ipv6/conf/default/addr_gen_mode", []byte("1\n"), 0)
	})
	return h
}

// in calls f on a thread that is in the namespace.
func (h host) in(t *testing.T, f func() error) {
	t.Helper()
	h.ns.In(t, f)
}

// addLink makes a switched-on interface whose cable ends at name + "-peer".
func (h host) addLink(t *testing.T, name string) {
	t.Helper()
	h.in(t, func() error {
		veth := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: name + "-peer"}
		if err := netlink.LinkAdd(veth); err != nil {
			return err
		}
		return setUp(name + "-peer")
	})
	h.in(t, func() error { return setUp(name) })
	h.ns.AwaitCarrier(t, name)
}

func setUp(name string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(l)
}

func (h host) setDown(t *testing.T, name string) {
	t.Helper()
	h.in(t, func() error {
		l, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return netlink.LinkSetDown(l)
	})
}

func (h host) deleteLink(t *testing.T, name string) {
	t.Helper()
	h.in(t, func() error {
		l, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return netlink.LinkDel(l)
	})
}

// addAddress adds an address of the administrator's.
func (h host) addAddress(t *testing.T, name string, addr *netlink.Addr) {
	t.Helper()
	h.in(t, func() error {
		l, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return netlink.AddrAdd(l, addr)
	})
}

func parseAddr(t *testing.T, cidr string) *netlink.Addr {
	t.Helper()
	a, err := netlink.ParseAddr(cidr)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (h host) open(t *testing.T) *Conn {
	t.Helper()
	var c *Conn
	h.in(t, func() (err error) {
		c, err = Open()
		return err
	})
	t.Cleanup(func() { c.Close() })
	return c
}
