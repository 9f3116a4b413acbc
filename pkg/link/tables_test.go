package link

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
)

// ip runs ip(8) in the namespace.
func (h host) ip(t *testing.T, args ...string) string {
	t.Helper()
	var out []byte
	h.in(t, func() (err error) {
		out, err = exec.Command("ip", args...).CombinedOutput()
		if err != nil {
			err = errors.New(strings.Join(args, " ") + ": " + string(out))
		}
		return err
	})
	return string(out)
}

// command runs a program with words for arguments.
func command(name, words string) error {
	if out, err := exec.Command(name, strings.Fields(words)...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %s (%w)", name, words, out, err)
	}
	return nil
}

// listed is what ip(8) says, but for what passes with time.
func (h host) listed(t *testing.T, args ...string) []map[string]any {
	t.Helper()
	var list []map[string]any
	text := h.ip(t, append([]string{"-j", "-d"}, args...)...)
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, l := range list {
		if _, ok := l["expires"]; ok {
			l["expires"] = "some"
		}
	}
	return list
}

// tablesHost has the networks 192.0.2.0/24 and 2001:db8::/64 on eth0.
func tablesHost(t *testing.T) host {
	h := newHost(t)
	h.addLink(t, "eth0")
	h.ip(t, "link", "set", "lo", "up")
	h.ip(t, "addr", "add", "192.0.2.10/24", "dev", "eth0")
	h.ip(t, "addr", "add", "2001:db8::10/64", "dev", "eth0", "nodad")
	return h
}

func route(dst string, f ...func(*iproute.Route)) *iproute.Route {
	r := &iproute.Route{Type: "unicast", Destination: netip.MustParsePrefix(dst), Protocol: iproute.Protocol, Order: "prepend"}
	for _, f := range f {
		f(r)
	}
	return r
}

func via(a string) func(*iproute.Route) {
	return func(r *iproute.Route) { r.Via = netip.MustParseAddr(a) }
}
func on(dev string) func(*iproute.Route) { return func(r *iproute.Route) { r.Device = dev } }

func metric(name string, value uint32, locked bool) func(*iproute.Route) {
	return func(r *iproute.Route) {
		r.Metrics = append(r.Metrics, iproute.Metric{Name: name, Value: value, Locked: locked})
	}
}

func hop(a string, f ...func(*iproute.NextHop)) func(*iproute.Route) {
	h := iproute.NextHop{Via: netip.MustParseAddr(a), Device: "eth0"}
	for _, f := range f {
		f(&h)
	}
	return func(r *iproute.Route) { r.NextHops = append(r.NextHops, h) }
}

func ptr[T any](v T) *T { return &v }

// A routeCase is a route, and what makes ip(8) add it.
type routeCase struct {
	route *iproute.Route
	ip    string
}

var routeCases = []routeCase{
	{route("0.0.0.0/0", via("192.0.2.1"), on("eth0")), "default via 192.0.2.1 dev eth0"},
	{route("10.0.0.0/8", via("192.0.2.1")), "10.0.0.0/8 via 192.0.2.1"},
	{route("10.1.0.0/16", on("eth0")), "10.1.0.0/16 dev eth0 scope global"},
	{route("10.2.0.0/16", on("eth0"), func(r *iproute.Route) { r.Source, r.Metric = netip.MustParseAddr("192.0.2.10"), 70 }),
		"10.2.0.0/16 dev eth0 scope global src 192.0.2.10 metric 70"},
	{route("10.3.0.0/16", via("192.0.2.1"), func(r *iproute.Route) { r.Table, r.TOS, r.Realms = 200, 0x10, iproute.Realms{From: 3, To: 4} }),
		"10.3.0.0/16 via 192.0.2.1 table 200 tos 0x10 realms 3/4"},
	{route("10.3.0.0/16", via("192.0.2.1"), func(r *iproute.Route) { r.Table = 4000000000 }), "10.3.0.0/16 via 192.0.2.1 table 4000000000"},
	{route("10.4.0.0/16", on("eth0"), func(r *iproute.Route) { r.Scope, r.Protocol = ptr(uint8(253)), 99 }),
		"10.4.0.0/16 dev eth0 scope link proto 99"},
	{route("10.5.0.0/16", via("203.0.113.1"), on("eth0"), func(r *iproute.Route) { r.OnLink = true }), "10.5.0.0/16 via 203.0.113.1 dev eth0 onlink"},
	{route("10.6.0.0/16", func(r *iproute.Route) { r.Type = "blackhole" }), "blackhole 10.6.0.0/16"},
	{route("10.7.0.0/16", func(r *iproute.Route) { r.Type = "unreachable" }), "unreachable 10.7.0.0/16"},
	{route("10.8.0.0/16", func(r *iproute.Route) { r.Type, r.Table = "prohibit", 300 }), "prohibit 10.8.0.0/16 table 300"},
	{route("10.9.0.0/16", func(r *iproute.Route) { r.Type = "throw" }), "throw 10.9.0.0/16"},
	{route("10.10.0.0/32", on("lo"), func(r *iproute.Route) { r.Type = "local" }), "local 10.10.0.0/32 dev lo table main"},
	{route("10.11.0.0/32", on("eth0"), func(r *iproute.Route) { r.Type = "broadcast" }), "broadcast 10.11.0.0/32 dev eth0 table main"},
	{route("10.12.0.0/16", on("eth0"), metric("mtu", 1400, true), metric("window", 8000, false), metric("rtt", 300, false), metric("rttvar", 250, true),
		metric("rto_min", 210, true), metric("hoplimit", 9, false), metric("advmss", 1300, false), metric("reordering", 4, false),
		metric("cwnd", 20, true), metric("ssthresh", 30, false), metric("initcwnd", 5, false), metric("initrwnd", 6, false),
		metric("quickack", 1, false), metric("fastopen_no_cookie", 1, false),
		func(r *iproute.Route) { r.ECN, r.Congestion, r.CongestionLocked = true, "reno", true }),
		"10.12.0.0/16 dev eth0 scope global mtu lock 1400 window 8000 rtt 300ms rttvar lock 250ms rto_min 210ms hoplimit 9 advmss 1300 reordering 4 cwnd lock 20 ssthresh 30 initcwnd 5 initrwnd 6 quickack 1 fastopen_no_cookie 1 features ecn congctl lock reno"},
	{route("10.13.0.0/16", hop("192.0.2.1", func(h *iproute.NextHop) { h.Weight = 2 }),
		hop("192.0.2.2", func(h *iproute.NextHop) { h.Weight, h.Realms = 3, iproute.Realms{To: 5} })),
		"10.13.0.0/16 nexthop via 192.0.2.1 dev eth0 weight 2 nexthop via 192.0.2.2 dev eth0 weight 3 realms 5"},
	{route("10.14.0.0/16", hop("203.0.113.7", func(h *iproute.NextHop) { h.OnLink = true }), hop("192.0.2.2")),
		"10.14.0.0/16 nexthop via 203.0.113.7 dev eth0 onlink nexthop via 192.0.2.2 dev eth0"},
	{route("10.15.0.0/16", via("192.0.2.1"), func(r *iproute.Route) {
		r.Encap = strings.Fields("ip id 7 dst 192.0.2.9 src 192.0.2.8 ttl 5 tos 4")
	}), "10.15.0.0/16 encap ip id 7 dst 192.0.2.9 src 192.0.2.8 ttl 5 tos 4 via 192.0.2.1"},
	{route("10.16.0.0/16", via("192.0.2.1"), func(r *iproute.Route) {
		r.Encap = strings.Fields("ip6 id 7 dst 2001:db8::9 src 2001:db8::8 hoplimit 5 tc 4")
	}), "10.16.0.0/16 encap ip6 id 7 dst 2001:db8::9 src 2001:db8::8 hoplimit 5 tc 4 via 192.0.2.1"},
	{route("10.17.0.0/16", via("192.0.2.1"), func(r *iproute.Route) { r.Encap = []string{"mpls", "100/200"} }), "10.17.0.0/16 encap mpls 100/200 via 192.0.2.1"},
	{route("10.18.0.0/16", via("192.0.2.1"), func(r *iproute.Route) { r.Encap, r.TTLPropagate = []string{"mpls", "100"}, ptr(false) }),
		"10.18.0.0/16 encap mpls 100 ttl-propagate disabled via 192.0.2.1"},

	{route("::/0", via("2001:db8::1"), on("eth0")), "default via 2001:db8::1 dev eth0"},
	{route("2001:db8:1::/48", via("2001:db8::1"), metric("mtu", 1400, false), func(r *iproute.Route) {
		r.Preference, r.Expires, r.Metric = "high", 10*time.Minute, 5
	}), "2001:db8:1::/48 via 2001:db8::1 mtu 1400 pref high expires 600 metric 5"},
	{route("2001:db8:2::/48", via("2001:db8::1"), func(r *iproute.Route) { r.Preference = "low" }), "2001:db8:2::/48 via 2001:db8::1 pref low"},
	{route("2001:db8:3::/48", func(r *iproute.Route) { r.Type = "blackhole" }), "blackhole 2001:db8:3::/48"},
	{route("2001:db8:4::/48", func(r *iproute.Route) { r.Type = "unreachable" }), "unreachable 2001:db8:4::/48"},
	{route("2001:db8:5::/48", hop("2001:db8::1", func(h *iproute.NextHop) { h.Weight = 2 }), hop("2001:db8::2", func(h *iproute.NextHop) { h.Weight = 3 })),
		"2001:db8:5::/48 nexthop via 2001:db8::1 dev eth0 weight 2 nexthop via 2001:db8::2 dev eth0 weight 3"},
	{route("2001:db8:6::/48", via("2001:db8::1"), func(r *iproute.Route) { r.From = netip.MustParsePrefix("2001:db8:77::/48") }),
		"2001:db8:6::/48 from 2001:db8:77::/48 via 2001:db8::1"},
	{route("2001:db8:7::/48", via("fe80::1"), on("eth0"), func(r *iproute.Route) { r.Source = netip.MustParseAddr("2001:db8::10") }),
		"2001:db8:7::/48 via fe80::1 dev eth0 src 2001:db8::10"},
}

// Each route is what ip(8) makes of the same words, and is removed by what it was
// added by.
func TestRoutes(t *testing.T) {
	h, judge := tablesHost(t), tablesHost(t)
	conn := openIn(t, h)
	for _, c := range routeCases {
		family := "-4"
		if c.route.Destination.Addr().Is6() {
			family = "-6"
		}
		refused := false
		judge.in(t, func() error {
			args := append([]string{family, "route", "add"}, strings.Fields(c.ip)...)
			if !strings.Contains(c.ip, " proto ") {
				args = append([]string{family, "route", "add", "proto", "18"}, strings.Fields(c.ip)...)
			}
			if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
				if refused = strings.Contains(string(out), "not supported"); !refused {
					t.Errorf("ip %q: %s", args, out)
				}
			}
			return nil
		})
		list := []*iproute.Route{c.route}
		ack, got := record()
		if err := conn.AddRoutes(t.Context(), list, ack); err != nil {
			t.Fatal(err)
		}
		if err := (*got)[0].Err; refused && errors.Is(err, unix.EOPNOTSUPP) {
			t.Logf("%s: this kernel cannot do that: %v", c.ip, err)
			continue
		} else if err != nil || !(*got)[0].Changed {
			t.Errorf("%s: %+v", c.ip, *got)
			continue
		}
		again, same := record()
		if err := conn.AddRoutes(t.Context(), list, again); err != nil || (*same)[0] != (outcome{}) {
			t.Errorf("%s once more: %v %+v", c.ip, err, *same)
		}
		show := []string{family, "route", "show", "table", "all", "proto", strconv.Itoa(int(c.route.Protocol))}
		have, want := h.listed(t, show...), judge.listed(t, show...)
		if diff := cmp.Diff(want, have); diff != "" || len(have) == 0 {
			t.Errorf("%s: %s (%v)", c.ip, diff, have)
		}
		for _, changed := range []bool{true, false} {
			ack, got := record()
			if err := conn.RemoveRoutes(t.Context(), list, ack); err != nil || (*got)[0] != (outcome{0, changed, nil}) {
				t.Errorf("remove %s: %v %+v", c.ip, err, *got)
			}
		}
		if left := h.listed(t, show...); len(left) > 0 {
			t.Errorf("left of %s: %v", c.ip, left)
		}
		judge.ip(t, family, "route", "flush", "table", "all", "proto", show[len(show)-1])
	}
}

// A removal leaves the routes of others alone.
func TestRemoveRouteOfOthers(t *testing.T) {
	h := tablesHost(t)
	conn := openIn(t, h)
	h.ip(t, "route", "add", "10.0.0.0/8", "via", "192.0.2.1", "proto", "static")
	h.ip(t, "-6", "route", "add", "2001:db8:9::/48", "via", "2001:db8::1", "proto", "static")
	ack, got := record()
	if err := conn.RemoveRoutes(t.Context(), []*iproute.Route{route("10.0.0.0/8", via("192.0.2.1")), route("2001:db8:9::/48", via("2001:db8::1"))}, ack); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all(2, false), *got); diff != "" {
		t.Error(diff)
	}
	if n := len(h.listed(t, "route", "show", "proto", "static")) + len(h.listed(t, "-6", "route", "show", "proto", "static")); n != 2 {
		t.Errorf("%d routes of others are left, not 2", n)
	}
}

// Where a route goes among those like it.
func TestRouteOrder(t *testing.T) {
	h := tablesHost(t)
	conn := openIn(t, h)
	h.ip(t, "route", "add", "10.0.0.0/8", "via", "192.0.2.1")
	order := func(name, gateway string) *iproute.Route {
		return route("10.0.0.0/8", via(gateway), func(r *iproute.Route) { r.Order = name })
	}
	ack, got := record()
	if err := conn.AddRoutes(t.Context(), []*iproute.Route{order("append", "192.0.2.2"), order("prepend", "192.0.2.3"), order("add", "192.0.2.4")}, ack); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]outcome{{0, true, nil}, {1, true, nil}}, (*got)[:2]); diff != "" {
		t.Error(diff)
	}
	if o := (*got)[2]; o.Changed || o.Err == nil || !strings.Contains(o.Err.Error(), "there is another route to the destination") {
		t.Errorf("add where there is one: %+v", o)
	}
	var gateways []string
	for _, l := range h.listed(t, "route", "show", "10.0.0.0/8") {
		gateways = append(gateways, l["gateway"].(string))
	}
	if diff := cmp.Diff([]string{"192.0.2.3", "192.0.2.1", "192.0.2.2"}, gateways); diff != "" {
		t.Error(diff)
	}
}

// What cannot be says why, and keeps nothing else from being done.
func TestRefusedRoutes(t *testing.T) {
	h := tablesHost(t)
	conn := openIn(t, h)
	ack, got := record()
	list := []*iproute.Route{
		route("10.0.0.0/8", via("203.0.113.1")),
		route("10.1.0.0/16", on("none")),
		route("10.2.0.0/16", on("eth0"), func(r *iproute.Route) { r.Source = netip.MustParseAddr("203.0.113.1") }),
		route("10.3.0.0/16", on("eth0"), func(r *iproute.Route) { r.VRF = "eth0" }),
		route("10.4.0.0/16", on("eth0"), func(r *iproute.Route) { r.Encap = []string{"mpls", "x"} }),
		route("10.5.0.0/16", on("eth0"), func(r *iproute.Route) { r.Encap = []string{"ip", "ttl", "256"} }),
		route("10.6.0.0/16", on("eth0")),
	}
	if err := conn.AddRoutes(t.Context(), list, ack); err != nil {
		t.Fatal(err)
	}
	want := []string{"write onlink", "no such interface", "must be an address of this machine", "is no VRF", "no label", "no number that fits", ""}
	for _, o := range *got {
		text := ""
		if o.Err != nil {
			text = o.Err.Error()
		}
		if (text == "") != (want[o.I] == "") || !strings.Contains(text, want[o.I]) || text != "" && !strings.HasPrefix(text, "add route "+list[o.I].String()) {
			t.Errorf("%v: %q, not %q", list[o.I], text, want[o.I])
		}
	}
	if len(*got) != len(list) {
		t.Errorf("%d answers", len(*got))
	}
	// What was never added is gone.
	list = append(list[:len(list)-1], route("10.7.0.1/16", on("eth0")))
	ack, got = record()
	if err := conn.RemoveRoutes(t.Context(), list, ack); err != nil {
		t.Fatal(err)
	}
	for _, o := range *got {
		if o.Err != nil || o.Changed {
			t.Errorf("remove %v: %+v", list[o.I], o)
		}
	}
}

// A VRF's table is in the description of the interface, and nothing else's number is.
func TestVRFTable(t *testing.T) {
	for kind, want := range map[string]uint32{"vrf": 500, "vlan": 0} {
		info := nl.NewRtAttr(unix.IFLA_LINKINFO, nil)
		info.AddRtAttr(unix.IFLA_INFO_KIND, nl.ZeroTerminated(kind))
		info.AddRtAttr(unix.IFLA_INFO_DATA, nil).AddRtAttr(iflaVRFTable, nl.Uint32Attr(500))
		b := append(nl.NewIfInfomsg(unix.AF_UNSPEC).Serialize(), info.Serialize()...)
		if got := parseVRFTable(b); got != want {
			t.Errorf("%s: %d, not %d", kind, got, want)
		}
		for n := range b {
			parseVRFTable(b[:n]) // does not panic
		}
	}
}

// What this kernel may not take: the bytes are those of RFC 3032 section 2.1, and
// of ip-route(8)'s locator.
func TestEncap(t *testing.T) {
	for words, want := range map[string]string{
		"mpls 100/200": "0c000100" + "00064000" + "000c8100", "mpls 3": "08000100" + "00003100",
		"ila 2001:db8:0:1": "0c000100" + "20010db800000001",
	} {
		attrs, err := encap(strings.Fields(words))
		if err != nil {
			t.Errorf("%s: %v", words, err)
			continue
		}
		if got := hex.EncodeToString(attrs[1].Serialize()[unix.SizeofNlAttr:]); got != want {
			t.Errorf("%s: %s, not %s", words, got, want)
		}
	}
	for _, words := range []string{"mpls", "mpls 1048576", "ila", "ila 1:2:3", "ip dst x", "ip tos 256", "ip6 id -1", "seg6 x"} {
		if attrs, err := encap(strings.Fields(words)); err == nil {
			t.Errorf("%s: %v", words, attrs)
		}
	}
}

func openIn(t *testing.T, h host) *Conn {
	t.Helper()
	var c *Conn
	h.in(t, func() (err error) {
		c, err = Open()
		return err
	})
	t.Cleanup(func() { c.Close() })
	return c
}
