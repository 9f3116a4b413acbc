package vrrpd

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/vrrp"
)

// Packets are dropped before the address is there, and until it is gone; what a reload
// does not change stays.
func TestDropsFollowMaster(t *testing.T) { inFakeTime(t, testDropsFollowMaster) }

func testDropsFollowMaster(t *testing.T) {
	i := owner("VI_1", 51, "198.51.100.1/24")
	i.Priority, i.Filter = 200, vrrp.Filter{Table: "keepalived"}
	r := start(t, i)
	r.wait("drop 198.51.100.1", "add 198.51.100.1/24 on eth0", "notify VI_1 MASTER 200")
	r.forget()
	after := i
	after.Addresses = append(slices.Clone(i.Addresses), vrrp.Address{Prefix: netip.MustParsePrefix("198.51.100.2/24"), Device: "eth0"})
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{after}})
	r.wait("drop 198.51.100.2")
	r.flush("VI_1")
	r.never("do not drop 198.51.100.1")
	after.Accept, after.Filter = true, vrrp.Filter{}
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{after}})
	r.wait("do not drop 198.51.100.1", "do not drop 198.51.100.2")
	r.flush("VI_1")
	r.never("remove 198.51.100.1/24 on eth0")
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{i}})
	r.wait("drop 198.51.100.1")
	r.stop()
	r.wait("remove 198.51.100.1/24 on eth0", "do not drop 198.51.100.1")
}

// A packet filter that takes nothing keeps no router from being master, and the log
// says so once.
func TestFilterThatFails(t *testing.T) { inFakeTime(t, testFilterThatFails) }

func testFilterThatFails(t *testing.T) {
	i := owner("VI_1", 51, "198.51.100.1/24")
	i.Priority, i.Filter = 200, vrrp.Filter{Table: "keepalived"}
	sys := newFakeSystem(t)
	sys.noDrop = errors.New("packets are not dropped")
	r := startOn(t, sys, i)
	r.wait("add 198.51.100.1/24 on eth0", "notify VI_1 MASTER 200")
	r.wait("drop 198.51.100.1", "drop 198.51.100.1")
	r.flush("VI_1")
	if n := strings.Count(r.logged.all(), "(VI_1) packets are not dropped; trying again every 5s"); n != 1 {
		t.Errorf("%d lines: %s", n, r.logged.all())
	}
	r.never("notify VI_1 FAULT 200")
}
