package main

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// story writes frames as "MILLISECONDS HOST [VIP]", one a word group.
func story(t *testing.T, text string) []frame {
	t.Helper()
	var out []frame
	for line := range strings.SplitSeq(text, ",") {
		f := strings.Fields(line)
		at, err := time.ParseDuration(f[0] + "ms")
		if err != nil {
			t.Fatal(err)
		}
		fr := frame{at: epoch.Add(at), src: f[1]}
		if len(f) > 2 {
			fr.vip = netip.MustParseAddr(f[2])
		}
		out = append(out, fr)
	}
	return out
}

func TestFind(t *testing.T) {
	vips := []netip.Addr{netip.MustParseAddr("198.18.1.1"), netip.MustParseAddr("198.18.1.2")}
	const ms = time.Millisecond
	for _, c := range []struct {
		name, heard string
		want        takeover
		done        bool
		err         string
	}{
		{
			name:  "each address's first ARP counts, in whatever order",
			heard: "0 old, 3 old 198.18.1.1, 100 old, 463 new, 465 new 198.18.1.2, 466 new 198.18.1.2, 468 new 198.18.1.1, 469 new 198.18.1.2, 563 new",
			want:  takeover{3 * ms, 5 * ms, 8 * ms}, done: true,
		},
		{
			name:  "before the timer",
			heard: "0 old, 359 new, 361 new 198.18.1.1, 358 new 198.18.1.2",
			want:  takeover{-ms, -2 * ms, ms}, done: true,
		},
		{name: "not yet", heard: "0 old, 100 old"},
		{name: "no advert yet", heard: "0 old, 361 new 198.18.1.1, 361 new 198.18.1.2"},
		{name: "an address is missing", heard: "0 old, 361 new, 361 new 198.18.1.1, 361 old 198.18.1.2, 362 new 198.18.1.1"},
		{name: "others talk", heard: "0 old, 1 client, 1 client 198.18.1.1"},
		{name: "two masters", heard: "0 old, 50 new, 100 old", err: "two masters: the old one advertised 50ms after"},
		{name: "the wrong one first", heard: "0 new, 50 old", err: "before the old one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, done, err := find(story(t, c.heard), "old", "new", vips, 360*ms)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil || done != c.done || done && got != c.want {
				t.Errorf("got %+v, %v, %v; want %+v, %v", got, done, err, c.want, c.done)
			}
		})
	}
}

func TestMasterDown(t *testing.T) {
	for _, c := range []struct {
		interval time.Duration
		priority int
		want     string
	}{
		{100 * time.Millisecond, 100, "360.9375ms"},
		{time.Second, 254, "3.0078125s"},
	} {
		if got := masterDown(c.interval, c.priority).String(); got != c.want {
			t.Errorf("%v, priority %d: %v, want %v", c.interval, c.priority, got, c.want)
		}
	}
}

func TestDecode(t *testing.T) {
	const (
		ether = "ffffffffffff 024b41010002 "
		arp   = ether + "0806 0001 0800 06 04 0001 024b41010002 c6120101 ffffffffffff "
		ip    = "45c0 0028 0001 0000 ff70 0000 c633640c e0000012 "
	)
	ip6 := func(protocol string) string {
		return "6c000000 0020" + protocol + "ff fe80000000000000004b41fffe010002 ff020000000000000000000000000012 "
	}
	for _, c := range []struct {
		name, bytes, vip string
		ok               bool
	}{
		{"a gratuitous ARP", arp + "c6120101", "198.18.1.1", true},
		{"a question", arp + "c6120102", "", false},
		{"an ARP cut short", arp + "c612", "", false},
		{"an advert", ether + "0800 " + ip + "31 33 64 01", "", true},
		{"of another virtual router", ether + "0800 " + ip + "31 32 64 01", "", false},
		{"the last of a sync group", ether + "0800 " + ip + "31 64 64 01", "", true},
		{"of one behind it", ether + "0800 " + ip + "31 65 64 01", "", false},
		{"with options before it", ether + "0800 46" + ip[2:] + "94040000 31 33", "", true},
		{"an advert cut short", ether + "0800 " + ip + "31", "", false},
		{"another protocol", ether + "0800 " + strings.Replace(ip, "ff70", "ff11", 1) + "31 33", "", false},
		{"IPv6 that is none", ether + "86dd " + ip + "31 33", "", false},
		{"an advert over IPv6", ether + "86dd " + ip6("70") + "31 33 64 01", "", true},
		{"one cut short", ether + "86dd " + ip6("70") + "31", "", false},
		{"an unsolicited neighbour advertisement", ether + "86dd " + ip6("3a") + "88 00 0000 a0000000 20010db8000100000000000000000001", "2001:db8:1::1", true},
		{"an answer to a neighbour", ether + "86dd " + ip6("3a") + "88 00 0000 60000000 20010db8000100000000000000000001", "", false},
		{"one that is cut short", ether + "86dd " + ip6("3a") + "88 00 0000 a0000000 20010db8", "", false},
		{"next to nothing", "ffff", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := hex.DecodeString(strings.ReplaceAll(c.bytes, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			f, ok := decode(b)
			if ok != c.ok {
				t.Fatalf("ok is %v, want %v", ok, c.ok)
			}
			if !ok {
				return
			}
			if f.src != "02:4b:41:01:00:02" {
				t.Errorf("from %s", f.src)
			}
			if want, _ := netip.ParseAddr(c.vip); f.vip != want {
				t.Errorf("announces %v, want %v", f.vip, want)
			}
		})
	}
}

func TestLayouts(t *testing.T) {
	for _, c := range []struct {
		l                         layout
		instances, vips, inAdvert int
	}{
		{router(1), 1, 1, 1},
		{router(500), 1, 500, 250},
		{router6(500), 1, 500, 80},
		{syncGroup(50), 50, 50, 1},
	} {
		seen, ids := map[netip.Addr]bool{}, map[int]bool{}
		for _, a := range c.l.vips() {
			seen[a] = true
			if a.Is6() != c.l.ipv6 {
				t.Errorf("%s has %v", c.l.name, a)
			}
		}
		for _, i := range c.l.instances {
			ids[i.VRID] = true
		}
		if len(seen) != c.vips || len(ids) != c.instances || len(c.l.instances[0].VIPs) != c.inAdvert {
			t.Errorf("%s: %d addresses, %d instances, %d addresses in an advert", c.l.name, len(seen), len(ids), len(c.l.instances[0].VIPs))
		}
	}
}

// The timer of a group is that of the instance whose last advert is the oldest.
func TestFindGroup(t *testing.T) {
	heard := story(t, "0 old, 2 old, 100 old, 463 new, 465 new 198.18.1.1")
	heard[1].vrid = 52
	got, done, err := find(heard, "old", "new", addresses(1), 360*time.Millisecond)
	if want := (takeover{101 * time.Millisecond, 103 * time.Millisecond, 103 * time.Millisecond}); got != want || !done || err != nil {
		t.Errorf("got %+v, %v, %v; want %+v", got, done, err, want)
	}
}

func TestLimits(t *testing.T) {
	const us = time.Microsecond
	for _, c := range []struct {
		name        string
		size        int
		peer, kactl takeover
		past, told  int // limits that are past, and those of which nothing is told
	}{
		{"as good", 1, takeover{100 * us, 200 * us, 200 * us}, takeover{110 * us, 220 * us, 220 * us}, 0, 0},
		{"slower in each", 1, takeover{100 * us, 200 * us, 200 * us}, takeover{111 * us, 223 * us, 223 * us}, 3, 0},
		{"much too late", 1, takeover{2900 * us, 2900 * us, 2900 * us}, takeover{3001 * us, 3002 * us, 3002 * us}, 1, 0},
		{"too late, as the peer is", 1, takeover{5000 * us, 5000 * us, 5000 * us}, takeover{3001 * us, 3002 * us, 3002 * us}, 0, 1},
		{"too early", 1, takeover{100 * us, 200 * us, 200 * us}, takeover{-us, 1, 1}, 1, 0},
		{"a peer that is too early", 1, takeover{-us, 200 * us, 200 * us}, takeover{10 * us, 200 * us, 200 * us}, 0, 1},
		{"many", 500, takeover{100 * us, 200 * us, 10000 * us}, takeover{900 * us, 900 * us, 7000 * us}, 0, 0},
		{"many, too late", 500, takeover{100 * us, 200 * us, 10000 * us}, takeover{100 * us, 100 * us, 7100 * us}, 1, 0},
		{"many, too early", 500, takeover{100 * us, 200 * us, 10000 * us}, takeover{-us, 0, 0}, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := bench.NewReport("")
			add(r, router(c.size), bench.Collect(programs, 1, func(p lab.Kind) (takeover, bool) {
				return map[lab.Kind]takeover{lab.Keepalived: c.peer, lab.Kactl: c.kactl}[p], false
			}))
			text := written(t, r)
			if past, doubts := r.Past(), strings.Count(text, "cannot be told on this machine"); past != c.past || doubts != c.told {
				t.Errorf("%d limits past, %d not told, want %d, %d:\n%s", past, doubts, c.past, c.told, text)
			}
		})
	}
}

// TestDisturbed measures on machines that stand still in some runs, in most, and
// in all of one program.
func TestDisturbed(t *testing.T) {
	good := takeover{time.Millisecond, time.Millisecond, time.Millisecond}
	for _, c := range []struct {
		name    string
		disturb func(p lab.Kind, run int) bool
		doubts  bool
	}{
		{"never", func(lab.Kind, int) bool { return false }, false},
		{"every second run", func(_ lab.Kind, run int) bool { return run%2 == 0 }, false},
		{"three of four runs", func(_ lab.Kind, run int) bool { return run%4 != 0 }, false},
		{"four of five", func(_ lab.Kind, run int) bool { return run%5 != 0 }, true},
		{"nine of ten", func(_ lab.Kind, run int) bool { return run%10 != 0 }, true},
		{"of kactl", func(p lab.Kind, _ int) bool { return p == lab.Kactl }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := map[lab.Kind]int{}
			r := bench.NewReport("")
			add(r, router(1), bench.Collect(programs, 20, func(p lab.Kind) (takeover, bool) {
				run[p]++
				if c.disturb(p, run[p]) {
					return takeover{time.Hour, time.Hour, time.Hour}, true
				}
				return good, false
			}))
			if text := written(t, r); r.Past() != 0 || strings.Contains(text, "cannot be told") != c.doubts || strings.Contains(text, "3600000") {
				t.Errorf("%d limits past:\n%s", r.Past(), text)
			}
		})
	}
}

func written(t *testing.T, r *bench.Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWitness(t *testing.T) {
	if !newWitness().until(time.Now().Add(-time.Second)) {
		t.Error("a second too late is not late")
	}
}
