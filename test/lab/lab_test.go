package lab

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kactl/kactl/test/need"
)

// ipDiff compares what holds net/netip's types.
var ipDiff = cmp.Options{cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{})}

func TestParseIPVS(t *testing.T) {
	const text = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  CB007110:0050 rr persistent 5000 FFFFFFFF
  -> C6336433:0050      Route   1      2          32        
  -> C6336435:1F90      Masq    0      0          0         
UDP  [2001:0db8:0000:0000:0000:0000:0000:0001]:0035 wlc 
`
	want := []VirtualService{{
		Protocol: "TCP", Addr: netip.MustParseAddrPort("203.0.113.16:80"), Scheduler: "rr", Persistent: true,
		Reals: map[netip.AddrPort]RealServer{
			netip.MustParseAddrPort("198.51.100.51:80"):   {Forward: "Route", Weight: 1, Active: 2},
			netip.MustParseAddrPort("198.51.100.53:8080"): {Forward: "Masq"},
		},
	}, {
		Protocol: "UDP", Addr: netip.MustParseAddrPort("[2001:db8::1]:53"), Scheduler: "wlc",
		Reals: map[netip.AddrPort]RealServer{},
	}}
	got, err := parseIPVS(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, ipDiff); diff != "" {
		t.Error(diff)
	}
	if _, err := parseIPVS("  -> C6336433:0050      Route   1      2          32\n"); err == nil {
		t.Error("a real server without a service was accepted")
	}
}

func TestDecodeFrame(t *testing.T) {
	const (
		// VRRPv2 of 198.51.100.37, virtual router 51, priority 100, PASS 1111.
		v2 = "01005e000012024b41010001080045c00028000100 00ff70 0000c6336425e0000012" +
			"213364010101 0000cb007110 3131313100000000"
		// VRRPv3 at 10 ms.
		v3  = "01005e000012024b41010001080045c00020000100 00ff70 0000c6336425e0000012" + "3133640100010000cb007110"
		arp = "ffffffffffff024b4101000108060001080006040002024b41010001cb007110ffffffffffffcb007110"
	)
	at := time.Unix(1, 0)
	vip := netip.MustParseAddr("203.0.113.16")
	advert := func(a Advert) *Advert {
		a.Src, a.Dst, a.TTL = netip.MustParseAddr("198.51.100.37"), netip.MustParseAddr("224.0.0.18"), 255
		a.VRID, a.Priority, a.VIPs = 51, 100, []netip.Addr{vip}
		return &a
	}
	tests := []struct {
		name, frame string
		want        Frame
	}{
		{"v2", v2, Frame{At: at, Src: "02:4b:41:01:00:01", Dst: "01:00:5e:00:00:12",
			Advert: advert(Advert{Version: 2, Interval: time.Second, AuthType: 1, Auth: "1111\x00\x00\x00\x00"})}},
		{"v3", v3, Frame{At: at, Src: "02:4b:41:01:00:01", Dst: "01:00:5e:00:00:12",
			Advert: advert(Advert{Version: 3, Interval: 10 * time.Millisecond})}},
		{"arp", arp, Frame{At: at, Src: "02:4b:41:01:00:01", Dst: "ff:ff:ff:ff:ff:ff",
			ARP: &ARP{Reply: true, SenderMAC: "02:4b:41:01:00:01", SenderIP: vip, TargetIP: vip}}},
	}
	for _, tt := range tests {
		b, err := hex.DecodeString(strings.ReplaceAll(tt.frame, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		got, ok := decodeFrame(at, b)
		if diff := cmp.Diff(tt.want, got, ipDiff); diff != "" || !ok {
			t.Errorf("%s: ok %v\n%s", tt.name, ok, diff)
		}
		for n := range b { // no panic on a short frame
			decodeFrame(at, b[:n])
		}
	}
}

// script makes adverts one second apart: each letter is a second's senders,
// and a capital one a resignation.
func script(seconds ...string) []Frame {
	var out []Frame
	for i, senders := range seconds {
		for j, who := range senders {
			f := Frame{
				At:     time.Unix(int64(i), int64(j)*int64(time.Millisecond)),
				Src:    strings.ToLower(string(who)),
				Advert: &Advert{Priority: 100, Interval: time.Second},
			}
			if f.Src != string(who) {
				f.Advert.Priority = 0
			}
			out = append(out, f)
		}
	}
	return out
}

func TestMasters(t *testing.T) {
	tests := []struct {
		name     string
		adverts  []Frame
		sequence []string
		two      bool
	}{
		{"one", script("a", "a", "a"), []string{"a"}, false},
		{"take-over", script("a", "a", "", "", "b", "b"), []string{"a", "b"}, false},
		{"resignation", script("a", "aA", "b", "b"), []string{"a", "b"}, false},
		{"there and back", script("a", "", "b", "b", "a", "a"), []string{"a", "b", "a"}, false},
		{"short reign", script("a", "a", "bB", "a"), []string{"a", "b", "a"}, false},
		{"crossing", script("a", "ab", "a", "a"), []string{"a", "b"}, false},
		{"split", script("a", "ab", "ab", "ab"), []string{"a", "b"}, true},
		{"split at an end", script("a", "a", "ab", "ab", "b"), []string{"a", "b"}, true},
		{"late yield", script("a", "a", "", "", "b", "ba", "ba", "a"), []string{"a", "b", "a"}, true},
	}
	for _, tt := range tests {
		all := reigns(tt.adverts, func(mac string) string { return mac })
		if diff := cmp.Diff(tt.sequence, Sequence(all)); diff != "" {
			t.Errorf("%s: masters in turn (-want +got):\n%s", tt.name, diff)
		}
		if err := twoMasters(all, 1, 200*time.Millisecond); (err != nil) != tt.two {
			t.Errorf("%s: two masters: %v, want %v", tt.name, err, tt.two)
		}
	}
}

func TestMasterOf(t *testing.T) {
	self := func(mac string) string { return mac }
	for _, tt := range []struct {
		adverts []Frame
		host    string
		want    bool
	}{
		{nil, "a", false},
		{script("a", "a"), "a", true},
		{script("a", "a"), "b", false},
		{script("a", "aA"), "a", false},
		{script("a", "aA", "b"), "a", false},
		{script("a", "aA", "b"), "b", true},
		{append(script("a"), Frame{ARP: &ARP{}}), "a", true},
	} {
		if got := len(masterOf(tt.host, tt.adverts, self)) > 0; got != tt.want {
			t.Errorf("%s is master: %v, want %v: %v", tt.host, got, tt.want, tt.adverts)
		}
	}
}

func TestLongestGap(t *testing.T) {
	at := func(s float64) time.Time { return time.Unix(0, int64(s*1e9)) }
	answers := []Answer{{At: at(1)}, {At: at(2)}, {At: at(5)}, {At: at(6)}}
	for _, tt := range []struct{ from, to, want float64 }{
		{0, 7, 3}, {5, 7, 1}, {5, 10, 4}, {6, 6, 0}, {2.5, 7, 2.5}, {7, 9, 2},
	} {
		if got := longestGap(answers, at(tt.from), at(tt.to)).Seconds(); got != tt.want {
			t.Errorf("from %v to %v: gap %v, want %v", tt.from, tt.to, got, tt.want)
		}
	}
}

func TestTestArgs(t *testing.T) {
	got := testArgs([]string{"-test.v=true", "-test.testlogfile=/tmp/x", "--test.coverprofile=c", "-test.run=^A$"})
	if diff := cmp.Diff([]string{"-test.v=true", "-test.run=^A$"}, got); diff != "" {
		t.Error(diff)
	}
}

// recorder is a T that keeps its failures to itself.
type recorder struct {
	*testing.T
	failed []string
}

var errFatal = errors.New("fatal")

func (r *recorder) Fatalf(format string, args ...any) {
	r.failed = append(r.failed, format)
	panic(errFatal)
}

func (r *recorder) run(f func()) {
	defer func() {
		if v := recover(); v != nil && v != errFatal {
			panic(v)
		}
	}()
	f()
}

func TestWaitingFails(t *testing.T) {
	r := &recorder{T: t}
	r.run(func() { eventually(r, 30*time.Millisecond, 0, "never", func() bool { return false }) })
	r.run(func() { Always(r, 30*time.Millisecond, "not so", func() bool { return false }) })
	if len(r.failed) != 2 {
		t.Errorf("%d of 2 broken conditions were reported", len(r.failed))
	}
	r.run(func() { Eventually(r, time.Minute, "at once", func() bool { return true }) })
	r.run(func() { Always(r, 30*time.Millisecond, "so", func() bool { return true }) })
	if len(r.failed) != 2 {
		t.Errorf("conditions that held were reported: %v", r.failed[2:])
	}
}

// TestBrokenNetwork breaks a network on purpose: what the scenarios look for
// must show.
func TestBrokenNetwork(t *testing.T) {
	need.Root(t)
	vip := netip.MustParseAddr("203.0.113.16")
	l := New(t)
	net := l.Segment("lan")
	a := l.Host("a", net, "198.51.100.1/24")
	b := l.Host("b", net, "198.51.100.2/24")
	client := l.Host("client", net, "198.51.100.9/24")
	capture := net.Capture()
	probe := client.ProbeARP(vip, 10*time.Millisecond)

	// Two hosts answer for one address.
	a.AddAddr("eth0", "203.0.113.16/32")
	b.AddAddr("eth0", "203.0.113.16/32")
	began := time.Now()
	probe.WaitOwnerSince(began, "a", time.Second)
	probe.WaitOwnerSince(began, "b", time.Second)

	// A cut link loses its carrier, a silent one does not, and neither answers.
	b.DelAddr("eth0", "203.0.113.16/32")
	for _, fault := range []struct {
		name    string
		do      func()
		carrier bool
	}{{"cut", a.Cut, false}, {"silence", a.Silence, true}} {
		fault.do()
		Eventually(t, 2*time.Second, fault.name+" shows at the carrier", func() bool { return a.carrier() == fault.carrier })
		broken := time.Now()
		Always(t, 100*time.Millisecond, fault.name+": no answer", func() bool { return len(probe.Owners(broken)) == 0 })
		if gap := probe.Outage(broken); gap < 90*time.Millisecond {
			t.Errorf("%s: an outage of %v was measured, want 100 ms at least", fault.name, gap)
		}
		a.Heal()
		probe.WaitOwner("a", 2*time.Second)
	}

	// A real server that stopped refuses; the probe notes it.
	s := a.Serve(":80")
	to := netip.MustParseAddrPort("198.51.100.1:80")
	if got, err := client.Get(to, GetOptions{}); err != nil || got != "a" {
		t.Errorf("got %q, %v, want the server's name", got, err)
	}
	s.Stop()
	load := client.ProbeHTTP(to, 10*time.Millisecond, time.Second)
	Eventually(t, time.Second, "failures are noted", func() bool { return len(load.Failures()) > 2 })
	s.Start()
	load.WaitOwner("a", time.Second)

	capture.WaitFor(began, time.Second, "ARP was captured", func(f Frame) bool { return f.ARP != nil && f.ARP.SenderIP == vip })
}
