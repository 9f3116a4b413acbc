package vrrp

import (
	"net/netip"
	"testing"
	"time"
)

// Groups goes on for as long as it is asked to.
func TestRouterGroups(t *testing.T) {
	r := NewRouter()
	out := r.Step(0, RouterEvent{Kind: Reload, Settings: &Settings{Groups: []SyncGroup{{Name: "G"}, {Name: "H"}}}}, nil)
	r.Step(0, RouterEvent{Kind: LinksKnown}, out[:0])
	for want := 1; want <= 2; want++ {
		n := 0
		r.Groups(func(*SyncGroup, State) bool {
			n++
			return n < want
		})
		if n != want {
			t.Errorf("%d groups, want %d", n, want)
		}
	}
}

// What the router has seen of a group's members is how they stand: only then does an
// advert of one cost no look at all the others.
func TestRouterSeesMembers(t *testing.T) {
	a, b := testInstance(100), testInstance(100)
	a.Name, a.VRID, b.Name, b.VRID = "A", 51, "B", 52
	r, now := NewRouter(), Time(time.Hour)
	link := Link{Name: a.Interface, Index: 2, Up: true, MTU: 1500, Addrs: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}}
	for _, ev := range []RouterEvent{
		{Kind: LinkChanged, Link: &link},
		{Kind: Reload, Settings: &Settings{Instances: []Instance{a, b}, Groups: []SyncGroup{{Name: "G", Members: []string{"A", "B"}}}}},
		{Kind: LinksKnown},
		{Kind: SocketChanged, Interface: link.Name, Index: link.Index, Up: true},
	} {
		r.Step(now, ev, nil)
	}
	for r.groups[0].state != Master {
		at, ok := r.Deadline(now)
		if !ok {
			t.Fatal("the group has not become master, and waits for nothing")
		}
		now = at
		r.Step(now, RouterEvent{Kind: DeadlineReached}, nil)
		for _, m := range r.members {
			if m.seen != m.standing() {
				t.Fatalf("%s stands at %+v, and was seen at %+v", m.cfg.Name, m.standing(), m.seen)
			}
		}
	}
}
