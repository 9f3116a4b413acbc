package vrrpd

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A multicast group is left when the last instance that needs it is gone, and a
// socket closed with the last instance.
func TestGroupsOfASocket(t *testing.T) {
	other := netip.MustParseAddr("224.0.0.19")
	a, b, c := owner("a", 51, "198.51.100.1/24"), owner("b", 52, "198.51.100.2/24"), owner("c", 53, "198.51.100.3/24")
	c.Group = other
	r := start(t, a, b, c)
	r.wait("join 224.0.0.18 on eth0", "join 224.0.0.19 on eth0")
	r.wait("notify a MASTER 255")
	if n := r.count("join 224.0.0.18 on eth0"); n != 0 {
		t.Errorf("joined %d times more", n)
	}
	reload := func(instances ...vrrp.Instance) {
		r.reload(vrrp.Settings{Instances: instances})
	}
	reload(a, c)
	r.wait("notify b STOP 255")
	r.never("leave 224.0.0.18 on eth0")
	reload(a)
	r.wait("leave 224.0.0.19 on eth0")
	r.never("leave 224.0.0.18 on eth0")
	r.never("join 224.0.0.18 on eth0") // it was a member
	a.Peers = []vrrp.Peer{{Addr: theirs, MaxTTL: 255}}
	reload(a)
	r.wait("leave 224.0.0.18 on eth0")
	r.never("close eth0")
	reload()
	r.wait("close eth0")
	left := make(chan int)
	l := r.daemon.loop
	l.tasks.post(func() { left <- len(l.instances) + len(l.sockets) + len(l.byFD) + len(l.tapByFD) })
	if n := <-left; n != 0 {
		t.Errorf("%d instances and sockets are kept", n)
	}
}

// A socket that cannot join a group hears only half: it is given up, and tried again.
func TestGroupThatIsNotJoined(t *testing.T) { inFakeTime(t, testGroupThatIsNotJoined) }

func testGroupThatIsNotJoined(t *testing.T) {
	sys := newFakeSystem(t)
	sys.noJoin = errors.New("no buffer space")
	r := startOn(t, sys, owner("a", 51, "198.51.100.1/24"))
	r.wait("open eth0 2", "close eth0")
	r.wait("notify a FAULT 255")
	r.set(func(f *fakeSystem) { f.noJoin = nil })
	r.wait("open eth0 2", "join 224.0.0.18 on eth0")
	r.wait("notify a BACKUP 255")
}

// Of several instances of unicast with one VRID each takes what its own peer sends.
func TestOwnPeer(t *testing.T) {
	third := netip.MustParseAddr("192.0.2.3")
	a, b := owner("a", 51, "198.51.100.1/24"), owner("b", 51, "198.51.100.2/24")
	a.Priority, b.Priority = 200, 200
	a.Peers, b.Peers = []vrrp.Peer{{Addr: theirs, MaxTTL: 255}}, []vrrp.Peer{{Addr: third, MaxTTL: 255}}
	r := start(t, a, b)
	r.wait("notify a BACKUP 200")
	r.wait("notify b BACKUP 200")
	resign := vrrp.NewAdvert(&b)
	msg, err := resign.Append(nil, third, ours)
	if err != nil {
		t.Fatal(err)
	}
	r.socket("eth0").deliver(packet(msg, third, ours))
	r.wait("advert 192.0.2.1 to 192.0.2.3 vrid 51 priority 200", "notify b MASTER 200")
	r.never("advert 192.0.2.1 to 192.0.2.2 vrid 51 priority 200")
	if got := r.state("a"); got != vrrp.Backup {
		t.Errorf("a is in %v", got)
	}
}

// One peer that nothing can be sent to does not cost the others their adverts, and
// the instance is none that cannot send.
func TestOnePeerOfTwo(t *testing.T) { inFakeTime(t, testOnePeerOfTwo) }

func testOnePeerOfTwo(t *testing.T) {
	third := netip.MustParseAddr("192.0.2.3")
	cfg := quick("VI_1")
	cfg.Peers = []vrrp.Peer{{Addr: theirs, MaxTTL: 255}, {Addr: third, MaxTTL: 255}}
	sys := newFakeSystem(t)
	sys.noSend, sys.noSendTo = unix.EPERM, theirs
	r := startOn(t, sys, cfg)
	r.wait("notify VI_1 MASTER 200")
	for range 8 { // twice the time after which it would be
		r.wait("advert 192.0.2.1 to 192.0.2.3 vrid 51 priority 200")
	}
	r.never("notify VI_1 FAULT 200")
}

// The tap is closed when nobody listens any more, and does not outlive the socket.
func TestTapEnds(t *testing.T) {
	cfg := quick("VI_1")
	r := start(t, cfg)
	r.wait("open tap of eth0 2")
	r.hear(cfg, 250)
	r.wait("close tap of eth0")
	r.wait("open tap of eth0 2") // the next one is missed
	r.links <- Link{Name: "eth0", Index: 2, Gone: true}
	r.wait("close eth0")
	r.wait("close tap of eth0")
}

// The script for adverts of lower priority is that of the newest settings.
func TestLowerAdvert(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	r := start(t, cfg)
	r.wait("notify VI_1 MASTER 255")
	r.hear(cfg, 100)
	r.state("VI_1")
	r.never("notify VI_1 lower priority")
	cfg.Notify.MasterHeardLower = new(command.Command)
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{cfg}})
	r.state("VI_1") // the reload is through
	r.hear(cfg, 100)
	r.wait("notify VI_1 lower priority")
}
