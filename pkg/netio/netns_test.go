package netio

import (
	"net"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"github.com/kactl/kactl/test/need"
)

// A host is a network namespace with one interface, eth0.
type host struct {
	ns      netns.NsHandle
	ifindex int
	mac     net.HardwareAddr
}

// newLink returns two hosts whose interfaces are the two ends of a cable.
func newLink(t *testing.T) (a, b host) {
	t.Helper()
	need.Root(t)
	a.ns, b.ns = newNamespace(t), newNamespace(t)
	a.in(t, func() error {
		return netlink.LinkAdd(&netlink.Veth{
			LinkAttrs:     netlink.LinkAttrs{Name: "eth0"},
			PeerName:      "eth0",
			PeerNamespace: netlink.NsFd(b.ns),
		})
	})
	for _, h := range []*host{&a, &b} {
		h.in(t, func() error {
			link, err := netlink.LinkByName("eth0")
			if err != nil {
				return err
			}
			h.ifindex, h.mac = link.Attrs().Index, link.Attrs().HardwareAddr
			return netlink.LinkSetUp(link)
		})
	}
	return a, b
}

func newNamespace(t *testing.T) netns.NsHandle {
	t.Helper()
	var ns netns.NsHandle
	onOwnThread(t, func() (err error) {
		ns, err = netns.New()
		return err
	})
	t.Cleanup(func() { ns.Close() })
	return ns
}

// in calls f on a thread that is in the namespace of h.
func (h host) in(t *testing.T, f func() error) {
	t.Helper()
	onOwnThread(t, func() error {
		if err := netns.Set(h.ns); err != nil {
			return err
		}
		return f()
	})
}

// onOwnThread calls f on a thread that is not used for anything afterwards.
func onOwnThread(t *testing.T, f func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked
		done <- f()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// address gives the interface of h an address, "198.51.100.1/24".
func (h host) address(t *testing.T, cidr string) {
	t.Helper()
	h.in(t, func() error {
		addr, err := netlink.ParseAddr(cidr)
		if err != nil {
			return err
		}
		link, err := netlink.LinkByIndex(h.ifindex)
		if err != nil {
			return err
		}
		return netlink.AddrAdd(link, addr)
	})
}
