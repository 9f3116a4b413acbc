package link

import (
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func TestReaches(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	h.addLink(t, "eth1")
	addr := func(s string) *netlink.Addr {
		a, err := netlink.ParseAddr(s)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	h.addAddress(t, "eth0", addr("198.51.100.1/24"))
	h.addAddress(t, "eth1", addr("203.0.113.1/24"))
	for name, prefixes := range map[string][]string{"eth0": {"2001:db8:0::1/64", "fe80::1/64"}, "eth1": {"2001:db8:1::1/64"}} {
		for _, p := range prefixes {
			a := addr(p)
			a.Flags = unix.IFA_F_NODAD
			h.addAddress(t, name, a)
		}
	}
	var c *Conn
	index := map[string]int{}
	h.in(t, func() (err error) {
		for _, name := range []string{"eth0", "eth1"} {
			l, err := netlink.LinkByName(name)
			if err != nil {
				return err
			}
			index[name] = l.Attrs().Index
		}
		for dst, kind := range map[string]int{ // unreachable, blackhole
			"192.0.2.128/25": 7, "192.0.2.64/26": 6, "2001:db8:7::/48": 7, "2001:db8:6::/48": 6,
		} {
			d, err := netlink.ParseIPNet(dst)
			if err != nil {
				return err
			}
			if err := netlink.RouteAdd(&netlink.Route{Dst: d, Type: kind}); err != nil {
				return err
			}
		}
		c, err = Open()
		return err
	})
	defer c.Close()
	for _, tt := range []struct {
		through, to string
		want        bool
	}{
		{"eth0", "198.51.100.2", true},
		{"eth1", "198.51.100.2", false},
		{"eth1", "203.0.113.2", true},
		{"eth0", "203.0.113.2", false},
		{"eth0", "192.0.2.1", false},
		{"eth0", "192.0.2.200", false},
		{"eth0", "192.0.2.65", false},
		{"eth0", "2001:db8::2", true},
		{"eth1", "2001:db8::2", false},
		{"eth1", "2001:db8:1::2", true},
		{"eth0", "2001:db8:1::2", false},
		{"eth0", "2001:db8:5::1", false},
		{"eth0", "2001:db8:6::1", false},
		{"eth0", "2001:db8:7::1", false},
		{"eth0", "fe80::2", true},
		{"eth1", "fe80::2", false},
		{"any", "203.0.113.2", true},
		{"any", "2001:db8:1::2", true},
		{"any", "192.0.2.1", false},
		{"any", "192.0.2.200", false},
		{"any", "2001:db8:6::1", false},
	} {
		got, err := c.Reaches(t.Context(), index[tt.through], netip.MustParseAddr(tt.to))
		if err != nil || got != tt.want {
			t.Errorf("%s through %s: %v, %v; want %v", tt.to, tt.through, got, err, tt.want)
		}
	}
}
