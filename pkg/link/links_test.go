package link

import (
	"net"
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
