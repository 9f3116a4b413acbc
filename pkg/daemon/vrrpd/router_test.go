package vrrpd

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

var (
	ours   = netip.MustParseAddr("192.0.2.1")
	theirs = netip.MustParseAddr("192.0.2.2")
	group  = netip.MustParseAddr("224.0.0.18")
)

// A rig is a running router on a fake system with eth0 up. Its instances are
// owners of their addresses, so that they begin as masters, unless a test makes
// them something else: no test waits for a master down timer.
type rig struct {
	*fakeSystem
	router  *Router
	scripts fakeScripts
	stop    context.CancelFunc
	done    chan error
}

func start(t *testing.T, instances ...vrrp.Instance) *rig {
	t.Helper()
	return startOn(t, newFakeSystem(t), instances...)
}

func startOn(t *testing.T, sys *fakeSystem, instances ...vrrp.Instance) *rig {
	t.Helper()
	before := goleak.IgnoreCurrent()
	r := &rig{fakeSystem: sys, scripts: fakeScripts{make(chan verdict, 10)}, done: make(chan error, 1)}
	settings := vrrp.Settings{Instances: instances}
	for _, i := range instances {
		for _, t := range i.Tracks {
			if t.Kind == vrrp.TrackScript {
				settings.Scripts = append(settings.Scripts, vrrp.Script{Name: t.Name})
			}
		}
	}
	var err error
	r.router, err = New(Config{
		Settings: settings, System: sys,
		Scripts: r.scripts, Notifier: fakeNotifier{sys}, Log: testLog(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.stop = cancel
	go func() { r.done <- r.router.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-r.done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the router does not stop")
		}
		goleak.VerifyNone(t, before)
	})
	r.up("eth0", 2)
	r.links <- Link{Synced: true}
	return r
}

func (r *rig) up(name string, index int) {
	r.links <- Link{Name: name, Index: index, Up: true, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}}
}

func (r *rig) down(name string, index int) {
	r.links <- Link{Name: name, Index: index, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}}
}

// hear delivers an advert of another router for the instance.
func (r *rig) hear(cfg vrrp.Instance, priority uint8) {
	r.t.Helper()
	a := vrrp.NewAdvert(&cfg)
	a.Priority = priority
	msg, err := a.Append(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	r.socket(cfg.Interface).deliver(packet(msg, theirs, group))
}

func packet(msg []byte, src, dst netip.Addr) netio.Packet {
	return netio.MakePacket(msg, src, dst, 255)
}

// state returns the state of an instance after all that the loop can know of by
// now.
func (r *rig) state(name string) vrrp.State {
	state := make(chan vrrp.State)
	r.router.loop.mail.post(func() { state <- r.router.loop.instances[name].machine.State() })
	return <-state
}

// flush returns when the executors have done what the instance asked for by now.
func (r *rig) flush(name string) {
	l := r.router.loop
	l.mail.post(func() { l.notify(l.instances[name], "FLUSHED", 0) })
	r.wait("notify " + name + " FLUSHED 0")
}

func owner(name string, vrid uint8, vips ...string) vrrp.Instance {
	i := vrrp.Instance{
		Name: name, Interface: "eth0", VRID: vrid, InitialState: vrrp.Master, Priority: vrrp.PriorityOwner,
		AdvertInterval: time.Second, Group: group,
		GARP: vrrp.GARP{Repeat: 2, LowerPriorityRepeat: 1},
	}
	for _, v := range vips {
		i.Addresses = append(i.Addresses, vrrp.Address{Prefix: netip.MustParsePrefix(v), Device: "eth0"})
	}
	return i
}

func TestMasterLife(t *testing.T) {
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

func TestUnicast(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.Peers = []netip.Addr{theirs, netip.MustParseAddr("192.0.2.3")}
	cfg.Source = netip.MustParseAddr("192.0.2.77")
	r := start(t, cfg)
	r.wait("advert 192.0.2.77 to 192.0.2.2 vrid 51 priority 255", "advert 192.0.2.77 to 192.0.2.3 vrid 51 priority 255")
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
		msg, err := a.Append(nil)
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
	r.router.Reload(vrrp.Settings{Instances: []vrrp.Instance{same, changed, added}})
	// The address that moves from one instance to another goes and comes.
	r.wait("notify gone STOP 255", "notify added MASTER 255")
	r.wait("remove 198.51.100.4/24 on eth0", "remove 198.51.100.2/24 on eth0",
		"add 198.51.100.5/24 on eth0", "announce 198.51.100.5 on eth0", "add 198.51.100.4/24 on eth0")
	for _, untouched := range []string{"remove 198.51.100.1/24 on eth0", "add 198.51.100.1/24 on eth0",
		"announce 198.51.100.1 on eth0", "add 198.51.100.3/24 on eth0", "notify same STOP 255", "close eth0"} {
		r.never(untouched)
	}
}

func TestReloadToAnotherGroupAndInterface(t *testing.T) {
	a, b := owner("a", 51, "198.51.100.1/24"), owner("b", 52, "198.51.100.2/24")
	r := start(t, a, b)
	r.wait("notify a MASTER 255", "notify b MASTER 255")
	a.Group = netip.MustParseAddr("230.1.1.1")
	b.Interface = "eth1"
	r.up("eth1", 3)
	r.router.Reload(vrrp.Settings{Instances: []vrrp.Instance{a, b}})
	r.wait("leave 224.0.0.18 on eth0")
	r.wait("notify b STOP 255")
	r.wait("open eth1 3")
	r.wait("notify b MASTER 255")
	r.wait("advert 192.0.2.1 to 230.1.1.1 vrid 51 priority 255")
	r.never("notify a STOP 255")
}

// A decision that was overtaken while an executor was busy is not carried out.
func TestStaleJobsAreDropped(t *testing.T) {
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
func TestRefusedAddress(t *testing.T) {
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
}

// Nothing is decided before every interface has been reported.
func TestNothingBeforeSync(t *testing.T) {
	sys := newFakeSystem(t)
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	router, err := New(Config{
		Settings: vrrp.Settings{Instances: []vrrp.Instance{cfg}}, System: sys,
		Scripts: fakeScripts{}, Notifier: fakeNotifier{sys}, Log: testLog(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- router.Run(ctx) }()
	sys.links <- Link{Name: "lo", Index: 1, Up: true}
	sys.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}}
	sys.links <- Link{Synced: true}
	sys.wait("notify VI_1 MASTER 255")
	sys.never("notify VI_1 FAULT 255")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	router.Reload(vrrp.Settings{}) // after the end: nothing happens
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
		r.wait("add 198.51.100.9/24 on eth0")
		after := []vrrp.Instance{
			owner("from", 51, "198.51.100.1/24"),
			owner("to", 52, "198.51.100.2/24", "198.51.100.9/24"),
		}
		r.router.Reload(vrrp.Settings{Instances: []vrrp.Instance{after[order[0]], after[order[1]]}})
		r.wait("add 198.51.100.9/24 on eth0", "announce 198.51.100.9 on eth0")
		r.state("to")
		if got := r.holds("eth0"); !slices.Contains(got, netip.MustParsePrefix("198.51.100.9/24")) {
			t.Errorf("order %v: the interface holds %v", order, got)
		}
	}
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
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{base}}
	r.wait("add 198.51.100.1/24 on eth0", "announce 198.51.100.1 on eth0")

	// One that is back by the time is left in peace.
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{base, vip}}
	r.wait("announce 198.51.100.1 on eth0") // the second round of before
	r.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{base}}
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

// An instance that only gets another name by a reload goes on under it.
func TestInstanceRenamed(t *testing.T) {
	r := start(t, owner("old", 51, "198.51.100.1/24"))
	r.wait("notify old MASTER 255")
	r.wait("add 198.51.100.1/24 on eth0")
	r.router.Reload(vrrp.Settings{Instances: []vrrp.Instance{owner("new", 51, "198.51.100.1/24")}})
	if got := r.state("new"); got != vrrp.Master {
		t.Errorf("in %v", got)
	}
	r.never("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 0")
	r.stop()
	r.wait("notify new STOP 255")
}

// An instance that cannot get its socket does not take part, and does when it
// can.
func TestNoSocket(t *testing.T) {
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

// Two instances may share a VRID on an interface if what they listen to differs.
func TestOneVRIDTwice(t *testing.T) {
	a, b := owner("a", 51, "198.51.100.1/24"), owner("b", 51, "198.51.100.2/24")
	a.Priority, b.Priority = 200, 200
	b.Peers = []netip.Addr{theirs}
	r := start(t, a, b)
	r.wait("notify a BACKUP 200")
	r.wait("notify b BACKUP 200")
	resign := vrrp.NewAdvert(&b)
	msg, err := resign.Append(nil)
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
	r.router.Reload(vrrp.Settings{Instances: []vrrp.Instance{slow, quick}})
	r.wait("add 198.51.100.3/24 on eth0", "announce 198.51.100.3 on eth0", "notify quick MASTER 255")
	r.never("announce 198.51.100.2 on eth0")
}
