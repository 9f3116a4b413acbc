package main

import (
	_ "embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/kactl/kactl/test/lab"
)

//go:embed keepalived.conf
var config string

// node is what differs between the two directors' files.
type node struct {
	State    string
	Priority int
}

var (
	vip   = netip.MustParseAddr("203.0.113.16")
	site  = netip.AddrPortFrom(vip, 80)
	reals = []netip.Addr{netip.MustParseAddr("198.51.100.51"), netip.MustParseAddr("198.51.100.52")}
)

func play(s *stage) {
	kind := lab.DefaultKind()
	fmt.Printf("Two directors (%s), two real servers and a client, on one segment:\n", kind)
	fmt.Print(`
   client, 64 addresses            lb1 198.51.100.11   priority 100
                   \               /
                    ===============    203.0.113.16:80, direct routing
                   /               \
   rs1 198.51.100.51               lb2 198.51.100.12   priority 80
   rs2 198.51.100.52
`)
	l := lab.New(s)
	net := l.Segment("lan")
	lb1 := l.Host("lb1", net, "198.51.100.11/24")
	lb2 := l.Host("lb2", net, "198.51.100.12/24")
	sources := lab.Addresses("198.51.100.129", 64)
	client := l.Host("client", net, lab.WithBits(sources, 24)...)
	client.Route("203.0.113.0/24", netip.Addr{}, "eth0")
	var servers []*lab.Server
	for i, a := range reals {
		h := l.Host(fmt.Sprintf("rs%d", i+1), net, a.String()+"/24")
		h.TakeDR(vip)
		servers = append(servers, h.Serve(":80"))
	}

	s.act("The directors start.")
	d1 := lb1.Start(lab.Config{Text: config, Data: node{"MASTER", 100}})
	d1.WaitLog("Entering MASTER STATE", 10*time.Second)
	d2 := lb2.Start(lab.Config{Text: config, Data: node{"BACKUP", 80}})
	d2.WaitLog("Entering BACKUP STATE", 10*time.Second)
	for _, h := range []*lab.Host{lb1, lb2} {
		waitReals(s, h, 10*time.Second, reals...)
	}
	lab.Eventually(s, 2*time.Second, "lb1 has the address", func() bool { return lb1.HasAddr(vip) })
	s.say("lb1 is master and has %v; lb2 is backup.", vip)
	s.say("the kernel's table on lb1: %s", table(lb1))

	s.act("64 addresses ask once each.")
	count := lab.Count(client.GetFrom(site, sources))
	s.say("answered by rs1: %d, by rs2: %d.", count["rs1"], count["rs2"])
	if d := count["rs1"] - count["rs2"]; d < -1 || d > 1 {
		s.Fatalf("round robin did not spread the requests evenly")
	}

	s.act("A real server dies, while the client asks 20 times a second.")
	load := client.ProbeHTTP(site, 50*time.Millisecond, time.Second, sources...)
	lab.Eventually(s, 5*time.Second, "answers come", func() bool { return len(load.Answers()) > 20 })
	died := time.Now()
	servers[1].Stop()
	took := waitReals(s, lb1, 10*time.Second, reals[0])
	settled := time.Now()
	s.say("rs2 was out of the table %.1f s after it died.", took.Seconds())
	lab.Eventually(s, 5*time.Second, "answers come again", func() bool { return answersSince(load, settled) > 20 })
	s.say("%d requests were refused meanwhile; %.2f s at most without an answer; since then all are answered by rs1.",
		len(load.Failures()), load.Outage(died).Seconds())
	servers[1].Start()
	took = waitReals(s, lb1, 10*time.Second, reals...)
	s.say("rs2 lives again and was back in the table %.1f s later.", took.Seconds())

	s.act("The master's link is cut.")
	failures := len(load.Failures())
	cut := time.Now()
	lb1.Cut()
	lab.Eventually(s, 10*time.Second, "lb2 has the address", func() bool { return lb2.HasAddr(vip) })
	s.say("lb2 took the address over %.2f s after the cut.", time.Since(cut).Seconds())
	taken := time.Now()
	lab.Eventually(s, 5*time.Second, "answers come again", func() bool { return answersSince(load, taken) > 20 })
	s.say("the client was without an answer for %.2f s (%d requests failed).",
		load.Outage(cut).Seconds(), len(load.Failures())-failures)

	s.act("The link is mended: lb1 has the higher priority and takes the address back.")
	failures = len(load.Failures())
	mended := time.Now()
	lb1.Heal()
	lab.Eventually(s, 10*time.Second, "lb1 alone has the address", func() bool { return lb1.HasAddr(vip) && !lb2.HasAddr(vip) })
	back := time.Now()
	lab.Eventually(s, 5*time.Second, "answers come", func() bool { return answersSince(load, back) > 20 })
	s.say("lb1 is master again after %.2f s; the client was without an answer for %.2f s (%d requests failed).",
		back.Sub(mended).Seconds(), load.Outage(mended).Seconds(), len(load.Failures())-failures)

	s.act("The master stops in order.")
	failures = len(load.Failures())
	stopped := time.Now()
	d1.Stop()
	lab.Eventually(s, 5*time.Second, "lb2 has the address", func() bool { return lb2.HasAddr(vip) })
	taken = time.Now()
	lab.Eventually(s, 5*time.Second, "answers come", func() bool { return answersSince(load, taken) > 20 })
	s.say("it resigned, so that lb2 did not wait: %.2f s without an answer (%d requests failed).",
		load.Outage(stopped).Seconds(), len(load.Failures())-failures)
	load.Stop()
	fmt.Printf("\nDone: %d requests in all, in %.0f s. Nothing is left behind.\n",
		len(load.Answers())+len(load.Failures()), time.Since(s.began).Seconds())
}

// waitReals waits until a director balances over exactly these real servers.
func waitReals(s *stage, h *lab.Host, limit time.Duration, want ...netip.Addr) time.Duration {
	return lab.Eventually(s, limit, fmt.Sprintf("%s balances over %v", h.Name, want), func() bool {
		return slices.Equal(h.Reals(site), want)
	})
}

// answersSince is how many questions asked at or after a time were answered.
func answersSince(p *lab.Probe, from time.Time) int {
	n := 0
	for _, a := range p.Answers() {
		if !a.Asked.Before(from) {
			n++
		}
	}
	return n
}

// table is a host's IPVS table in one line.
func table(h *lab.Host) string {
	var out []string
	for _, v := range h.IPVS() {
		out = append(out, fmt.Sprintf("%s %v %s -> %v", v.Protocol, v.Addr, v.Scheduler, h.Reals(v.Addr)))
	}
	return strings.Join(out, "; ")
}
