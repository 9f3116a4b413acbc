package peers

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/kactl/kactl/test/lab"
)

// acceptConfig has addresses of both families that take packets and that do not. With
// Strict they take none unless the instance says so.
const acceptConfig = `
global_defs {
    nftables {{.Data.Table}}
    nftables_priority 7
{{- if .Data.Strict}}
    vrrp_strict
{{- end}}
{{- if .Data.More}}
    nftables_counters
    nftables_ifindex
    vrrp_iptables a b
    vrrp_ipsets a b
{{- end}}
}
vrrp_instance drops {
    interface eth0
    virtual_router_id 51
    priority {{.Data.Priority}}
    version 3
    advert_int 0.1
    {{.Data.Drops}}
    virtual_ipaddress {
        203.0.113.16/24
    }
    virtual_ipaddress_excluded {
        203.0.113.17/24
        2001:db8:1::17/64
    }
}
vrrp_instance drops6 {
    interface eth0
    virtual_router_id 51
    priority {{.Data.Priority}}
    version 3
    advert_int 0.1
    {{.Data.Drops}}
    virtual_ipaddress {
        fe80::16/64
        2001:db8:1::16/64
    }
}
vrrp_instance accepts {
    interface eth0
    virtual_router_id 52
    priority {{.Data.Priority}}
    version 3
    advert_int 0.1
    accept
    virtual_ipaddress {
        203.0.113.18/24
    }
    virtual_ipaddress_excluded {
        2001:db8:1::18/64
    }
}
`

var (
	dropping  = []string{"203.0.113.16", "203.0.113.17", "2001:db8:1::16", "2001:db8:1::17", "fe80::16%eth0"}
	accepting = []string{"203.0.113.18", "2001:db8:1::18"}
)

type acceptance struct {
	Priority     int
	Table, Drops string
	Strict, More bool
}

// An acceptStory is two directors, a client, and a host behind lb1.
type acceptStory struct {
	t        testing.TB
	lb1, lb2 *lab.Host
	client   *lab.Host
}

func newAcceptStory(t testing.TB) *acceptStory {
	l := lab.New(t)
	front, back := l.Segment("front"), l.Segment("back")
	s := &acceptStory{t: t}
	s.lb1 = l.Host("lb1", front, "198.51.100.1/24", "2001:db8::1/64")
	s.lb2 = l.Host("lb2", front, "198.51.100.2/24", "2001:db8::2/64")
	s.client = l.Host("client", front, "203.0.113.9/24", "2001:db8:1::9/64")
	far := l.Host("far", back, "192.0.2.9/24", "2001:db8:9::9/64")
	s.lb1.Attach(back, "eth1", "192.0.2.1/24", "2001:db8:9::1/64")
	s.lb1.Sysctl("net/ipv4/ip_forward", "1")
	s.lb1.Sysctl("net/ipv6/conf/all/forwarding", "1")
	s.client.Route("192.0.2.0/24", netip.MustParseAddr("203.0.113.16"), "eth0")
	s.client.Route("2001:db8:9::/64", netip.MustParseAddr("2001:db8:1::16"), "eth0")
	far.Route("203.0.113.0/24", netip.MustParseAddr("192.0.2.1"), "eth0")
	far.Route("2001:db8:1::/64", netip.MustParseAddr("2001:db8:9::1"), "eth0")
	return s
}

func (s *acceptStory) start(h *lab.Host, kind lab.Kind, a acceptance) *lab.Director {
	d := h.Start(lab.Config{Kind: kind, Text: acceptConfig, Data: a})
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("%s (%s):\n%s\n%s", h.Name, kind, dump(d), s.ruleset(h))
		}
	})
	return d
}

// ping reports whether the client gets an answer from an address in time.
func (s *acceptStory) ping(addr string, within time.Duration) bool {
	a := netip.MustParseAddr(addr)
	network, listen, kind, answer, protocol := "ip4:icmp", "0.0.0.0", icmp.Type(ipv4.ICMPTypeEcho), icmp.Type(ipv4.ICMPTypeEchoReply), 1
	if a.Is6() {
		network, listen, kind, answer, protocol = "ip6:ipv6-icmp", "::", ipv6.ICMPTypeEchoRequest, ipv6.ICMPTypeEchoReply, 58
	}
	answered := false
	err := s.client.Do(func() error {
		c, err := icmp.ListenPacket(network, listen)
		if err != nil {
			return err
		}
		defer c.Close()
		msg, err := (&icmp.Message{Type: kind, Body: &icmp.Echo{ID: os.Getpid() & 0xffff, Seq: 1}}).Marshal(nil)
		if err != nil {
			return err
		}
		if _, err := c.WriteTo(msg, &net.IPAddr{IP: a.AsSlice(), Zone: a.Zone()}); err != nil {
			return nil // nobody knows where it is
		}
		_ = c.SetReadDeadline(time.Now().Add(within))
		for b := make([]byte, 1500); ; {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return nil
			}
			if m, err := icmp.ParseMessage(protocol, b[:n]); err == nil && m.Type == answer && from.String() == addr {
				answered = true
				return nil
			}
		}
	})
	if err != nil {
		s.t.Fatalf("ping %s: %v", addr, err)
	}
	return answered
}

// answer ends the test unless all the addresses answer.
func (s *acceptStory) answer(when string, addrs ...string) {
	s.t.Helper()
	for _, a := range addrs {
		lab.Eventually(s.t, settle, when+": "+a+" answers", func() bool { return s.ping(a, 200*time.Millisecond) })
	}
}

// takes ends the test unless a host answers for what accepts, and for nothing of what
// drops but in the discovery of neighbours.
func (s *acceptStory) takes(when string, h *lab.Host) {
	s.t.Helper()
	all := append(slices.Clone(dropping), accepting...)
	lab.Eventually(s.t, startLimit, when+": "+h.Name+" has the addresses", func() bool {
		return !slices.ContainsFunc(all, func(a string) bool { return !h.HasAddr(netip.MustParseAddr(a).WithZone("")) })
	})
	s.answer(when, accepting...)
	for _, a := range dropping {
		if s.ping(a, 200*time.Millisecond) {
			s.t.Errorf("%s: %s answers", when, a)
		}
		lab.Eventually(s.t, settle, when+": the client knows where "+a+" is", func() bool {
			s.ping(a, time.Millisecond)
			return s.client.Neighbour(netip.MustParseAddr(a).WithZone("")) == h.Port().MAC.String()
		})
	}
}

// nft runs nft with words of one line on a host.
func (s *acceptStory) nft(h *lab.Host, line string) string {
	var out []byte
	err := h.Do(func() (err error) {
		out, err = exec.Command("nft", strings.Fields(line)...).CombinedOutput()
		return err
	})
	if err != nil {
		s.t.Fatalf("nft %s: %v: %s", line, err, out)
	}
	return string(out)
}

func (s *acceptStory) ruleset(h *lab.Host) string { return s.nft(h, "list ruleset") }

// tablesAre waits until a host has these tables and no others.
func (s *acceptStory) tablesAre(when string, h *lab.Host, want ...string) {
	s.t.Helper()
	got := ""
	if !lab.Within(startLimit, func() bool {
		got = s.nft(h, "list tables")
		return got == strings.Join(append(want, ""), "\n")
	}) {
		s.t.Errorf("%s: %s has the tables %q, want %q", when, h.Name, got, want)
	}
}

// TestNoAccept lets a master with no_accept or vrrp_strict, beside keepalived in either
// role, drop packets to its addresses and forward others. None does so as a backup, or
// leaves anything behind.
func TestNoAccept(t *testing.T) {
	t.Parallel()
	for _, pair := range with(lab.Keepalived, true) {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s to %s, strict %v", pair[0], pair[1], strict), func(t *testing.T) {
				t.Parallel()
				lab.Retell(t, func(t testing.TB) { tellNoAccept(t, pair, strict) })
			})
		}
	}
}

func tellNoAccept(t testing.TB, pair [2]lab.Kind, strict bool) {
	s := newAcceptStory(t)
	a := acceptance{Table: "vrouter", Drops: "no_accept"}
	if strict {
		a.Drops, a.Strict = "", true
	}
	better, worse := a, a
	better.Priority, worse.Priority = high, low
	d1 := s.start(s.lb1, pair[0], better)
	d1.WaitLog("(accepts) Entering MASTER STATE", startLimit)
	d2 := s.start(s.lb2, pair[1], worse)
	d2.WaitLog("(accepts) Entering BACKUP STATE", startLimit)
	s.takes("at the start", s.lb1)
	s.answer("forwarded", "192.0.2.9", "2001:db8:9::9")
	d1.Stop()
	s.takes("after the stop of lb1", s.lb2)
	s.tablesAre("after its stop", s.lb1)
	d1.Restart()
	s.takes("after the return of lb1", s.lb1)
	if pair[1] != lab.Keepalived { // which keeps them empty
		s.tablesAre("as a backup", s.lb2)
	}
	d2.Stop()
	s.tablesAre("after its stop", s.lb2)
}

// TestNoAcceptReload lets tables come, go and change by reloads, by a crash and by what
// others have.
func TestNoAcceptReload(t *testing.T) {
	t.Parallel()
	lab.Retell(t, tellNoAcceptReload)
}

func tellNoAcceptReload(t testing.TB) {
	s := newAcceptStory(t)
	const other = "table ip other"
	s.nft(s.lb1, "add "+other)
	now := acceptance{Priority: high, Table: "one", Drops: "no_accept", More: true}
	d := s.start(s.lb1, lab.Kactl, now)
	reload := func() {
		d.Configure(acceptConfig, now)
		d.Reload()
	}
	s.takes("at the start", s.lb1)
	s.tablesAre("at the start", s.lb1, other, "table ip one", "table ip6 one")
	for _, text := range []string{"203.0.113.16, 203.0.113.17", `fe80::16 . "eth0"`, "ipv6_addr . iface_index", "filter + 7", "counter packets"} {
		if got := s.ruleset(s.lb1); !strings.Contains(got, text) {
			t.Errorf("there is no %q: %s", text, got)
		}
	}
	for _, text := range []string{"keepalived uses nftables instead of iptables", "sets of nftables are used instead of ipsets"} {
		if n := d.CountLog(time.Time{}, text); n != 1 {
			t.Errorf("the log says %d times: %s", n, text)
		}
	}

	now.Priority = 255
	reload()
	s.answer("as the owner", dropping...)
	s.tablesAre("as the owner", s.lb1, other)
	now.Priority, now.More = high, false
	reload()
	s.tablesAre("not as the owner", s.lb1, other, "table ip one", "table ip6 one")
	s.takes("not as the owner", s.lb1)
	if got := s.ruleset(s.lb1); !strings.Contains(got, "ipv6_addr . ifname") || strings.Contains(got, "counter") {
		t.Error(got)
	}
	now.Table = "two"
	reload()
	s.tablesAre("under another name", s.lb1, other, "table ip two", "table ip6 two")
	s.takes("under another name", s.lb1)

	d.Kill()
	s.tablesAre("after a crash", s.lb1, other)
	now.Table = "three"
	d.Configure(acceptConfig, now)
	d.Restart()
	s.tablesAre("after the restart", s.lb1, other, "table ip three", "table ip6 three")
	s.takes("after the restart", s.lb1)

	now.Drops = "accept"
	reload()
	s.answer("without the keyword", dropping...)
	s.tablesAre("without the keyword", s.lb1, other)

	s.nft(s.lb1, "add table ip four")
	now.Drops, now.Table = "no_accept", "four"
	reload()
	const refused = "packets to the addresses are not dropped: there is an nftables table ip four already"
	d.WaitLog(refused, startLimit)
	s.answer("without its table", "203.0.113.16", "203.0.113.17")
	s.tablesAre("beside another's table", s.lb1, other, "table ip four", "table ip6 four")
	s.nft(s.lb1, "delete table ip four")
	lab.Eventually(s.t, startLimit, "the table is ours when the other's is gone", func() bool { return strings.Contains(s.ruleset(s.lb1), "203.0.113.17") })
	s.takes("when the other's is gone", s.lb1)
	if n := d.CountLog(time.Time{}, refused); n != 1 {
		t.Errorf("the log says %d times: %s", n, refused)
	}
	d.Stop()
	s.tablesAre("after the stop", s.lb1, other)
}
