package vrrpd

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// set changes the fake system.
func (r *rig) set(f func(*fakeSystem)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r.fakeSystem)
}

// quick is a backup with a short interval: it takes over within half a second.
func quick(name string) vrrp.Instance {
	cfg := owner(name, 51, "198.51.100.1/24")
	cfg.Version, cfg.AdvertInterval = 3, 100*time.Millisecond
	cfg.Priority, cfg.InitialState = 200, vrrp.Backup
	return cfg
}

// A configured source has to be on the host, on whatever interface, first or
// last, and whenever it comes.
func TestConfiguredSource(t *testing.T) { inFakeTime(t, testConfiguredSource) }

func testConfiguredSource(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.Source = netip.MustParseAddr("203.0.113.9")
	at := func(addrs ...string) Link {
		k := Link{Name: "lo", Index: 1, Up: true}
		for _, a := range addrs {
			k.Addrs = append(k.Addrs, netip.MustParsePrefix(a))
		}
		return k
	}
	r := start(t, cfg)
	r.wait("notify VI_1 FAULT 255")
	r.links <- at("127.0.0.1/8", "203.0.113.9/32")
	r.wait("notify VI_1 BACKUP 255", "notify VI_1 MASTER 255")
	r.links <- Link{Name: "eth1", Index: 3, Addrs: at("203.0.113.9/32").Addrs}
	r.links <- at("127.0.0.1/8") // it is on eth1 still
	if got := r.state("VI_1"); got != vrrp.Master {
		t.Errorf("in %v", got)
	}
	r.links <- Link{Name: "eth1", Index: 3, Gone: true}
	r.wait("notify VI_1 FAULT 255")
}

// Who cannot send is not master for long, and is again when it can.
func TestAdvertsThatAreNotSent(t *testing.T) { inFakeTime(t, testAdvertsThatAreNotSent) }

func testAdvertsThatAreNotSent(t *testing.T) {
	r := start(t, quick("VI_1"))
	r.wait("notify VI_1 MASTER 200")
	r.set(func(f *fakeSystem) { f.noSend = unix.EPERM })
	r.wait("notify VI_1 FAULT 200")
	if held := r.holds("eth0"); len(held) > 0 {
		r.wait("remove 198.51.100.1/24 on eth0")
	}
	r.set(func(f *fakeSystem) { f.noSend = nil })
	r.wait("advert 192.0.2.1 to 224.0.0.18 vrid 0 priority 0") // the try that went through
	r.wait("notify VI_1 BACKUP 200", "notify VI_1 MASTER 200")
}

// A backup that a packet filter keeps from hearing the master is no second one.
func TestAdvertsThatAreFiltered(t *testing.T) {
	cfg := quick("VI_1")
	r := start(t, cfg)
	r.wait("open tap of eth0 2") // when the first advert is missed
	a := vrrp.NewAdvert(&cfg)
	a.Priority = 250
	msg, err := a.Append(nil, theirs, group)
	if err != nil {
		t.Fatal(err)
	}
	r.socket("tap of eth0").deliver(packet(msg, theirs, netip.MustParseAddr("224.0.0.19"))) // to others
	r.socket("tap of eth0").deliver(packet(msg, theirs, group))
	r.wait("notify VI_1 FAULT 200")
	r.never("notify VI_1 MASTER 200")
	r.socket("eth0").deliver(packet(msg, theirs, group)) // the filter is gone
	r.wait("notify VI_1 BACKUP 200")
	r.wait("close tap of eth0")
}

// By unicast it is the peers alone that count: from strangers the filter may
// protect us.
func TestFilteredStrangers(t *testing.T) {
	cfg := quick("VI_1")
	cfg.Peers = []vrrp.Peer{{Addr: theirs, MaxTTL: 255}}
	r := start(t, cfg)
	r.wait("open tap of eth0 2")
	a := vrrp.NewAdvert(&cfg)
	a.Priority = 250
	stranger := netip.MustParseAddr("192.0.2.66")
	msg, err := a.Append(nil, stranger, ours)
	if err != nil {
		t.Fatal(err)
	}
	r.socket("tap of eth0").deliver(packet(msg, stranger, ours))
	r.wait("notify VI_1 MASTER 200")
	r.never("notify VI_1 FAULT 200")
}

// By multicast it is neighbours: others' packets the kernel drops, where it looks
// for the way back.
func TestFilteredFromElsewhere(t *testing.T) {
	cfg := quick("VI_1")
	r := start(t, cfg)
	r.wait("open tap of eth0 2")
	a := vrrp.NewAdvert(&cfg)
	a.Priority = 250
	for _, src := range []netip.Addr{netip.MustParseAddr("203.0.113.66"), ours} {
		msg, err := a.Append(nil, src, group)
		if err != nil {
			t.Fatal(err)
		}
		r.socket("tap of eth0").deliver(packet(msg, src, group))
	}
	r.wait("notify VI_1 MASTER 200")
	r.never("notify VI_1 FAULT 200")
}

// An instance whose peers have no route through its interface hears none of
// them, and none of them hears it.
func TestPeersElsewhere(t *testing.T) {
	other := netip.MustParseAddr("192.0.2.3")
	cfg := quick("VI_1")
	cfg.Peers = []vrrp.Peer{{Addr: theirs, MaxTTL: 255}, {Addr: other, MaxTTL: 255}}
	sys := newFakeSystem(t)
	sys.elsewhere = []netip.Addr{theirs, other}
	r := startOn(t, sys, cfg)
	r.wait("notify VI_1 FAULT 200")
	r.set(func(f *fakeSystem) { f.elsewhere = f.elsewhere[:1] }) // one is enough
	r.wait("notify VI_1 BACKUP 200")
}

// A master that cannot be given its addresses is none.
func TestMasterWithoutAddresses(t *testing.T) { inFakeTime(t, testMasterWithoutAddresses) }

func testMasterWithoutAddresses(t *testing.T) {
	cfg := quick("VI_1")
	cfg.Addresses = append(cfg.Addresses, vrrp.Address{Prefix: netip.MustParsePrefix("198.51.100.2/32"), Device: "eth1"})
	r := start(t, cfg)
	r.wait("notify VI_1 MASTER 200")
	r.reload(vrrp.Settings{})
	r.wait("notify VI_1 STOP 200")
	for name, refuse := range map[string]error{
		"none at all":         unix.EINVAL,
		"for want of a thing": unix.ENOMEM,
	} {
		t.Log(name)
		r.set(func(f *fakeSystem) { f.refuse = fmt.Errorf("add: %w", refuse) })
		r.reload(vrrp.Settings{Instances: []vrrp.Instance{cfg}})
		r.wait("notify VI_1 MASTER 200", "notify VI_1 FAULT 200")
		r.reload(vrrp.Settings{})
		r.wait("notify VI_1 STOP 200")
	}
	// One of two, for want of memory: another router may have both.
	r.set(func(f *fakeSystem) { f.refuse, f.refuseOn = unix.ENOMEM, "eth1" })
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{cfg}})
	r.wait("notify VI_1 MASTER 200", "notify VI_1 FAULT 200")
	r.reload(vrrp.Settings{})
	r.wait("notify VI_1 STOP 200")

	r.set(func(f *fakeSystem) { f.refuse, f.refuseOn = unix.EINVAL, "eth1" })
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{cfg}})
	r.wait("notify VI_1 MASTER 200")
	r.flush("VI_1")
	r.forget()
	for range 2 * 3 { // twice the time that it may lack them
		r.wait("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 200")
	}
	if lacks := r.daemon.loop.net.Trouble("VI_1"); lacks.Err == nil || lacks.All || lacks.Local {
		t.Errorf("it lacks %+v, want those of one interface of two", lacks)
	}
	if got := r.state("VI_1"); got != vrrp.Master {
		t.Errorf("for one address of two it is in %v", got)
	}

	// What a reload takes away is not lacked any more.
	cfg.Addresses = cfg.Addresses[:1]
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{cfg}})
	r.forget()
	for range 2 * 3 {
		r.wait("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 200")
	}
	if got := r.state("VI_1"); got != vrrp.Master {
		t.Errorf("without the address that was refused it is in %v", got)
	}
}

// What is needed is there at the start, or there is none.
func TestStartWithoutDescriptors(t *testing.T) {
	for name, edit := range map[string]func(*fakeSystem){
		"socket":    func(f *fakeSystem) { f.noSocket = unix.EMFILE },
		"addresses": func(f *fakeSystem) { f.noAddresses = unix.EMFILE },
		"announcer": func(f *fakeSystem) { f.noAnnouncer = unix.ENFILE },
	} {
		t.Run(name, func(t *testing.T) {
			sys := newFakeSystem(t)
			edit(sys)
			daemon, err := New(Config{
				Settings: vrrp.Settings{Instances: []vrrp.Instance{quick("VI_1")}}, System: sys,
				Scripts: fakeScripts{}, Events: sys.events, Log: testLog(t),
			})
			if err != nil {
				t.Fatal(err)
			}
			sys.links <- Link{Name: "eth0", Index: 2, Up: true, Addrs: []netip.Prefix{netip.PrefixFrom(ours, 24)}}
			sys.links <- Link{Synced: true}
			err = daemon.Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), "start VRRP") || !strings.Contains(err.Error(), "open files") {
				t.Errorf("ended with: %v", err)
			}
			select {
			case <-daemon.Ready():
				t.Error("a start that failed is ready")
			default:
			}
		})
	}
}

// Adverts carry as many addresses as fit; all are held.
func TestMoreAddressesThanFit(t *testing.T) {
	cfg := owner("VI_1", 51)
	for n := range 240 {
		vip := netip.AddrFrom4([4]byte{198, 51, 100, byte(n)})
		cfg.Addresses = append(cfg.Addresses, vrrp.Address{Prefix: netip.PrefixFrom(vip, 32), Device: "eth0"})
	}
	sys := newFakeSystem(t)
	sys.mtu = 576
	r := startOn(t, sys, cfg)
	r.wait("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 255", "add 198.51.100.239/32 on eth0")
	r.mu.Lock()
	got := sys.carried
	r.mu.Unlock()
	if got != 131 {
		t.Errorf("adverts carry %d addresses, want 131", got)
	}
}

// What a stranger sends is worth one answer an interval.
func TestAnswersAreBounded(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.AdvertInterval, cfg.Version = 40*time.Second, 3
	cfg.GARP.LowerPriorityRepeat, cfg.GARP.Repeat = 1, 1
	r := start(t, cfg)
	r.wait("notify VI_1 MASTER 255")
	r.wait("announce 198.51.100.1 on eth0")
	r.forget()
	for range 500 {
		r.hear(cfg, 100)
	}
	r.state("VI_1")
	r.flush("VI_1")
	if n := r.count("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 255"); n != 1 {
		t.Errorf("%d answers", n)
	}
	if n := r.count("announce 198.51.100.1 on eth0"); n > 2 {
		t.Errorf("%d announcements", n)
	}
}

// What others make of a router's state does not fill the log, and its last word
// is true.
func TestFlapsInTheLog(t *testing.T) {
	var f flaps
	now, logged := vrrp.Time(time.Hour), 0
	for range 1000 {
		if f.allow(now) {
			logged++
		}
		now = now.Add(10 * time.Millisecond)
	}
	if logged > flapsAtOnce+6 || logged < flapsAtOnce || f.dropped != 1000-logged {
		t.Errorf("%d of 1000 transitions in 10 s were logged, %d were counted", logged, f.dropped)
	}
	if !f.allow(now.Add(flapEvery)) {
		t.Error("not logged after a pause")
	}
}

// What a reload takes away in time costs a master nothing.
func TestLackThatAReloadEnds(t *testing.T) { inFakeTime(t, testLackThatAReloadEnds) }

func testLackThatAReloadEnds(t *testing.T) {
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	cfg.Addresses = append(cfg.Addresses, vrrp.Address{Prefix: netip.MustParsePrefix("198.51.100.2/32"), Device: "eth1"})
	sys := newFakeSystem(t)
	sys.refuse, sys.refuseOn = unix.ENOMEM, "eth1"
	r := startOn(t, sys, cfg)
	r.wait("add 198.51.100.2/32 on eth1", "notify VI_1 MASTER 255")
	cfg.Addresses = cfg.Addresses[:1]
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{cfg}})
	r.state("VI_1")
	r.forget()
	for range 5 { // three intervals is how long it may lack them
		r.wait("advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 255")
	}
	r.never("notify VI_1 FAULT 255")
}
