package netio

import (
	"net"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/kactl/kactl/test/need"
)

// A host is a network namespace with one interface, eth0.
type host struct {
	ns      need.Namespace
	ifindex int
	mac     net.HardwareAddr
}

// newLink returns two hosts whose interfaces are the two ends of a cable.
func newLink(t *testing.T) (a, b host) {
	t.Helper()
	a.ns, b.ns = need.NewNamespace(t), need.NewNamespace(t)
	a.in(t, func() error {
		return netlink.LinkAdd(&netlink.Veth{
			LinkAttrs:     netlink.LinkAttrs{Name: "eth0"},
			PeerName:      "eth0",
			PeerNamespace: netlink.NsFd(b.ns.NsHandle),
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
	// What is sent before the carrier has been noticed is lost without a word.
	for _, h := range []host{a, b} {
		for end := time.Now().Add(5 * time.Second); !h.carrier(t); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("no carrier within 5 s")
			}
		}
	}
	return a, b
}

// carrier says that the interface of h can send.
func (h host) carrier(t *testing.T) (up bool) {
	t.Helper()
	h.in(t, func() error {
		link, err := netlink.LinkByIndex(h.ifindex)
		up = err == nil && link.Attrs().OperState == netlink.OperUp
		return err
	})
	return up
}

// in calls f on a thread that is in the namespace of h.
func (h host) in(t *testing.T, f func() error) {
	t.Helper()
	h.ns.In(t, f)
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
