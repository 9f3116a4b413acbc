package vrrpd

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kactl/kactl/pkg/link"
)

func TestFollow(t *testing.T) {
	a, b := netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("198.51.100.1/32")
	eth0 := link.Interface{Index: 2, Name: "eth0", Up: true}
	down := eth0
	down.Up = false
	l := &linuxLinks{links: map[int]Link{}}
	for _, step := range []struct {
		event link.Event
		want  Link
	}{
		{link.Event{Kind: link.LinkAdded, Interface: link.Interface{Index: 2, Name: "eth0", Addrs: []netip.Prefix{a}}}, Link{Name: "eth0", Index: 2, Addrs: []netip.Prefix{a}}},
		{link.Event{Kind: link.LinkUp, Interface: eth0}, Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{a}}},
		{link.Event{Kind: link.AddressAdded, Interface: eth0, Addr: b}, Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{a, b}}},
		{link.Event{Kind: link.AddressAdded, Interface: eth0, Addr: b}, Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{a, b}}},
		{link.Event{Kind: link.AddressRemoved, Interface: eth0, Addr: a}, Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{b}}},
		{link.Event{Kind: link.LinkDown, Interface: down}, Link{Name: "eth0", Index: 2, Addrs: []netip.Prefix{b}}},
		{link.Event{Kind: link.LinkRemoved, Interface: down}, Link{Name: "eth0", Index: 2, Gone: true}},
	} {
		got := l.follow(step.event)
		if d := cmp.Diff(step.want, got, cmpopts.EquateComparable(netip.Prefix{})); d != "" {
			t.Errorf("after %v (-want +got):\n%s", step.event.Kind, d)
		}
	}
}
