package peers

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/test/lab"
)

// tablesConfig has every kind of route and rule that this kernel takes.
const tablesConfig = `
static_ipaddress {
    192.0.2.77/24 dev eth0
    192.0.2.78/32 dev eth0
}
static_routes {
    198.18.1.0/24 via 198.51.100.7 dev eth0
    198.18.2.0/24 via 192.0.2.88 dev eth0 src 192.0.2.77
    blackhole 198.18.3.0/24
    2001:db8:100::/48 via 2001:db8::7 dev eth0
}
static_rules {
    from 10.1.0.0/16 table 77 preference 200
    from 2001:db8:9::/48 table 78 preference 201
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority {{.Data}}
    version 3
    advert_int 0.1
    virtual_ipaddress {
        203.0.113.16/24
    }
    virtual_routes {
        10.1.0.0/16 via 203.0.113.1 dev eth0
        10.2.0.0/16 src 203.0.113.16 via 198.51.100.7 dev eth0 metric 7
        10.5.0.0/16 dev eth0
        10.6.0.0/16 dev eth0 rtt 200 rttvar 200 rto_min 200 mtu lock 1400 window 8000 congctl lock reno features ecn hoplimit 9 advmss 1300 reordering 5 cwnd lock 9 ssthresh 8 quickack 1 initcwnd 5 initrwnd 6 fastopen_no_cookie 1
        10.7.0.0/16 via 198.51.100.7 dev eth0 tos 0x10 realms 3/4 metric 7
        10.7.0.0/16 via 198.51.100.7 dev eth0 table 200
        unreachable 10.8.0.0/16 metric 3
        prohibit 10.9.0.0/16 table 300
        throw 10.10.0.0/16
        blackhole 10.11.0.0/16
        10.12.0.0/16 via 192.168.7.7 dev eth0 onlink
        10.13.0.0/16 nexthop via 198.51.100.7 dev eth0 weight 2 nexthop via 198.51.100.8 dev eth0 weight 3
        10.17.0.0/16 via 198.51.100.7 dev eth0 src 198.51.100.1 append
        10.18.0.0/16 via 198.51.100.7 dev eth0 protocol 99 no_track
        10.19.0.0/16 gw 198.51.100.7 oif eth0
        10.20.0.0/16 dev eth0 scope link
        blackhole 2001:db8:7::/64
        2001:db8:8::/64 via 2001:db8::7 dev eth0 pref high expires 600 mtu 1400
        2001:db8:9::/64 nexthop via 2001:db8::7 dev eth0 weight 2 nexthop via 2001:db8::8 dev eth0 weight 3
        2001:db8:a::/64 from 2001:db8:b::/64 via 2001:db8::7 dev eth0 metric 70
        default6 via fe80::7 dev eth0
    }
    virtual_rules {
        not from 10.2.0.0/16 iif lo oif eth0 fwmark 5/0xff tos 0x10 ipproto tcp sport 10-20 dport 30-40 uidrange 1-100 priority 300 table 100
        to 10.2.0.0/16 priority 301 goto 400
        to 10.3.0.0/16 priority 302 type blackhole
        to 10.4.0.0/16 priority 303 suppress_prefixlength 8 table 5
        to 10.4.0.0/16 priority 304 suppress_ifgroup 3 table 5 realms 1/2
        to 2001:db8:5::/64 priority 305 type unreachable
        inet6 x priority 306 type prohibit
        priority 307 l3mdev
        tunnel-id 9 priority 308 table 9
        priority 309 to 10.3.0.0/16 type nop
        priority 310 no_track protocol 5 table 10
    }
}
`

// ip returns what ip(8) says on a host, in order, but for what passes with time.
func ip(t testing.TB, h *lab.Host, words string) []string {
	t.Helper()
	var out []byte
	err := h.Do(func() (err error) {
		out, err = exec.Command("ip", strings.Fields("-j -d "+words)...).Output()
		return err
	})
	if err != nil {
		t.Fatalf("ip %s: %v", words, err)
	}
	var list []map[string]any
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatalf("ip %s: %v: %s", words, err, out)
	}
	var lines []string
	for _, l := range list {
		delete(l, "expires")
		b, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(b))
	}
	return lines
}

// tables is all that is not the kernel's own: routes, rules and IPv4 addresses.
func tables(t *testing.T, h *lab.Host) []string {
	t.Helper()
	var all []string
	for _, words := range []string{"-4 route show table all proto 18", "-6 route show table all proto 18", "-4 route show table all proto 99", "-4 rule", "-6 rule"} {
		all = append(all, words)
		all = append(all, ip(t, h, words)...)
	}
	for _, a := range h.Addrs() {
		if a.Is4() {
			all = append(all, a.String())
		}
	}
	return all
}

// A tableStory is what one director does with its tables.
type tableStory map[string][]string

// playTables lets a host become master and backup, reload and stop, and writes down
// its tables each time,
// as it is when it has enough. With another story to compare with, each stage is to
// become what it is there.
func playTables(t *testing.T, kind lab.Kind, want tableStory) tableStory {
	l := lab.New(t)
	net := l.Segment("lan")
	h := l.Host("lb1", net, "198.51.100.1/24")
	h.AddAddr("eth0", "2001:db8::1/64")
	other := l.Host("lb2", net, "198.51.100.2/24")
	before := tables(t, h)
	story := tableStory{}
	take := func(stage string, enough func([]string) bool) {
		t.Helper()
		same := 0 // how often it was the same: one that is compared with is to be at rest
		for end := time.Now().Add(startLimit); ; time.Sleep(20 * time.Millisecond) {
			got := tables(t, h)
			if same++; cmp.Diff(story[stage], got) != "" {
				same = 0
			}
			story[stage] = got
			if enough(got) && (want == nil && same >= 20 || want != nil && cmp.Diff(want[stage], got) == "") {
				return
			}
			if time.Now().After(end) {
				t.Errorf("%s, %s: %s", kind, stage, cmp.Diff(want[stage], got))
				return
			}
		}
	}
	has := func(text string) func([]string) bool {
		return func(lines []string) bool { return strings.Contains(strings.Join(lines, "\n"), text) }
	}
	without := func(text string) func([]string) bool {
		return func(lines []string) bool { return !strings.Contains(strings.Join(lines, "\n"), text) }
	}
	// What comes last has the highest preference.
	const last = `"priority":310`
	d := h.Start(lab.Config{Kind: kind, Text: tablesConfig, Data: 100})
	d.WaitLog("Entering MASTER STATE", startLimit)
	take("master", has(last))
	better := other.Start(lab.Config{Kind: kind, Text: tablesConfig, Data: 200})
	d.WaitLogSince(time.Now().Add(-time.Second), "Entering BACKUP STATE", startLimit)
	take("backup", without("203.0.113.16"))
	better.Stop()
	lab.Eventually(t, startLimit, "master again", func() bool { return has(last)(tables(t, h)) })
	take("master again", has(last))
	changed := strings.NewReplacer("10.5.0.0/16", "10.55.0.0/16", "blackhole 198.18.3.0/24", "blackhole 198.18.33.0/24",
		"table 77 preference 200", "table 77 preference 222", "priority 302", "priority 322", "192.0.2.78", "192.0.2.79").Replace(tablesConfig)
	d.Configure(changed, 100)
	d.Reload()
	take("reloaded", func(lines []string) bool { return has(`"priority":322`)(lines) && has("192.0.2.79")(lines) })
	d.Stop()
	take("stopped", func([]string) bool { return true })
	if diff := cmp.Diff(before, story["stopped"]); diff != "" {
		t.Errorf("%s has left something behind: %s", kind, diff)
	}
	return story
}

// TestTables plays the story with keepalived and with kactl: what each has in its
// tables is the same at every stage.
func TestTables(t *testing.T) {
	t.Parallel()
	got := playTables(t, lab.DefaultKind(), playTables(t, lab.Keepalived, nil))
	if n := len(got["master"]); n < 45 {
		t.Errorf("only %d lines as master: %s", n, strings.Join(got["master"], "\n"))
	}
}

// TestTakenTables takes routes and rules away from a master: they are back within
// 100 ms, without another election, and the log says who did it.
func TestTakenTables(t *testing.T) {
	t.Parallel()
	l := lab.New(t)
	h := l.Host("lb1", l.Segment("lan"), "198.51.100.1/24")
	h.AddAddr("eth0", "2001:db8::1/64")
	d := h.Start(lab.Config{Text: tablesConfig, Data: 100})
	d.WaitLog("Entering MASTER STATE", startLimit)
	lab.Eventually(t, 5*time.Second, "all is there", func() bool { return strings.Contains(strings.Join(tables(t, h), "\n"), `"priority":310`) })
	want := tables(t, h)
	if lab.DefaultKind() != lab.Kactl {
		t.Skip("keepalived becomes backup and then master again, and leaves routes without an interface alone")
	}
	for _, words := range []string{
		"route del 10.1.0.0/16", "route del 10.7.0.0/16 table 200", "route del blackhole 10.11.0.0/16", "route del 10.13.0.0/16", "route del 198.18.1.0/24", "route del blackhole 198.18.3.0/24",
		"-6 route del 2001:db8:a::/64 from 2001:db8:b::/64", "-6 route del default dev eth0 via fe80::7",
		"rule del priority 302", "-6 rule del priority 305", "rule del priority 200", "-6 rule del priority 201",
	} {
		began := time.Now()
		err := h.Do(func() error {
			if out, err := exec.Command("ip", strings.Fields(words)...).CombinedOutput(); err != nil {
				return fmt.Errorf("ip %s: %s", words, out)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		diff := ""
		if !lab.Within(slack+lab.Slack, func() bool { diff = cmp.Diff(sorted(want), sorted(tables(t, h))); return diff == "" }) {
			t.Fatalf("%s: it is not back: %s", words, diff)
		}
		t.Logf("%s: back after %v", words, time.Since(began).Round(time.Millisecond))
	}
	d.WaitLog("was removed by somebody else, put back", time.Second)
	if n := d.CountLog(time.Time{}, "Entering"); n != 2 {
		t.Errorf("%d transitions, want the two at the start:\n%s", n, d.Dump())
	}
}

// TestRouteAwaitsGateway has a route whose gateway is not reached yet: it is there
// within 100 ms once it can be, back as soon when its interface was down, and a
// router is master without it.
func TestRouteAwaitsGateway(t *testing.T) {
	t.Parallel()
	const config = `
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    version 3
    advert_int 0.1
    virtual_ipaddress {
        203.0.113.16/24
    }
    virtual_routes {
        10.1.0.0/16 via 192.0.2.1
        10.2.0.0/16 via 192.0.2.1 dev eth1 src 192.0.2.5
    }
}
`
	l := lab.New(t)
	net := l.Segment("lan")
	h := l.Host("lb1", net, "198.51.100.1/24")
	h.Attach(net, "eth1")
	d := h.Start(lab.Config{Kind: lab.Kactl, Text: config})
	d.WaitLog("Entering MASTER STATE", startLimit)
	d.WaitLog("add route 10.1.0.0/16 via 192.0.2.1", time.Second)
	routes := func() int { return len(ip(t, h, "route show proto 18")) }
	h.AddAddr("eth1", "192.0.2.5/24")
	late := lab.Eventually(t, slack, "the routes are there", func() bool { return routes() == 2 })
	t.Logf("there after %v", late)
	set := func(state string) {
		t.Helper()
		if err := h.Do(func() error { return exec.Command("ip", "link", "set", "eth1", state).Run() }); err != nil {
			t.Fatal(err)
		}
	}
	set("down")
	lab.Eventually(t, slack, "the kernel has dropped the routes", func() bool { return routes() == 0 })
	set("up")
	late = lab.Eventually(t, slack, "the routes are back", func() bool { return routes() == 2 })
	t.Logf("back after %v", late)
	d.WaitLog("was dropped by the kernel with its interface or its address, put back", time.Second)
	if n := d.CountLog(time.Time{}, "Entering"); n != 2 {
		t.Errorf("%d transitions, want the two at the start:\n%s", n, d.Dump())
	}
}

// TestTablesOfTheKilled: what a killed predecessor has left is adopted by a master,
// and is gone where the successor is a backup.
func TestTablesOfTheKilled(t *testing.T) {
	t.Parallel()
	l := lab.New(t)
	net := l.Segment("lan")
	h, other := l.Host("lb1", net, "198.51.100.1/24"), l.Host("lb2", net, "198.51.100.2/24")
	h.AddAddr("eth0", "2001:db8::1/64")
	d := h.Start(lab.Config{Kind: lab.Kactl, Text: tablesConfig, Data: 100})
	d.WaitLog("Entering MASTER STATE", startLimit)
	whole := func(text string) func() bool {
		return func() bool { return strings.Contains(strings.Join(tables(t, h), "\n"), text) }
	}
	lab.Eventually(t, 5*time.Second, "all is there", whole(`"priority":310`))
	want := tables(t, h)
	d.Kill()
	began := time.Now()
	d.Restart()
	d.WaitLogSince(began, "Entering MASTER STATE", startLimit)
	lab.Eventually(t, 5*time.Second, "all is there again", func() bool { return cmp.Diff(sorted(want), sorted(tables(t, h))) == "" })
	d.Kill()
	other.Start(lab.Config{Kind: lab.Kactl, Text: tablesConfig, Data: 200}).WaitLog("Entering MASTER STATE", startLimit)
	began = time.Now()
	d.Restart()
	d.WaitLogSince(began, "Entering BACKUP STATE", startLimit)
	lab.Eventually(t, 5*time.Second, "what a backup does not want is gone", func() bool {
		return !whole("10.5.0.0")() && !whole(`"priority":302`)() && whole("198.18.1.0")() && whole(`"priority":200`)()
	})
}

// TestPromoteSecondaries: with promote_secondaries the virtual address never goes, and
// the sysctl is what it was at the end. keepalived does the same.
func TestPromoteSecondaries(t *testing.T) {
	t.Parallel()
	const config = `
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    version 3
    advert_int 0.1
    promote_secondaries
    virtual_ipaddress {
        198.51.100.16/24
    }
}
`
	for _, kind := range []lab.Kind{lab.Keepalived, lab.Kactl} {
		t.Run(string(kind), func(t *testing.T) {
			l := lab.New(t)
			h := l.Host("lb1", l.Segment("lan"), "198.51.100.1/24", "192.0.2.1/24")
			h.Sysctl("net/ipv4/conf/eth0/promote_secondaries", "0")
			value := func() string {
				var text []byte
				if err := h.Do(func() (err error) {
					text, err = os.ReadFile("/proc/sys/net/ipv4/conf/eth0/promote_secondaries")
					return err
				}); err != nil {
					t.Error(err)
				}
				return strings.TrimSpace(string(text))
			}
			d := h.Start(lab.Config{Kind: kind, Text: config})
			d.WaitLog("Entering MASTER STATE", startLimit)
			lab.Eventually(t, 5*time.Second, "the address is there", func() bool { return h.HasAddr(vipOfNet) })
			if v := value(); v != "1" {
				t.Errorf("the sysctl is %s while it runs", v)
			}
			h.DelAddr("eth0", "198.51.100.1/24")
			if !h.HasAddr(vipOfNet) {
				t.Error("the address went with its primary one")
			}
			d.Stop()
			if v := value(); v != "0" {
				t.Errorf("the sysctl is %s at the end", v)
			}
		})
	}
}

// TestOwner: the address of an owner that is all that its interface has was there
// before, is the source of its adverts, and is there at the end.
func TestOwner(t *testing.T) {
	t.Parallel()
	const config = `
vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 255
    version 3
    advert_int 0.1
    virtual_ipaddress {
        198.51.100.16/24
        203.0.113.16/24
    }
}
`
	l := lab.New(t)
	h := l.Host("lb1", l.Segment("lan"), "198.51.100.16/24")
	d := h.Start(lab.Config{Kind: lab.Kactl, Text: config})
	d.WaitLog("Entering MASTER STATE", startLimit)
	lab.Eventually(t, 5*time.Second, "the addresses are there", func() bool { return len(h.Addrs()) >= 2 && h.HasAddr(vipOfNet) && h.HasAddr(vip) })
	if n := d.CountLog(time.Time{}, "FAULT"); n != 0 {
		t.Errorf("it was in FAULT:\n%s", d.Dump())
	}
	h.DelAddr("eth0", "198.51.100.16/24")
	lab.Eventually(t, slack, "the address is back", func() bool { return h.HasAddr(vipOfNet) })
	d.Stop()
	if !h.HasAddr(vipOfNet) || h.HasAddr(vip) {
		t.Errorf("at the end there is %v", h.Addrs())
	}
}

// TestTrackGroups: the members of a track_group are in FAULT while an address, a route
// or a rule of it cannot be had, and others are not.
func TestTrackGroups(t *testing.T) {
	t.Parallel()
	const config = `
track_group G {
    group {
        VI_1
    }
}
static_ipaddress {
    192.0.2.77/24 dev eth1 track_group G
}
static_routes {
    198.18.2.0/24 via 192.0.2.88 dev eth1 track_group G
}
static_rules {
    from 10.1.0.0/16 table 77 preference 200 track_group G
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    version 3
    advert_int 0.1
    virtual_ipaddress {
        203.0.113.16/24
    }
}
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    priority 100
    version 3
    advert_int 0.1
    virtual_ipaddress {
        203.0.113.17/24
    }
}
`
	l := lab.New(t)
	net := l.Segment("lan")
	h := l.Host("lb1", net, "198.51.100.1/24")
	h.Attach(net, "eth1")
	d := h.Start(lab.Config{Kind: lab.Kactl, Text: config})
	d.WaitLog("(VI_1) Entering MASTER STATE", startLimit)
	d.WaitLog("(VI_2) Entering MASTER STATE", startLimit)
	set := func(state string) {
		t.Helper()
		if err := h.Do(func() error { return exec.Command("ip", "link", "set", "eth1", state).Run() }); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	set("down")
	d.WaitLogSince(began, "(VI_1) Entering FAULT STATE", startLimit)
	began = time.Now()
	set("up")
	d.WaitLogSince(began, "(VI_1) Entering MASTER STATE", startLimit)
	if n := d.CountLog(time.Time{}, "(VI_2) Entering"); n != 2 {
		t.Errorf("%d transitions of the other, want the two at the start:\n%s", n, d.Dump())
	}
}

var vipOfNet = netip.MustParseAddr("198.51.100.16")

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// TestSecondaries: the kernel drops a virtual address with the primary one of its
// network. The log does not say that somebody took it.
func TestSecondaries(t *testing.T) {
	t.Parallel()
	const config = `
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 100
    version 3
    advert_int 0.1
    virtual_ipaddress {
        198.51.100.16/24
    }
}
`
	l := lab.New(t)
	h := l.Host("lb1", l.Segment("lan"), "198.51.100.1/24", "192.0.2.1/24")
	h.Sysctl("net/ipv4/conf/eth0/promote_secondaries", "0")
	d := h.Start(lab.Config{Kind: lab.Kactl, Text: config})
	d.WaitLog("Entering MASTER STATE", startLimit)
	lab.Eventually(t, 5*time.Second, "the address is there", func() bool { return h.HasAddr(vipOfNet) })
	h.DelAddr("eth0", "198.51.100.1/24")
	lab.Eventually(t, slack, "the address is back", func() bool { return h.HasAddr(vipOfNet) })
	d.WaitLog("198.51.100.16/24 was dropped from eth0 by the kernel with the first address of its network, put back", 5*time.Second)
	if n := d.CountLog(time.Time{}, "somebody else"); n != 0 {
		t.Errorf("the log says that somebody else did it:\n%s", d.Dump())
	}
}
