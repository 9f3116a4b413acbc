package vrrpd

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

func TestReload(t *testing.T) {
	same := owner("same", 51, "198.51.100.1/24")
	changed := owner("changed", 52, "198.51.100.2/24", "198.51.100.3/24")
	gone := owner("gone", 53, "198.51.100.4/24")
	r := start(t, same, changed, gone)
	for _, name := range []string{"same", "changed", "gone"} {
		r.wait("notify " + name + " MASTER 255")
	}
	for _, vip := range []string{"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4"} {
		r.wait("add "+vip+"/24 on eth0", "announce "+vip+" on eth0", "announce "+vip+" on eth0")
	}
	r.forget()

	changed.Addresses = owner("", 0, "198.51.100.3/24", "198.51.100.5/24").Addresses
	added := owner("added", 54, "198.51.100.4/24")
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{same, changed, added}})
	// The address that moves from one instance to another stays, and is announced.
	r.wait("notify gone STOP 255", "notify added MASTER 255")
	r.wait("remove 198.51.100.2/24 on eth0", "add 198.51.100.5/24 on eth0", "announce 198.51.100.5 on eth0")
	r.wait("announce 198.51.100.4 on eth0")
	for _, untouched := range []string{"remove 198.51.100.4/24 on eth0", "remove 198.51.100.1/24 on eth0", "add 198.51.100.1/24 on eth0",
		"announce 198.51.100.1 on eth0", "remove 198.51.100.3/24 on eth0", "announce 198.51.100.3 on eth0", "notify same STOP 255", "close eth0"} {
		r.never(untouched)
	}
}

func TestReloadToAnotherGroupAndInterface(t *testing.T) {
	inFakeTime(t, testReloadToAnotherGroupAndInterface)
}

func testReloadToAnotherGroupAndInterface(t *testing.T) {
	a, b := owner("a", 51, "198.51.100.1/24"), owner("b", 52, "198.51.100.2/24")
	r := start(t, a, b)
	r.wait("notify a MASTER 255", "notify b MASTER 255")
	a.Group = netip.MustParseAddr("230.1.1.1")
	b.Interface = "eth1"
	r.up("eth1", 3)
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{a, b}})
	r.wait("leave 224.0.0.18 on eth0")
	r.wait("notify b STOP 255")
	r.wait("open eth1 3")
	r.wait("notify b MASTER 255")
	r.wait("advert 192.0.2.1 to 230.1.1.1 vrid 51 priority 255")
	r.never("notify a STOP 255")
}

// An address that moves between two instances that both go on ends up on the
// one that has it now, whatever their order.
func TestReloadMovesAnAddress(t *testing.T) {
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		both := []vrrp.Instance{
			owner("from", 51, "198.51.100.1/24", "198.51.100.9/24"),
			owner("to", 52, "198.51.100.2/24"),
		}
		r := start(t, both[order[0]], both[order[1]])
		r.wait("notify from MASTER 255")
		r.wait("notify to MASTER 255")
		r.wait("add 198.51.100.9/24 on eth0", "announce 198.51.100.9 on eth0", "announce 198.51.100.9 on eth0")
		r.forget()
		after := []vrrp.Instance{
			owner("from", 51, "198.51.100.1/24"),
			owner("to", 52, "198.51.100.2/24", "198.51.100.9/24"),
		}
		r.reload(vrrp.Settings{Instances: []vrrp.Instance{after[order[0]], after[order[1]]}})
		r.flush("to")
		r.never("remove 198.51.100.9/24 on eth0")
		if got := r.holds("eth0"); !slices.Contains(got, netip.MustParsePrefix("198.51.100.9/24")) {
			t.Errorf("order %v: the interface holds %v", order, got)
		}
	}
}

// What an old configuration asked for and could not be had yet is forgotten with
// it, and so are its announcements.
func TestReloadForgetsWhatFailed(t *testing.T) { inFakeTime(t, testReloadForgetsWhatFailed) }

func testReloadForgetsWhatFailed(t *testing.T) {
	before := owner("VI_1", 51, "198.51.100.1/24", "198.51.100.2/24")
	before.GARP.Interval = 100 * time.Millisecond
	before.GARP.Repeat = 50
	after := before
	after.Addresses = before.Addresses[:1]
	sys := newFakeSystem(t)
	sys.refuse = errors.New("refused")
	r := startOn(t, sys, before)
	r.wait("add 198.51.100.2/24 on eth0", "notify VI_1 MASTER 255") // refused
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{after}})
	r.wait("remove 198.51.100.2/24 on eth0")
	r.flush("VI_1")
	r.forget()
	r.mu.Lock()
	r.refuse = nil
	r.mu.Unlock()
	r.wait("announce 198.51.100.1 on eth0")
	r.flush("VI_1")
	r.never("add 198.51.100.2/24 on eth0")
	r.never("announce 198.51.100.2 on eth0")
}

// An instance that only gets another name by a reload goes on under it.
func TestInstanceRenamed(t *testing.T) {
	r := start(t, owner("old", 51, "198.51.100.1/24"))
	r.wait("notify old MASTER 255")
	r.wait("add 198.51.100.1/24 on eth0")
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{owner("new", 51, "198.51.100.1/24")}})
	if got := r.state("new"); got != vrrp.Master {
		t.Errorf("in %v", got)
	}
	r.never("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 0")
	r.stop()
	r.wait("remove 198.51.100.1/24 on eth0", "notify new STOP 255")
}
