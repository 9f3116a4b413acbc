package vrrpd

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/vrrp"
)

func routeTo(prefix string) iproute.Route {
	return iproute.Route{Type: "unicast", Destination: netip.MustParsePrefix(prefix), Protocol: iproute.Protocol, Order: "prepend"}
}

func ruleAt(preference uint32) iproute.Rule {
	return iproute.Rule{Action: "table", Table: 5, Preference: preference, Protocol: iproute.Protocol}
}

const rule1 = "rule from all preference 1 table 5"

// Routes and rules are there while their instance is master, and what a reload does
// not change stays.
func TestTablesFollowMaster(t *testing.T) { inFakeTime(t, testTablesFollowMaster) }

func testTablesFollowMaster(t *testing.T) {
	i := owner("VI_1", 51, "198.51.100.1/24")
	i.Routes = []iproute.Route{routeTo("10.1.0.0/16"), routeTo("10.2.0.0/16")}
	i.Rules = []iproute.Rule{ruleAt(1)}
	r := start(t, i)
	r.wait("add route 10.1.0.0/16", "add route 10.2.0.0/16", "add "+rule1, "notify VI_1 MASTER 255")
	r.forget()
	after := i
	after.Routes = []iproute.Route{routeTo("10.2.0.0/16"), routeTo("10.3.0.0/16")}
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{after}})
	r.wait("remove route 10.1.0.0/16", "add route 10.3.0.0/16")
	r.flush("VI_1")
	for _, what := range []string{"remove route 10.2.0.0/16", "add route 10.2.0.0/16", "remove " + rule1, "add " + rule1, "remove 198.51.100.1/24 on eth0"} {
		r.never(what)
	}
	r.down("eth0", 2)
	r.wait("remove "+rule1, "remove route 10.2.0.0/16", "remove route 10.3.0.0/16", "remove 198.51.100.1/24 on eth0", "notify VI_1 FAULT 255")
	r.up("eth0", 2)
	r.wait("add 198.51.100.1/24 on eth0", "add route 10.2.0.0/16", "add "+rule1, "notify VI_1 MASTER 255")
	r.stop()
	r.wait("remove "+rule1, "remove route 10.3.0.0/16", "remove 198.51.100.1/24 on eth0")
}

// What is heard to be lost is put back, and logged.
func TestLostTables(t *testing.T) { inFakeTime(t, testLostTables) }

func testLostTables(t *testing.T) {
	i := owner("VI_1", 51, "198.51.100.1/24")
	i.Routes, i.Rules = []iproute.Route{routeTo("10.1.0.0/16")}, []iproute.Rule{ruleAt(1)}
	r := start(t, i)
	r.wait("add "+rule1, "notify VI_1 MASTER 255")
	r.forget()
	r.links <- Link{Route: &iproute.Route{Destination: netip.MustParsePrefix("10.1.0.0/16"), Table: 254}}
	r.wait("add route 10.1.0.0/16")
	r.links <- Link{Rule: &iproute.Rule{Preference: 1}}
	r.wait("add " + rule1)
	r.flush("VI_1")
	if log := r.logged.all(); !strings.Contains(log, "route 10.1.0.0/16 was removed by somebody else, put back") {
		t.Error(log)
	}
	r.never("notify VI_1 BACKUP 255")
}

// Static things are there from the start to the stop, whatever instances do, and
// come and go by reloads.
func TestStatics(t *testing.T) { inFakeTime(t, testStatics) }

func testStatics(t *testing.T) {
	r := start(t)
	static := vrrp.Static{
		Addresses: []vrrp.Address{{Prefix: netip.MustParsePrefix("203.0.113.1/24"), Device: "eth0"}},
		Routes:    []iproute.Route{routeTo("10.1.0.0/16"), routeTo("10.2.0.0/16")}, Rules: []iproute.Rule{ruleAt(1)},
	}
	r.reload(vrrp.Settings{Static: static})
	r.wait("add 203.0.113.1/24 on eth0")
	r.wait("add route 10.1.0.0/16", "add route 10.2.0.0/16", "add "+rule1)
	r.take("eth0", netip.MustParsePrefix("203.0.113.1/24"))
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Lost: netip.MustParsePrefix("203.0.113.1/24"), Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}}
	r.wait("add 203.0.113.1/24 on eth0")
	r.forget()

	static.Routes = static.Routes[1:]
	r.reload(vrrp.Settings{Static: static, Instances: []vrrp.Instance{owner("VI_1", 51, "198.51.100.1/24")}})
	r.wait("remove route 10.1.0.0/16")
	r.wait("notify VI_1 MASTER 255")
	r.never("remove route 10.2.0.0/16")
	r.never("remove " + rule1)
	r.never("announce 203.0.113.1 on eth0")
	r.reload(vrrp.Settings{})
	r.wait("remove "+rule1, "remove route 10.2.0.0/16")
	r.wait("remove 203.0.113.1/24 on eth0")

	r.reload(vrrp.Settings{Static: static})
	r.wait("add " + rule1)
	r.stop()
	r.wait("remove "+rule1, "remove route 10.2.0.0/16", "remove 203.0.113.1/24 on eth0")
}

// The members of a track_group are in FAULT while something static of the group is
// missing.
func TestTrackGroup(t *testing.T) { inFakeTime(t, testTrackGroup) }

func testTrackGroup(t *testing.T) {
	sys := newFakeSystem(t)
	sys.noRoute = errors.New("unreachable")
	r := startOn(t, sys)
	route := routeTo("10.1.0.0/16")
	route.TrackGroup = "G"
	member, other := owner("VI_1", 51, "198.51.100.1/24"), owner("VI_2", 52, "198.51.100.2/24")
	member.Tracks = []vrrp.Track{{Kind: vrrp.TrackStatic, Name: "G"}}
	r.reload(vrrp.Settings{
		Instances: []vrrp.Instance{member, other},
		Static:    vrrp.Static{Routes: []iproute.Route{route}, Groups: []vrrp.TrackGroup{{Name: "G", Members: []string{"VI_1"}}}},
	})
	r.wait("notify VI_2 MASTER 255")
	r.wait("notify VI_1 FAULT 255")
	r.forget()
	r.mu.Lock()
	r.noRoute = nil
	r.mu.Unlock()
	r.links <- Link{Name: "eth7", Index: 7, Up: true}
	r.wait("notify VI_1 MASTER 255")
	r.never("notify VI_2 FAULT 255")
	if log := r.logged.all(); !strings.Contains(log, "track_group G") || !strings.Contains(log, "(static) unreachable") {
		t.Error(log)
	}
}

// An address owner whose address is all that its interface has does not take it from
// the host.
func TestOwnAddress(t *testing.T) { inFakeTime(t, testOwnAddress) }

func testOwnAddress(t *testing.T) {
	own := netip.PrefixFrom(ours, 24)
	sys := newFakeSystem(t)
	sys.held["eth0"] = []netip.Prefix{own}
	i := owner("VI_1", 51, own.String(), "198.51.100.1/24")
	r := startOn(t, sys, i)
	r.wait("notify VI_1 MASTER 255")
	r.wait("announce 192.0.2.1 on eth0")
	r.down("eth0", 2)
	r.wait("remove 198.51.100.1/24 on eth0", "notify VI_1 FAULT 255")
	r.up("eth0", 2)
	r.wait("notify VI_1 MASTER 255")
	r.take("eth0", own)
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Lost: own, Addrs: []netip.Prefix{netip.MustParsePrefix("198.51.100.1/24")}}
	r.wait("add 192.0.2.1/24 on eth0")
	r.up("eth0", 2)
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{owner("VI_1", 51, "198.51.100.1/24")}})
	r.flush("VI_1")
	r.stop()
	r.wait("notify VI_1 STOP 255")
	r.never("remove 192.0.2.1/24 on eth0")
	if got := r.holds("eth0"); !slices.Contains(got, own) {
		t.Errorf("eth0 has %v", got)
	}
}

// A secondary address that went with its primary was taken by nobody.
func TestLostWithPrimary(t *testing.T) { inFakeTime(t, testLostWithPrimary) }

func testLostWithPrimary(t *testing.T) {
	r := start(t, owner("VI_1", 51, "198.51.100.1/24"))
	vip := netip.MustParsePrefix("198.51.100.1/24")
	r.wait("add 198.51.100.1/24 on eth0", "notify VI_1 MASTER 255")
	lose := func(with bool) {
		r.take("eth0", vip)
		r.links <- Link{Name: "eth0", Index: 2, Up: true, Lost: vip, WithPrimary: with, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}}
		r.wait("add 198.51.100.1/24 on eth0")
		r.flush("VI_1")
	}
	lose(true)
	if log := r.logged.all(); !strings.Contains(log, "by the kernel") || strings.Contains(log, "somebody else") {
		t.Error(log)
	}
	time.Sleep(time.Minute) // by then the log takes another line
	lose(false)
	if log := r.logged.all(); !strings.Contains(log, "was taken from eth0 by somebody else") {
		t.Error(log)
	}
}
