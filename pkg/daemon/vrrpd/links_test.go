package vrrpd

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/kactl/kactl/pkg/vrrp"
)

func TestLinkDown(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	r := start(t, cfg)
	r.wait("notify VI_1 MASTER 255")
	r.down("eth0", 2)
	r.wait("remove 198.51.100.1/24 on eth0", "notify VI_1 FAULT 255")
	r.up("eth0", 2)
	r.wait("notify VI_1 BACKUP 255")
}

// An interface that is made anew has another index: the socket follows.
func TestInterfaceComesBack(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	r := start(t, cfg)
	r.wait("open eth0 2", "notify VI_1 MASTER 255")
	r.links <- Link{Name: "eth0", Index: 2, Gone: true}
	r.wait("close eth0")
	r.wait("notify VI_1 FAULT 255")
	r.up("eth0", 7)
	r.wait("open eth0 7", "join 224.0.0.18 on eth0")
	r.wait("notify VI_1 BACKUP 255")
	r.links <- Link{Name: "eth0", Index: 9, Up: true, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}} // replaced under our eyes
	r.wait("close eth0", "open eth0 9")
}

// Our own addresses are not what adverts are sent from.
func TestVirtualAddressIsNoSource(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	r := start(t, cfg)
	r.wait("notify VI_1 MASTER 255")
	vip := netip.MustParsePrefix("198.51.100.1/24")
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{vip, netip.PrefixFrom(ours, 24)}}
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{vip}}
	r.wait("notify VI_1 FAULT 255")
	r.never("advert 198.51.100.1 to 224.0.0.18 vrid 51 priority 255")
}

func TestTracks(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.Tracks = []vrrp.Track{{Kind: vrrp.TrackScript, Name: "chk"}, {Kind: vrrp.TrackInterface, Name: "eth1"}}
	r := start(t, cfg)
	r.scripts.verdicts <- verdict{"chk", true}
	r.wait("notify VI_1 FAULT 255") // eth1 is not there
	r.up("eth1", 3)
	r.wait("notify VI_1 BACKUP 255")
	r.scripts.verdicts <- verdict{"other", false}
	r.scripts.verdicts <- verdict{"chk", false}
	r.wait("notify VI_1 FAULT 255")
	r.scripts.verdicts <- verdict{"chk", true}
	r.wait("notify VI_1 BACKUP 255")
}

// Nothing is decided before every interface has been reported.
func TestNothingBeforeSync(t *testing.T) {
	sys := newFakeSystem(t)
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	daemon, err := New(Config{
		Settings: vrrp.Settings{Instances: []vrrp.Instance{cfg}}, System: sys,
		Scripts: fakeScripts{}, Events: sys.events, Log: testLog(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- daemon.Run(ctx) }()
	sys.links <- Link{Name: "lo", Index: 1, Up: true}
	sys.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}}
	sys.links <- Link{Synced: true}
	sys.wait("notify VI_1 MASTER 255")
	sys.never("notify VI_1 FAULT 255")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	_ = daemon.Reload(t.Context(), vrrp.Settings{}) // after the end: nothing happens
}

// What somebody takes away from a master comes back: an address, or the whole
// interface that it was on.
func TestRepair(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.Excluded = []vrrp.Address{{Prefix: netip.MustParsePrefix("203.0.113.1/32"), Device: "eth1"}}
	r := start(t, cfg)
	r.up("eth1", 3)
	r.wait("notify VI_1 MASTER 255")
	r.wait("add 203.0.113.1/32 on eth1", "announce 203.0.113.1 on eth1", "announce 203.0.113.1 on eth1")
	r.wait("add 198.51.100.1/24 on eth0", "announce 198.51.100.1 on eth0", "announce 198.51.100.1 on eth0")
	r.forget()

	base, vip := netip.PrefixFrom(ours, 24), netip.MustParsePrefix("198.51.100.1/24")
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{base, vip}}
	r.take("eth0", vip)
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{base}, Lost: vip}
	r.wait("add 198.51.100.1/24 on eth0", "announce 198.51.100.1 on eth0")

	// One that is back by the time is left in peace.
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{base, vip}}
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{base}, Lost: vip}
	r.wait("add 198.51.100.1/24 on eth0")
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{base, vip}}
	r.flush("VI_1")
	r.never("announce 198.51.100.1 on eth0")

	r.links <- Link{Name: "eth1", Index: 3, Gone: true}
	r.take("eth1", netip.MustParsePrefix("203.0.113.1/32"))
	r.up("eth1", 8)
	r.wait("add 203.0.113.1/32 on eth1", "announce 203.0.113.1 on eth1")

	// A new hardware address is announced.
	r.links <- Link{Name: "eth0", Index: 2, Up: true, MAC: "\x02\x00\x00\x00\x00\x01", Addrs: []netip.Prefix{base, vip}}
	r.wait("announce 198.51.100.1 on eth0")
	r.never("remove 198.51.100.1/24 on eth0")
}

// An interface that is renamed under a master does not keep the addresses.
func TestInterfaceRenamed(t *testing.T) {
	r := start(t, owner("VI_1", 51, "198.51.100.1/24"))
	r.wait("add 198.51.100.1/24 on eth0")
	r.wait("notify VI_1 MASTER 255")
	r.links <- Link{Name: "eth0", Index: 2, Gone: true}
	r.links <- Link{Name: "wan0", Index: 2, Up: true, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24), netip.MustParsePrefix("198.51.100.1/24")}}
	r.wait("remove 198.51.100.1/24 on wan0")
	r.never("remove 192.0.2.1/24 on wan0")
}

// An instance that cannot get its socket does not take part, and does when it
// can.
func TestNoSocket(t *testing.T) { inFakeTime(t, testNoSocket) }

func testNoSocket(t *testing.T) {
	sys := newFakeSystem(t)
	sys.noSocket = errors.New("too many open files")
	r := startOn(t, sys, owner("VI_1", 51, "198.51.100.1/24"))
	r.wait("notify VI_1 FAULT 255")
	r.mu.Lock()
	r.noSocket = nil
	r.mu.Unlock()
	r.wait("open eth0 2", "join 224.0.0.18 on eth0")
	r.wait("notify VI_1 BACKUP 255")
}
