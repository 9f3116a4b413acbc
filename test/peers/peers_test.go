// Package peers tests VRRP beside another implementation, keepalived, on this
// machine's own kernel: with one of each in either role there is one master
// at a time, and keepalived logs nothing that it would not log beside itself.
//
// With KACTL_E2E_DIRECTOR=keepalived both are keepalived: the control run.
package peers

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kactl/kactl/test/lab"
)

func TestMain(m *testing.M) { lab.TestMain(m, false, "keepalived") }

const config = `
global_defs {
   router_id {{.Host}}
}
vrrp_instance VI_1 {
    state {{.Data.State}}
    interface eth0
    virtual_router_id 51
    priority {{.Data.Priority}}
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        203.0.113.16/24
    }
{{- if .Data.Unicast}}
    unicast_src_ip {{.Data.Self}}
    unicast_peer {
       {{.Data.Peer}}
    }
{{- end}}
}
`

type node struct {
	State      string
	Priority   int
	Unicast    bool
	Self, Peer string
}

const vrid = 51

var vip = netip.MustParseAddr("203.0.113.16")

// timer is the master down timer of a backup of priority 80, and half a
// second for a busy machine.
const timer = 3*time.Second + 176*time.Second/256 + 500*time.Millisecond

// a peering is a master and a backup on one segment.
type peering struct {
	lab      *lab.Lab
	lb1, lb2 *lab.Host
	d1, d2   *lab.Director
	probe    *lab.Probe
	capture  *lab.Capture
}

func newPeering(t *testing.T, k1, k2 lab.Kind, n1, n2 node) *peering {
	t.Helper()
	l := lab.New(t)
	net := l.Segment("lan")
	p := &peering{lab: l}
	p.lb1 = l.Host("lb1", net, "198.51.100.1/24")
	p.lb2 = l.Host("lb2", net, "198.51.100.2/24")
	client := l.Host("client", net, "198.51.100.9/24")
	p.capture = net.Capture()
	p.probe = client.ProbeARP(vip, 10*time.Millisecond)
	n1.Self, n1.Peer = "198.51.100.1", "198.51.100.2"
	n2.Self, n2.Peer = n1.Peer, n1.Self
	p.d1 = p.lb1.Start(lab.Config{Kind: k1, Text: config, Data: n1})
	p.d1.WaitLog("Entering MASTER STATE", 10*time.Second)
	p.d2 = p.lb2.Start(lab.Config{Kind: k2, Text: config, Data: n2})
	p.d2.WaitLog("Entering BACKUP STATE", 5*time.Second)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("lb1 (%s):\n%slb2 (%s):\n%s", k1, p.d1.Dump(), k2, p.d2.Dump())
		}
	})
	return p
}

// moves ends the test unless within limit of a moment the address is on one
// host, not on the other, and answered from there.
func (p *peering) moves(t *testing.T, from time.Time, to, away *lab.Host, limit time.Duration) {
	t.Helper()
	took := p.probe.WaitOwnerSince(from, to.Name, limit)
	lab.Eventually(t, time.Second, to.Name+" alone has the address", func() bool { return to.HasAddr(vip) && !away.HasAddr(vip) })
	t.Logf("on %s after %v", to.Name, took.Round(time.Millisecond))
}

// story takes the master away in every way, and lets it come back each time.
func (p *peering) story(t *testing.T) {
	lab.Eventually(t, 5*time.Second, "lb1 advertises", func() bool { return len(p.capture.Adverts(vrid)) > 3 })

	now := time.Now()
	p.lb1.Cut()
	p.moves(t, now, p.lb2, p.lb1, timer)
	now = time.Now()
	p.lb1.Heal()
	p.moves(t, now, p.lb1, p.lb2, timer)

	now = time.Now()
	p.d1.Kill()
	p.probe.WaitOwnerSince(now, "lb2", timer)
	now = time.Now()
	p.d1.Restart() // which removes the address that the crash left
	p.d1.WaitLogSince(now, "Entering BACKUP STATE", 2*time.Second)
	p.d1.WaitLogSince(now, "Entering MASTER STATE", timer+time.Second)
	p.moves(t, time.Now(), p.lb1, p.lb2, time.Second)

	now = time.Now()
	p.d1.Stop()
	p.moves(t, now, p.lb2, p.lb1, timer-3*time.Second)
	now = time.Now()
	p.d1.Restart()
	p.moves(t, now, p.lb1, p.lb2, timer+time.Second)

	now = time.Now()
	p.d2.Stop() // a backup: nobody notices
	lab.Always(t, time.Second, "lb1 keeps the address", func() bool { return p.lb1.HasAddr(vip) })
	if gap := p.probe.Outage(now); gap > 500*time.Millisecond {
		t.Errorf("%v without an answer when the backup stopped", gap)
	}
	p.d1.Stop()
}

// check judges the adverts of a whole story.
func (p *peering) check(t *testing.T, unicast bool) {
	t.Helper()
	if err := p.capture.TwoMasters(vrid, 100*time.Millisecond); err != nil {
		t.Error(err)
	}
	reigns := p.capture.Reigns(vrid)
	want := []string{"lb1", "lb2", "lb1", "lb2", "lb1", "lb2", "lb1"}
	if diff := cmp.Diff(want, lab.Sequence(reigns)); diff != "" {
		t.Errorf("masters in turn (-want +got):\n%s%+v", diff, reigns)
	}
	for _, r := range reigns {
		if want := map[string]byte{"lb1": 100, "lb2": 80}[r.Host]; r.Priority != want {
			t.Errorf("%s advertised priority %d, want %d", r.Host, r.Priority, want)
		}
	}
	for _, f := range p.capture.Adverts(vrid) {
		a := *f.Advert
		host := p.lab.NameOf(f.Src)
		wantSrc := map[string]string{"lb1": "198.51.100.1", "lb2": "198.51.100.2"}[host]
		wantDst := "224.0.0.18"
		if unicast {
			wantDst = map[string]string{"lb1": "198.51.100.2", "lb2": "198.51.100.1"}[host]
		}
		want := lab.Advert{
			Src: netip.MustParseAddr(wantSrc), Dst: netip.MustParseAddr(wantDst), TTL: 255,
			Version: 2, VRID: vrid, Priority: a.Priority, Interval: time.Second,
			AuthType: 1, Auth: "1111\x00\x00\x00\x00", VIPs: []netip.Addr{vip},
		}
		if diff := cmp.Diff(want, a, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%s sent another advert (-want +got):\n%s", host, diff)
			return
		}
	}
}

// TestBeside runs the story with kactl and keepalived in either role, and
// with keepalived in both for what it logs then.
func TestBeside(t *testing.T) {
	t.Parallel()
	subject := lab.DefaultKind()
	var mu sync.Mutex
	usual := map[string]bool{}            // what keepalived logs beside itself
	beside := map[string][]string{}       // what it logs beside the subject, by case
	t.Run("stories", func(t *testing.T) { // ends when all have
		for _, unicast := range []bool{false, true} {
			for _, kinds := range [][2]lab.Kind{{lab.Keepalived, lab.Keepalived}, {subject, lab.Keepalived}, {lab.Keepalived, subject}} {
				mode := map[bool]string{false: "multicast", true: "unicast"}[unicast]
				name := fmt.Sprintf("%s to %s %s", kinds[0], kinds[1], mode)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					p := newPeering(t, kinds[0], kinds[1],
						node{State: "MASTER", Priority: 100, Unicast: unicast}, node{State: "BACKUP", Priority: 80, Unicast: unicast})
					p.story(t)
					p.check(t, unicast)
					mu.Lock()
					defer mu.Unlock()
					control := kinds[0] == lab.Keepalived && kinds[1] == lab.Keepalived
					for _, d := range []*lab.Director{p.d1, p.d2} {
						if d.Kind != lab.Keepalived {
							continue
						}
						for _, line := range normalise(d) {
							if control {
								usual[line] = true
							} else {
								beside[name] = append(beside[name], line)
							}
						}
					}
				})
			}
		}
	})
	if t.Failed() {
		return // what it logs then is another matter
	}
	for name, lines := range beside {
		slices.Sort(lines)
		for _, line := range slices.Compact(lines) {
			if !usual[line] {
				t.Errorf("%s: keepalived logged what it does not log beside itself: %s", name, line)
			}
		}
	}
}

// logTime is the time that begins each line, numbers all that differs from
// run to run.
var (
	logTime = regexp.MustCompile(`^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}: `)
	numbers = regexp.MustCompile(`[0-9a-f]*::[0-9a-f:]+|\d+(\.\d+)*`)
)

func normalise(d *lab.Director) []string {
	var out []string
	for _, line := range d.Log() {
		text := normaliseLine(line.Text)
		// It wraps its command line where the length of a path has it.
		if strings.HasPrefix(text, "Command line: ") || strings.HasPrefix(text, "'") {
			continue
		}
		out = append(out, text)
	}
	return out
}

func normaliseLine(line string) string {
	line = logTime.ReplaceAllString(line, "")
	return numbers.ReplaceAllString(strings.TrimSpace(line), "N")
}

func TestNormaliseLine(t *testing.T) {
	const line = "Fri Nov 20 20:24:36 2026: (VI_1) Master received advert from 198.51.100.12 with higher priority 100, ours 80"
	const want = "(VI_N) Master received advert from N with higher priority N, ours N"
	if got := normaliseLine(line); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := normaliseLine("Assigned address fe80::4b:41ff:fe01:3 for interface eth0"); got != "Assigned address N for interface ethN" {
		t.Errorf("got %q", got)
	}
}

// TestTie lets two masters of one priority meet: the one with the higher
// address stays.
func TestTie(t *testing.T) {
	subject := lab.DefaultKind()
	for _, kinds := range [][2]lab.Kind{{subject, lab.Keepalived}, {lab.Keepalived, subject}} {
		t.Run(fmt.Sprintf("%s and %s", kinds[0], kinds[1]), func(t *testing.T) {
			t.Parallel()
			n := node{State: "BACKUP", Priority: 100}
			p := newPeering(t, kinds[0], kinds[1], n, n)
			p.lb1.Silence()
			p.d2.WaitLog("Entering MASTER STATE", timer)
			healed := time.Now()
			p.lb1.Heal()
			p.d1.WaitLogSince(healed, "Entering BACKUP STATE", 3*time.Second)
			p.moves(t, time.Now(), p.lb2, p.lb1, time.Second)
			lab.Always(t, 2*time.Second, "lb2 keeps the address", func() bool { return p.lb2.HasAddr(vip) && !p.lb1.HasAddr(vip) })
		})
	}
}
