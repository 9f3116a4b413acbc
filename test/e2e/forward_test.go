package e2e

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// forwardData fills forward.conf.
type forwardData struct {
	Interface, Algo, Kind string
	Reals                 []string
}

// TestNAT balances between two segments: the real servers have their own
// network, and the director as their gateway.
func TestNAT(t *testing.T) { lab.Story(testNAT)(t) }

func testNAT(t testing.TB) {
	l := lab.New(t)
	outside, inside := l.Segment("outside"), l.Segment("inside")
	sources := lab.Addresses("203.0.113.101", 64)
	vip := addr("203.0.113.16")
	lb := l.Host("lb", outside, "203.0.113.2/24")
	lb.Attach(inside, "eth1", "192.0.2.1/24")
	lb.Sysctl("net/ipv4/ip_forward", "1")
	client := l.Host("client", outside, lab.WithBits(sources, 24)...)
	for i := range 2 {
		rs := l.Host(fmt.Sprintf("rs%d", i+1), inside, fmt.Sprintf("192.0.2.%d/24", 51+i))
		rs.Route("0.0.0.0/0", addr("192.0.2.1"), "")
		rs.Serve(":80")
	}
	d := lb.Start(lab.Config{Text: conf(t, "forward.conf"),
		Data: forwardData{"eth0", "rr", "NAT", []string{"192.0.2.51", "192.0.2.52"}}})
	carries(t, d, client, vip, sources, "Masq", "192.0.2.51", "192.0.2.52")
}

// TestTUN balances to real servers that take the address on a tunnel device.
func TestTUN(t *testing.T) { lab.Story(testTUN)(t) }

func testTUN(t testing.TB) {
	l := lab.New(t)
	net := l.Segment("lan")
	sources := lab.Addresses("198.51.100.129", 64)
	vip := addr("203.0.113.16")
	lb := l.Host("lb", net, "198.51.100.37/24")
	client := l.Host("client", net, lab.WithBits(sources, 24)...)
	client.Route("203.0.113.0/24", netip.Addr{}, "eth0")
	for i := range 2 {
		rs := l.Host(fmt.Sprintf("rs%d", i+1), net, fmt.Sprintf("198.51.100.%d/24", 51+i))
		rs.TakeTUN(vip)
		rs.Serve(":80")
	}
	d := lb.Start(lab.Config{Text: conf(t, "forward.conf"),
		Data: forwardData{"eth0", "rr", "TUN", []string{"198.51.100.51", "198.51.100.52"}}})
	carries(t, d, client, vip, sources, "Tunnel", "198.51.100.51", "198.51.100.52")
}

// carries ends the test unless a director carries requests to two real
// servers evenly, in the given way.
func carries(t testing.TB, d *lab.Director, client *lab.Host, vip netip.Addr, sources []netip.Addr, forward string, reals ...string) {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the director's log:\n%s", d.Dump())
		}
	})
	d.WaitLog("Entering MASTER STATE", 10*time.Second)
	waitReals(t, d.Host, web(vip), 5*time.Second, reals...)
	lab.Eventually(t, time.Second, "the director has the address", func() bool { return d.Host.HasAddr(vip) })
	for a, r := range d.Host.Service(web(vip)).Reals {
		if r.Forward != forward {
			t.Errorf("%v is reached by %s, want %s", a, r.Forward, forward)
		}
	}
	spreadEvenly(t, client.GetFrom(web(vip), sources), "rs1", "rs2")
}

// TestReloadUnderLoad adds a real server by SIGHUP while clients ask: no
// request fails, and the kernel's table gets one new entry and no other
// change.
func TestReloadUnderLoad(t *testing.T) { lab.Story(testReloadUnderLoad)(t) }

func testReloadUnderLoad(t testing.TB) {
	c := newDRCluster(t, "203.0.113.16", [2]string{"198.51.100.37", "198.51.100.50"}, [2]string{"198.51.100.51", "198.51.100.53"})
	text := conf(t, "forward.conf")
	data := forwardData{"ens33", "rr", "DR", []string{"198.51.100.51", "198.51.100.53"}}
	d := c.lb1.Start(lab.Config{Text: text, Data: data})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the director's log:\n%s", d.Dump())
		}
	})
	d.WaitLog("Entering MASTER STATE", 10*time.Second)
	waitReals(t, c.lb1, web(c.vip), 5*time.Second, data.Reals...)
	lab.Eventually(t, time.Second, "the director has the address", func() bool { return c.lb1.HasAddr(c.vip) })
	capture := c.net.Capture()

	load := c.client.ProbeHTTP(web(c.vip), 40*time.Millisecond, lab.Slack, c.sources...)
	lab.Eventually(t, 5*time.Second, "the load runs", func() bool { return len(load.Answers()) >= 25 })

	rs3 := c.lab.Host("rs3", c.net, "198.51.100.54/24")
	rs3.TakeDR(c.vip)
	rs3.Serve(":80")
	data.Reals = append(data.Reals, "198.51.100.54")
	d.Configure(text, data)
	reloaded := time.Now()
	d.Reload()
	waitReals(t, c.lb1, web(c.vip), 10*time.Second, data.Reals...)
	before := len(load.Answers())
	lab.Eventually(t, 10*time.Second, "100 more answers", func() bool { return len(load.Answers()) >= before+100 })
	load.Stop()

	for _, f := range load.Failures() {
		t.Errorf("a request %v after the reload failed: %v", f.Asked.Sub(reloaded), f.Err)
	}
	by := map[string]int{}
	for _, a := range load.Answers()[before:] {
		by[a.By]++
	}
	if by["rs1"] == 0 || by["rs2"] == 0 || by["rs3"] == 0 {
		t.Errorf("after the reload requests were served by %v, want all three", by)
	}
	t.Logf("%d requests, %d failed, after the reload by %v", len(load.Answers()), len(load.Failures()), by)
	for _, r := range capture.Reigns(51) {
		if r.Resigned {
			t.Error("the master resigned over the reload")
		}
	}
	if d.Kind != lab.Kactl {
		return // logs no writes
	}
	// It logs one line for each write to the kernel's table, as the kernel has
	// acknowledged it.
	var writes []string
	for _, line := range d.Log() {
		if !line.At.Before(reloaded) && strings.Contains(line.Text, "ipvs: ") {
			writes = append(writes, line.Text)
		}
	}
	if len(writes) != 1 || !strings.Contains(writes[0], "NEW_DEST: add real server [198.51.100.54]") {
		t.Errorf("the reload wrote %q to the kernel's table, want the one new real server", writes)
	}
}
