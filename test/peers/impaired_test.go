package peers

import (
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/kactl/kactl/test/lab"
)

// In these stories a router cannot hear, or cannot send, or comes to that and
// back. Beside itself and beside keepalived, there is never more than one router
// that has the addresses once things have settled, and it takes part again by
// itself. The router with the trouble is kactl: keepalived is master for ever
// beside the other in most of them.
func TestCannotHearOrSend(t *testing.T) {
	for _, tt := range []struct {
		name string
		tell func(t testing.TB, s *impaired)
	}{
		{"no source", noSource},
		{"no multicast source", noMulticastSource},
		{"small MTU", smallMTU},
		{"smaller MTU", smallerMTU},
		{"filter on the way out", filterOut},
		{"filter on the way in of a backup", filterInBackup},
		{"filter on the way in of a master", filterInMaster},
		{"peers elsewhere", peersElsewhere},
	} {
		for _, other := range []lab.Kind{lab.Kactl, lab.Keepalived} {
			t.Run(fmt.Sprintf("%s beside %s", tt.name, other), func(t *testing.T) {
				t.Parallel()
				if lab.DefaultKind() != lab.Kactl {
					t.Skip("keepalived does not pass these")
				}
				lab.RetellFast(t, 200*time.Millisecond, func(t testing.TB) {
					l := lab.New(t)
					s := &impaired{t: t, other: other, vip: netip.MustParseAddr("203.0.113.100")}
					lan := l.Segment("lan")
					s.lb1, s.lb2 = l.Host("lb1", lan, "198.51.100.1/24"), l.Host("lb2", lan, "198.51.100.2/24")
					tt.tell(t, s)
				})
			})
		}
	}
}

// impaired is what the stories have: lb1 gets into trouble, lb2 is the other.
type impaired struct {
	t        testing.TB
	lb1, lb2 *lab.Host
	other    lab.Kind
	vip      netip.Addr
}

// A part is what differs between configurations.
type part struct {
	Priority  int
	More      string // keywords of the instance
	Addresses string
}

const impairedConfig = `
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority {{.Data.Priority}}
    version 3
    advert_int 0.2
    {{.Data.More}}
    virtual_ipaddress {
        203.0.113.100/24
        {{.Data.Addresses}}
    }
}
`

func (s *impaired) start(h *lab.Host, p part) *lab.Director {
	s.t.Helper()
	c := lab.Config{Text: impairedConfig, Data: p}
	if h == s.lb2 {
		c.Kind = s.other
	}
	return h.Start(c)
}

// settles waits until exactly h has the address, and sees that it stays so.
func (s *impaired) settles(h *lab.Host, when string) {
	s.t.Helper()
	alone := func() bool {
		for _, x := range []*lab.Host{s.lb1, s.lb2} {
			if x.HasAddr(s.vip) != (x == h) {
				return false
			}
		}
		return true
	}
	lab.Eventually(s.t, 60*time.Second, when+": "+h.Name+" alone has the address", alone)
	lab.Always(s.t, 3*time.Second, when+": "+h.Name+" alone has the address", alone)
}

// filter drops VRRP on a host's way in ("input") or out ("output"), or, with "",
// nothing any more.
func (s *impaired) filter(h *lab.Host, hook string) {
	s.t.Helper()
	rules := "flush ruleset\n"
	if hook != "" {
		rules += fmt.Sprintf("table ip t { chain c { type filter hook %s priority 0; ip protocol 112 drop; }; }\n", hook)
	}
	err := h.Do(func() error {
		cmd := exec.Command("nft", "-f", "-")
		cmd.Stdin = strings.NewReader(rules)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
	if err != nil {
		s.t.Fatalf("filter VRRP on %s: %v", h.Name, err)
	}
}

func (s *impaired) setMTU(h *lab.Host, mtu int) {
	s.t.Helper()
	err := h.Do(func() error {
		l, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		return netlink.LinkSetMTU(l, mtu)
	})
	if err != nil {
		s.t.Fatalf("set the MTU of %s: %v", h.Name, err)
	}
}

// many are 239 addresses more.
func many() string {
	var b strings.Builder
	for n := range 239 {
		fmt.Fprintf(&b, "192.0.2.%d/32\n", n+1)
	}
	return b.String()
}

func noSource(t testing.TB, s *impaired) {
	s.start(s.lb2, part{Priority: 100, More: "unicast_src_ip 198.51.100.2\nunicast_peer { 198.51.100.21 }"})
	s.settles(s.lb2, "the first")
	s.start(s.lb1, part{Priority: 150, More: "unicast_src_ip 198.51.100.21\nunicast_peer { 198.51.100.2 }"})
	s.settles(s.lb2, "no source")
	s.lb1.AddAddr("eth0", "198.51.100.21/24")
	s.settles(s.lb1, "the source has come")
	s.lb1.DelAddr("eth0", "198.51.100.21/24")
	s.settles(s.lb2, "the source was deleted")
	s.lb1.AddAddr("lo", "198.51.100.21/32")
	s.settles(s.lb1, "the source has come to another interface")
}

func noMulticastSource(t testing.TB, s *impaired) {
	s.start(s.lb2, part{Priority: 100})
	s.start(s.lb1, part{Priority: 150, More: "mcast_src_ip 198.51.100.21"})
	s.settles(s.lb2, "no source")
	s.lb1.AddAddr("eth0", "198.51.100.21/24")
	s.settles(s.lb1, "the source has come")
	s.lb1.DelAddr("eth0", "198.51.100.21/24")
	s.settles(s.lb2, "the source was deleted")
}

func smallMTU(t testing.TB, s *impaired) {
	s.setMTU(s.lb1, 576)
	s.setMTU(s.lb2, 576)
	s.start(s.lb2, part{Priority: 100, Addresses: many()})
	first := s.start(s.lb1, part{Priority: 150, Addresses: many()})
	s.settles(s.lb1, "240 addresses, 131 in an advert")
	if !s.lb1.HasAddr(netip.MustParseAddr("192.0.2.239")) {
		t.Error("what does not fit into an advert is not held")
	}
	first.Stop()
	s.settles(s.lb2, "the first has stopped")
}

func smallerMTU(t testing.TB, s *impaired) {
	s.start(s.lb2, part{Priority: 100, Addresses: many()})
	first := s.start(s.lb1, part{Priority: 150, Addresses: many()})
	s.settles(s.lb1, "240 addresses")
	s.setMTU(s.lb1, 576)
	s.settles(s.lb1, "the MTU of one is smaller")
	s.setMTU(s.lb2, 576)
	s.settles(s.lb1, "the MTU of both is smaller")
	if s.other == lab.Keepalived {
		return // as master it could not send
	}
	first.Reload()
	s.settles(s.lb1, "one counts by the new MTU")
	first.Stop()
	first.Restart()
	s.settles(s.lb1, "one began by the new MTU")
}

func filterOut(t testing.TB, s *impaired) {
	s.start(s.lb2, part{Priority: 100})
	d := s.start(s.lb1, part{Priority: 150})
	s.settles(s.lb1, "all is well")
	s.filter(s.lb1, "output")
	s.settles(s.lb2, "adverts are dropped on the way out")
	d.WaitLog("no advert could be sent", 10*time.Second)
	s.filter(s.lb1, "")
	s.settles(s.lb1, "they are not dropped any more")
}

func filterInBackup(t testing.TB, s *impaired) {
	s.start(s.lb2, part{Priority: 150})
	s.settles(s.lb2, "the first")
	s.filter(s.lb1, "input")
	d := s.start(s.lb1, part{Priority: 100})
	d.WaitLog("a packet filter of this host drops them", 30*time.Second)
	s.settles(s.lb2, "adverts are dropped on the way in")
	if n := d.CountLog(time.Time{}, "Entering MASTER STATE"); n != 0 {
		t.Errorf("master %d times:\n%s", n, d.Dump())
	}
	s.filter(s.lb1, "")
	d.WaitLog("leaving FAULT state", 10*time.Second)
	s.settles(s.lb2, "they are not dropped any more")
}

func filterInMaster(t testing.TB, s *impaired) {
	s.start(s.lb1, part{Priority: 100})
	s.settles(s.lb1, "the first")
	s.filter(s.lb1, "input")
	other := s.start(s.lb2, part{Priority: 150})
	s.settles(s.lb2, "a better one has come, unheard")
	other.Stop()
	s.settles(s.lb1, "and has gone")
}

func peersElsewhere(t testing.TB, s *impaired) {
	s.start(s.lb2, part{Priority: 100, More: "unicast_src_ip 198.51.100.2\nunicast_peer { 198.51.100.1 }"})
	s.settles(s.lb2, "the first")
	// The peer is on a network that eth0 has no route to.
	s.lb1.Sysctl("net/ipv4/ip_nonlocal_bind", "0")
	s.lb1.DelAddr("eth0", "198.51.100.1/24")
	s.lb1.AddAddr("eth0", "198.51.100.1/32")
	d := s.start(s.lb1, part{Priority: 150, More: "unicast_src_ip 198.51.100.1\nunicast_peer { 198.51.100.2 }"})
	d.WaitLog("no unicast peer has a route", 30*time.Second)
	s.settles(s.lb2, "no route to the peer")
	s.lb1.AddAddr("eth0", "198.51.100.1/24")
	s.settles(s.lb1, "there is a route")
}
