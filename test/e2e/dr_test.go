package e2e

import (
	"crypto/md5"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kactl/kactl/test/lab"
)

// drNode is what differs between the two directors of dr.conf.
type drNode struct {
	State      string
	Priority   int
	Self, Peer string
}

// drCluster is the network of a pair of directors, two real servers behind
// one address and a client with 64.
type drCluster struct {
	lab      *lab.Lab
	net      *lab.Segment
	vip      netip.Addr
	lb1, lb2 *lab.Host
	rs1, rs2 *lab.Server
	client   *lab.Host
	sources  []netip.Addr
}

func newDRCluster(t testing.TB, vip string, directors, reals [2]string) *drCluster {
	t.Helper()
	l := lab.New(t)
	c := &drCluster{lab: l, vip: addr(vip), sources: lab.Addresses("198.51.100.129", 64)}
	c.net = l.Segment("lan")
	c.lb1 = l.HostOn("lb1", c.net, "ens33", directors[0]+"/24")
	c.lb2 = l.HostOn("lb2", c.net, "ens33", directors[1]+"/24")
	c.client = l.Host("client", c.net, lab.WithBits(c.sources, 24)...)
	c.client.Route("203.0.113.0/24", netip.Addr{}, "eth0")
	for i, s := range []**lab.Server{&c.rs1, &c.rs2} {
		h := l.Host(fmt.Sprintf("rs%d", i+1), c.net, reals[i]+"/24")
		h.TakeDR(c.vip)
		*s = h.Serve(":80")
	}
	return c
}

// waitReals waits until a director's table has exactly these real servers.
func waitReals(t testing.TB, h *lab.Host, vs netip.AddrPort, limit time.Duration, want ...string) time.Duration {
	t.Helper()
	var addrs []netip.Addr
	for _, w := range want {
		addrs = append(addrs, addr(w))
	}
	return lab.Eventually(t, limit, fmt.Sprintf("%s balances over %v", h.Name, want), func() bool {
		got := h.Reals(vs)
		return got != nil && cmp.Equal(got, append([]netip.Addr{}, addrs...), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }))
	})
}

// TestDRCluster is the round-robin cluster with TCP checks and unicast
// adverts.
func TestDRCluster(t *testing.T) { lab.Story(testDRCluster)(t) }

func testDRCluster(t testing.TB) {
	c := newDRCluster(t, "203.0.113.16", [2]string{"198.51.100.37", "198.51.100.50"}, [2]string{"198.51.100.51", "198.51.100.53"})
	files := map[string]string{"notify.sh": notify}
	lb1 := c.lb1.Start(lab.Config{Text: conf(t, "dr.conf"), Files: files,
		Data: drNode{"MASTER", 100, "198.51.100.37", "198.51.100.50"}})
	c.lb2.Start(lab.Config{Text: conf(t, "dr.conf"), Files: files,
		Data: drNode{"BACKUP", 80, "198.51.100.50", "198.51.100.37"}})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("lb1:\n%s", lb1.Dump())
		}
	})
	lb1.WaitLog("Entering MASTER STATE", 10*time.Second)
	for _, h := range []*lab.Host{c.lb1, c.lb2} {
		waitReals(t, h, web(c.vip), 10*time.Second, "198.51.100.51", "198.51.100.53")
	}
	s := c.lb1.Service(web(c.vip))
	if s.Scheduler != "rr" || !s.Persistent || s.Reals[web(addr("198.51.100.51"))].Forward != "Route" {
		t.Errorf("the table says %+v, want rr, persistent, Route", s)
	}

	spreadEvenly(t, c.client.GetFrom(web(c.vip), c.sources), "rs1", "rs2")
	one := c.client.GetFrom(web(c.vip), []netip.Addr{c.sources[5], c.sources[5], c.sources[5], c.sources[5]})
	if n := lab.Count(one); len(n) != 1 {
		t.Errorf("one address was served by %v, want one real server for 50 s", n)
	}

	// Down: one check each delay_loop (6 s), then three retries 3 s apart; but
	// the very first check, at a random time, has no retries.
	lb1.WaitLog("TCP connection to [198.51.100.51]:tcp:80 success", 8*time.Second)
	died := time.Now()
	c.rs1.Stop()
	waitReals(t, c.lb1, web(c.vip), 6*time.Second+3*3*time.Second+2*time.Second, "198.51.100.53")
	took := time.Since(died)
	t.Logf("out of the table %v after it died", took)
	if took < 3*3*time.Second-500*time.Millisecond {
		t.Errorf("the real server was taken out after %v, want three retries 3 s apart first", took)
	}
	c.rs1.Start()
	took = waitReals(t, c.lb1, web(c.vip), 8*time.Second, "198.51.100.51", "198.51.100.53")
	t.Logf("in the table again %v after it came back", took)
}

// TestDigestCluster is the weighted-least-connection cluster with a digest of
// the test page, both directors BACKUP and nopreempt.
func TestDigestCluster(t *testing.T) { lab.Story(testDigestCluster)(t) }

func testDigestCluster(t testing.TB) {
	c := newDRCluster(t, "198.51.100.110", [2]string{"198.51.100.113", "198.51.100.114"}, [2]string{"198.51.100.111", "198.51.100.112"})
	type node struct {
		Priority         int
		Digest1, Digest2 string
	}
	pages := [2]string{"<h1>RIP1<h1>\n<h1>198.51.100.111<h1>\n", "<h1>RIP2<h1>\n<h1>198.51.100.112<h1>\n"}
	c.rs1.SetPage("/index.html", pages[0])
	c.rs2.SetPage("/index.html", pages[1])
	data := node{100, fmt.Sprintf("%x", md5.Sum([]byte(pages[0]))), fmt.Sprintf("%x", md5.Sum([]byte(pages[1])))}
	probe := c.client.ProbeARP(c.vip, 100*time.Millisecond)
	pip := c.lb1.Start(lab.Config{Text: conf(t, "apache.conf"), Data: data})
	pip.WaitLog("Entering MASTER STATE", 10*time.Second)
	sip := c.lb2.Start(lab.Config{Text: conf(t, "apache.conf"), Data: data})
	for _, h := range []*lab.Host{c.lb1, c.lb2} {
		waitReals(t, h, web(c.vip), 10*time.Second, "198.51.100.111", "198.51.100.112")
	}
	answers := c.client.GetFrom(web(c.vip), c.sources)
	if n := lab.Count(answers); n["rs1"] == 0 || n["rs2"] == 0 {
		t.Errorf("64 addresses were served by %v, want both real servers", n)
	}
	src := c.sources[7]
	if n := lab.Count(c.client.GetFrom(web(c.vip), []netip.Addr{src, src, src})); len(n) != 1 {
		t.Errorf("one address was served by %v, want one real server for 50 s", n)
	}

	// A page with another digest takes the real server out.
	c.rs2.SetPage("/index.html", "<h1>hacked<h1>\n")
	waitReals(t, c.lb1, web(c.vip), 17*time.Second, "198.51.100.111")
	if got := c.client.GetFrom(web(c.vip), c.sources[:8]); lab.Count(got)["rs1"] != 8 {
		t.Errorf("8 requests were served by %v, want rs1 alone", lab.Count(got))
	}
	c.rs2.SetPage("/index.html", pages[1])
	// Up: a check passes each page, then once more for the server as a whole.
	waitReals(t, c.lb1, web(c.vip), 2*6*time.Second+3*time.Second, "198.51.100.111", "198.51.100.112")

	// The first director stops; the second takes over, and keeps the address
	// when the first comes back.
	stopped := time.Now()
	pip.Stop()
	took := probe.WaitOwnerSince(stopped, "lb2", 2*time.Second+time.Second)
	t.Logf("taken over %v after the stop", took)
	sip.WaitLog("Entering MASTER STATE", time.Second)
	pip.Restart()
	back := time.Now()
	pip.WaitLogSince(back, "Entering BACKUP STATE", 5*time.Second)
	lab.Always(t, 5*time.Second, "lb2 keeps the address", func() bool { return !c.lb1.HasAddr(c.vip) && c.lb2.HasAddr(c.vip) })
	if got := probe.Owners(back); !cmp.Equal(got, []string{"lb2"}) {
		t.Errorf("the address was answered by %v after the first director's return, want lb2 alone", got)
	}
}
