package vrrpd

import (
	"net/netip"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

var (
	ours6   = netip.MustParseAddr("fe80::1")
	theirs6 = netip.MustParseAddr("fe80::2")
	group6  = netip.MustParseAddr("ff02::13") // not the default
)

// owner6 is an owner of IPv6 addresses.
func owner6(name string, vrid uint8, vips ...string) vrrp.Instance {
	i := owner(name, vrid, vips...)
	i.Family, i.Version, i.Group = 6, 3, group6
	return i
}

// up6 gives eth0 a link-local address too.
func (r *rig) up6() {
	r.links <- Link{Name: "eth0", Index: 2, Up: true, MTU: r.mtu, Addrs: []netip.Prefix{
		netip.PrefixFrom(ours, 24), netip.MustParsePrefix("2001:db8::1/64"), netip.PrefixFrom(ours6, 64),
	}}
}

// hear6 is hear over IPv6.
func (r *rig) hear6(cfg vrrp.Instance, priority, hopLimit uint8, to netip.Addr) {
	r.t.Helper()
	a := vrrp.NewAdvert(&cfg)
	a.Priority = priority
	msg, err := a.Append(nil, theirs6, to)
	if err != nil {
		r.t.Fatal(err)
	}
	r.socket(over(cfg.Interface, true)).deliver(netio.MakePacket(msg, theirs6, to, hopLimit))
}

// Instances of both families have one VRID on an interface, each with its own socket
// and group, and hear nothing of each other.
func TestIPv6Groups(t *testing.T) {
	four, six := owner("four", 51, "198.51.100.1/24"), owner6("six", 51, "fe80::51/64", "2001:db8::100/64")
	four.Priority, six.Priority = 200, 200
	six.Excluded = []vrrp.Address{{Prefix: netip.MustParsePrefix("198.51.100.7/24"), Device: "eth0"}}
	r := start(t, four, six)
	r.wait("open eth0/IPv6 2", "join ff02::13 on eth0/IPv6")
	r.wait("notify four BACKUP 200")
	r.wait("notify six FAULT 200") // there is no address to send from
	r.up6()
	r.wait("notify six BACKUP 200")
	r.hear6(six, vrrp.PriorityResign, 254, group6) // from behind a router
	r.hear6(six, vrrp.PriorityResign, 255, ours6)  // by unicast
	if got := r.state("six"); got != vrrp.Backup {
		t.Errorf("six is in %v", got)
	}
	r.hear6(six, vrrp.PriorityResign, 255, group6)
	r.wait("advert fe80::1 to ff02::13 vrid 51 priority 200")
	r.wait("add fe80::51/64 on eth0", "announce fe80::51 on eth0", "add 2001:db8::100/64 on eth0", "add 198.51.100.7/24 on eth0", "notify six MASTER 200")
	r.wait("announce 198.51.100.7 on eth0")
	r.wait("announce 2001:db8::100 on eth0")
	if got := r.state("four"); got != vrrp.Backup {
		t.Errorf("four is in %v", got)
	}
	r.hear(four, vrrp.PriorityResign)
	r.wait("notify four MASTER 200")
	r.hear6(six, 201, 255, group6)
	r.wait("notify six BACKUP 200")
	r.never("notify four BACKUP 200")
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{four}})
	r.wait("close eth0/IPv6")
	r.never("close eth0")
}

// By unicast, adverts go to the peers from the source that is set, and come from them.
func TestIPv6Unicast(t *testing.T) {
	cfg := owner6("six", 51, "2001:db8::100/64")
	peer := netip.MustParseAddr("2001:db8::2")
	cfg.Priority, cfg.Source, cfg.Peers = 200, netip.MustParseAddr("2001:db8::1"), []vrrp.Peer{{Addr: peer, MinTTL: 60, MaxTTL: 255}}
	r := start(t, cfg)
	r.wait("open eth0/IPv6 2")
	r.up6()
	r.wait("notify six BACKUP 200")
	a := vrrp.NewAdvert(&cfg)
	msg, err := a.Append(nil, peer, cfg.Source)
	if err != nil {
		t.Fatal(err)
	}
	s := r.socket("eth0/IPv6")
	s.deliver(netio.MakePacket(msg, peer, cfg.Source, 59))
	if got := r.state("six"); got != vrrp.Backup {
		t.Errorf("an advert from too far away counts: in %v", got)
	}
	s.deliver(netio.MakePacket(msg, peer, cfg.Source, 60))
	r.wait("advert 2001:db8::1 to 2001:db8::2 vrid 51 priority 200", "notify six MASTER 200")
	r.never("join ff02::13 on eth0/IPv6")
}

// vrrp_mcast_group6 is the group of IPv6 adverts, vrrp_gna_interval the pause between
// neighbour advertisements, which ARP does not keep; the addresses excluded from adverts
// may be of either family.
func TestIPv6Keywords(t *testing.T) {
	text := `
global_defs {
	vrrp_mcast_group6 ff02::99
	vrrp_gna_interval 3600
	vrrp_garp_master_repeat 1
}
vrrp_instance VI_1 {
	state MASTER
	interface eth0
	virtual_router_id 51
	priority 255
	native_ipv6
	virtual_ipaddress {
		fe80::51/64
		2001:db8::100/64
	}
	virtual_ipaddress_excluded {
		198.51.100.7/24
		2001:db8::7/64
	}
}
`
	files := syntax.FromFS(fstest.MapFS{"k.conf": {Data: []byte(text)}})
	loaded, err := config.Load("/k.conf", config.Options{Files: files, Policy: syntax.Keepalived})
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, loaded.Config.Running().VRRP.Instances...)
	r.wait("join ff02::99 on eth0/IPv6")
	r.up6()
	r.wait("notify VI_1 MASTER 255")
	r.wait("advert fe80::1 to ff02::99 vrid 51 priority 255")
	r.wait("announce 198.51.100.7 on eth0")
	r.wait("announce fe80::51 on eth0")
	r.never("announce 2001:db8::100 on eth0") // for an hour
	for _, p := range []string{"fe80::51/64", "2001:db8::100/64", "2001:db8::7/64", "198.51.100.7/24"} {
		if !slices.Contains(r.holds("eth0"), netip.MustParsePrefix(p)) {
			t.Errorf("%s is not held", p)
		}
	}
	r.set(func(f *fakeSystem) {
		if f.carried != 2 {
			t.Errorf("the advert carries %d addresses", f.carried)
		}
	})
}
