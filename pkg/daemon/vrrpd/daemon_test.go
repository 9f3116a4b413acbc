package vrrpd

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

func TestMasterLife(t *testing.T) { inFakeTime(t, testMasterLife) }

func testMasterLife(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24", "198.51.100.2/32")
	r := start(t, cfg)
	r.wait("open eth0 2", "join 224.0.0.18 on eth0",
		"advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 255")
	// Each address is announced when it is there, and again when all are.
	r.wait("add 198.51.100.1/24 on eth0", "announce 198.51.100.1 on eth0",
		"add 198.51.100.2/32 on eth0", "announce 198.51.100.2 on eth0",
		"announce 198.51.100.1 on eth0", "announce 198.51.100.2 on eth0")
	r.wait("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 255") // a second later
	r.hear(cfg, 100)
	r.wait("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 255", "announce 198.51.100.1 on eth0")
	r.stop()
	r.wait("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 0")
	r.wait("remove 198.51.100.1/24 on eth0", "remove 198.51.100.2/32 on eth0", "notify VI_1 STOP 255")
}

func TestTakeOver(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.Priority, cfg.InitialState = 200, vrrp.Backup
	r := start(t, cfg)
	r.wait("notify VI_1 BACKUP 200")
	r.hear(cfg, vrrp.PriorityResign) // leaves the skew to wait for, 0.2 s
	r.wait("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 200")
	r.wait("add 198.51.100.1/24 on eth0", "notify VI_1 MASTER 200")
	r.hear(cfg, 201)
	r.wait("remove 198.51.100.1/24 on eth0", "notify VI_1 BACKUP 200")
}

func TestUnicast(t *testing.T) { inFakeTime(t, testUnicast) }

func testUnicast(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.Peers = []vrrp.Peer{{Addr: theirs}, {Addr: netip.MustParseAddr("192.0.2.3")}}
	cfg.Source = netip.MustParseAddr("192.0.2.77")
	r := start(t, cfg)
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24), netip.MustParsePrefix("192.0.2.77/24")}}
	r.wait("advert 192.0.2.77 to 192.0.2.2 vrid 51 priority 255", "advert 192.0.2.77 to 192.0.2.3 vrid 51 priority 255")
	r.never("advert 192.0.2.77 to 224.0.0.18 vrid 51 priority 255")
	r.never("join 224.0.0.18 on eth0")
}

// Messages for others, or broken, change nothing and break nothing.
func TestStrangeMessages(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.Priority = 200
	r := start(t, cfg)
	r.wait("notify VI_1 BACKUP 200")
	r.hear(cfg, vrrp.PriorityResign)
	r.wait("add 198.51.100.1/24 on eth0", "notify VI_1 MASTER 200")
	// Each of these would end the reign, if it counted.
	better := func(edit func(*vrrp.Advert)) []byte {
		a := vrrp.NewAdvert(&cfg)
		a.Priority = 201
		edit(&a)
		msg, err := a.Append(nil, theirs, group)
		if err != nil {
			t.Fatal(err)
		}
		return msg
	}
	good := better(func(*vrrp.Advert) {})
	broken := slices.Clone(good)
	broken[6] ^= 1
	s := r.socket("eth0")
	for _, p := range []netio.Packet{
		packet(nil, theirs, group),
		packet([]byte{0x21}, theirs, group),
		packet(good[:9], theirs, group),
		packet(broken, theirs, group),
		packet(better(func(a *vrrp.Advert) { a.VRID = 52 }), theirs, group),
		packet(good, theirs, ours),                              // by unicast to one who listens to a group
		packet(good, theirs, netip.MustParseAddr("224.0.0.19")), // to another group
		packet(good, ours, group),                               // our own
		netio.MakePacket(good, theirs, group, 254),              // from behind a router
	} {
		s.deliver(p)
	}
	if got := r.state("VI_1"); got != vrrp.Master {
		t.Errorf("in %v", got)
	}
	s.deliver(packet(good, theirs, group))
	r.wait("remove 198.51.100.1/24 on eth0", "notify VI_1 BACKUP 200")
}

// A decision that was overtaken while an interface was busy is not carried out.
func TestOvertakenDecision(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.Priority = 200
	r := start(t, cfg)
	r.wait("notify VI_1 BACKUP 200")
	r.wait("remove 198.51.100.1/24 on eth0") // the beginning
	hold := make(chan struct{})
	r.mu.Lock()
	r.fakeSystem.hold = hold
	r.mu.Unlock()
	r.hear(cfg, vrrp.PriorityResign)
	r.wait("add waits")
	r.hear(cfg, 201)
	if got := r.state("VI_1"); got != vrrp.Backup {
		t.Errorf("in %v", got)
	}
	close(hold)
	// What was under way is finished. The scripts are told in order, and each
	// when the addresses are as it says.
	r.wait("add 198.51.100.1/24 on eth0", "notify VI_1 MASTER 200", "remove 198.51.100.1/24 on eth0", "notify VI_1 BACKUP 200")
	r.never("announce 198.51.100.1 on eth0")
}

// Addresses that the kernel refuses are not announced, and the router goes on.
func TestRefusedAddress(t *testing.T) { inFakeTime(t, testRefusedAddress) }

func testRefusedAddress(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.Priority, cfg.InitialState = 200, vrrp.Backup
	cfg.GARP.Repeat = 1
	r := start(t, cfg)
	r.wait("remove 198.51.100.1/24 on eth0")
	r.mu.Lock()
	r.refuse = errors.New("refused")
	r.mu.Unlock()
	r.hear(cfg, vrrp.PriorityResign)
	r.wait("add 198.51.100.1/24 on eth0")
	r.wait("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 200")
	r.never("announce 198.51.100.1 on eth0")

	// It is asked again, and is announced when it is there at last.
	r.mu.Lock()
	r.refuse = nil
	r.mu.Unlock()
	r.wait("add 198.51.100.1/24 on eth0", "announce 198.51.100.1 on eth0")
}

// Two instances may share a VRID on an interface if what they listen to differs.
func TestOneVRIDTwice(t *testing.T) {
	a, b := owner("a", 51, "198.51.100.1/24"), owner("b", 51, "198.51.100.2/24")
	a.Priority, b.Priority = 200, 200
	b.Peers = []vrrp.Peer{{Addr: theirs, MaxTTL: 255}}
	r := start(t, a, b)
	r.wait("notify a BACKUP 200")
	r.wait("notify b BACKUP 200")
	resign := vrrp.NewAdvert(&b)
	msg, err := resign.Append(nil, theirs, group)
	if err != nil {
		t.Fatal(err)
	}
	r.socket("eth0").deliver(packet(msg, theirs, ours))
	r.wait("notify b MASTER 200")
	if got := r.state("a"); got != vrrp.Backup {
		t.Errorf("a is in %v", got)
	}
	r.hear(a, vrrp.PriorityResign)
	r.wait("notify a MASTER 200")
}

// Slow announcements of one instance hold up no other's addresses, nor a stop.
func TestSlowAnnouncements(t *testing.T) {
	slow, quick := owner("slow", 51, "198.51.100.1/24", "198.51.100.2/24"), owner("quick", 52, "198.51.100.3/24")
	slow.GARP.Interval = time.Hour
	r := start(t, slow)
	r.wait("add 198.51.100.2/24 on eth0", "notify slow MASTER 255")
	r.wait("announce 198.51.100.1 on eth0") // and now an hour's wait
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{slow, quick}})
	r.wait("add 198.51.100.3/24 on eth0", "announce 198.51.100.3 on eth0", "notify quick MASTER 255")
	r.never("announce 198.51.100.2 on eth0")
}

// What came while the loop was late is read before a timer fires: to be late is not
// to have heard nothing.
func TestMessagesBeforeTimers(t *testing.T) { inFakeTime(t, testMessagesBeforeTimers) }

func testMessagesBeforeTimers(t *testing.T) {
	cfg := quick("VI_1")
	cfg.AdvertInterval = time.Second
	r := start(t, cfg)
	r.wait("notify VI_1 BACKUP 200")
	l := r.daemon.loop
	done := make(chan vrrp.State)
	l.tasks.post(func() {
		r.hear(cfg, 250)
		_, m := l.router.Instance("VI_1")
		time.Sleep(4 * time.Second) // and the master down timer has run out
		l.tasks.post(func() { done <- m.State() })
	})
	if got := <-done; got != vrrp.Backup {
		t.Errorf("in %v", got)
	}
	r.never("notify VI_1 MASTER 200")
}
