package netio

import (
	"net"
	"testing"

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
	return cable(t, a, b)
}

// cable gives two hosts without interfaces the ends of a cable.
func cable(t *testing.T, a, b host) (host, host) {
	t.Helper()
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
	for _, h := range []host{a, b} {
		h.ns.AwaitCarrier(t, "eth0")
	}
	return a, b
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
