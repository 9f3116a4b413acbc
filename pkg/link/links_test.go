package link

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/iproute"
)

func vmac(mac string) iproute.Link {
	a, err := net.ParseMAC(mac)
	if err != nil {
		panic(err)
	}
	return iproute.Link{Name: "vrrp.51", Below: "eth0", Kind: "macvlan", Mode: "private", MAC: a}
}

// An interface is made, taken over as it is, made anew where it is otherwise, and
// removed; what others have is left alone.
func TestLinks(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	h.addLink(t, "eth1")
	conn := openIn(t, h)
	is := func(when string, words ...string) {
		t.Helper()
		text := h.ip(t, "-d", "link", "show", "vrrp.51")
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in %s", when, w, text)
			}
		}
	}
	add := func(when string, l iproute.Link, want bool) {
		t.Helper()
		if changed, err := conn.AddLink(t.Context(), l); err != nil || changed != want {
			t.Errorf("%s: %v %v", when, changed, err)
		}
	}
	l := vmac("00:00:5e:00:01:33")
	add("at first", l, true)
	is("at first", "vrrp.51@eth0", "00:00:5e:00:01:33", "macvlan mode private", "UP")
	add("once more", l, false)
	h.setDown(t, "vrrp.51")
	add("switched off", l, true)
	is("switched off", "UP")
	l = vmac("00:00:5e:00:01:34")
	add("another address", l, true)
	is("another address", "00:00:5e:00:01:34")
	l.Below = "eth1"
	add("below another one", l, true)
	is("below another one", "vrrp.51@eth1")
	l.Mode = "bridge"
	add("another mode", l, true)
	is("another mode", "macvlan mode bridge")
	for _, want := range []bool{true, false} {
		if changed, err := conn.RemoveLink(t.Context(), l); err != nil || changed != want {
			t.Errorf("remove: %v %v", changed, err)
		}
	}
	l.Below = "none"
	if _, err := conn.AddLink(t.Context(), l); err == nil || !strings.Contains(err.Error(), "no such interface") {
		t.Error(err)
	}

	l.Below = "eth0"
	h.ip(t, "link", "add", "vrrp.51", "type", "veth", "peer", "name", "other")
	if _, err := conn.AddLink(t.Context(), l); err == nil || !strings.Contains(err.Error(), "another interface has that name") {
		t.Error(err)
	}
	if changed, err := conn.RemoveLink(t.Context(), l); err != nil || changed {
		t.Errorf("remove another's: %v %v", changed, err)
	}
	is("another's", "veth")
}

// What keepalived sets on its interfaces is set before they are up: they answer for
// their own addresses alone.
func TestLinkSysctls(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	conn := openIn(t, h)
	values := func(want map[string]string) {
		t.Helper()
		h.in(t, func() error {
			for path, value := range want {
				got, err := os.ReadFile("/proc/sys/net/" + path)
				if err != nil || strings.TrimSpace(string(got)) != value {
					t.Errorf("%s is %s, want %s: %v", path, got, value, err)
				}
			}
			return nil
		})
	}
	set := func(path, value string) {
		h.in(t, func() error { return os.WriteFile("/proc/sys/net/"+path, []byte(value), 0) })
	}
	add := func(l iproute.Link) {
		t.Helper()
		h.in(t, func() error {
			_, err := conn.AddLink(t.Context(), l)
			return err
		})
	}
	set("ipv4/conf/default/rp_filter", "1")
	set("ipv4/conf/all/rp_filter", "0")
	l := vmac("00:00:5e:00:01:33")
	add(l)
	of4 := map[string]string{
		"ipv4/conf/vrrp.51/rp_filter": "0", "ipv4/conf/vrrp.51/accept_local": "1", "ipv4/conf/vrrp.51/arp_ignore": "1",
		"ipv4/conf/vrrp.51/promote_secondaries": "1", "ipv6/conf/vrrp.51/disable_ipv6": "1", "ipv6/conf/vrrp.51/addr_gen_mode": "1",
	}
	values(of4)
	// Where somebody checks the sources on all interfaces, and on one that was there.
	set("ipv4/conf/vrrp.51/arp_ignore", "0")
	set("ipv4/conf/all/rp_filter", "1")
	add(l)
	of4["ipv4/conf/vrrp.51/rp_filter"] = "2"
	values(of4)

	six := vmac("00:00:5e:00:02:33")
	six.Name, six.IPv6 = "vrrp6.51", true
	add(six)
	values(map[string]string{
		"ipv6/conf/vrrp6.51/disable_ipv6": "0", "ipv6/conf/vrrp6.51/addr_gen_mode": "1", "ipv4/conf/vrrp6.51/accept_local": "0",
	})
}

// One that a predecessor has left under another name, with the same hardware address, is
// in the way of ours and goes; others stay.
func TestLinkLeft(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	conn := openIn(t, h)
	left, other, bridge := vmac("00:00:5e:00:01:33"), vmac("00:00:5e:00:01:34"), vmac("00:00:5e:00:01:35")
	other.Name, bridge.Name, bridge.Mode = "other", "bridge", "bridge"
	for _, l := range []iproute.Link{left, other, bridge} {
		h.in(t, func() error {
			_, err := conn.AddLink(t.Context(), l)
			return err
		})
	}
	ours := left
	ours.Name = "ours"
	h.in(t, func() error {
		_, err := conn.AddLink(t.Context(), ours)
		return err
	})
	text := h.ip(t, "link", "show", "up")
	for name, want := range map[string]bool{"ours@": true, "other@": true, "vrrp.51@": false} {
		if strings.Contains(text, name) != want {
			t.Errorf("%s: want %v in %s", name, want, text)
		}
	}
	// Another program's, which is in another mode, stays: ours is refused.
	ours.MAC = bridge.MAC
	h.in(t, func() error {
		if _, err := conn.AddLink(t.Context(), ours); err == nil || !strings.Contains(err.Error(), "another program") {
			t.Error(err)
		}
		return nil
	})
}
