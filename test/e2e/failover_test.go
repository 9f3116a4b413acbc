package e2e

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kactl/kactl/test/lab"
)

// pairNode is what differs between the directors of pair.conf.
type pairNode struct {
	State    string
	Priority int
	Extra    string // more keywords of the instance
}

// pair is two directors that share an address, with no real servers, and a
// client that asks all the time who has the address.
type pair struct {
	lab      *lab.Lab
	net      *lab.Segment
	lb1, lb2 *lab.Host
	d1, d2   *lab.Director
	client   *lab.Host
	vip      netip.Addr
	probe    *lab.Probe
	capture  *lab.Capture
}

const pairVRID = 66

// newPair starts two directors with one configuration template, waits until
// the first is master and starts to probe.
func newPair(t testing.TB, c1, c2 lab.Config) *pair {
	t.Helper()
	l := lab.New(t)
	p := &pair{lab: l, net: l.Segment("lan"), vip: addr("203.0.113.16")}
	p.lb1 = l.Host("lb1", p.net, "198.51.100.37/24")
	p.lb2 = l.Host("lb2", p.net, "198.51.100.50/24")
	p.client = l.Host("client", p.net, "198.51.100.9/24", "203.0.113.123/24")
	p.capture = p.net.Capture()
	// One after the other: the first to be ready could be master for a moment.
	p.d1 = p.lb1.Start(c1)
	p.d1.WaitLog("Entering MASTER STATE", 10*time.Second)
	p.d2 = p.lb2.Start(c2)
	p.d2.WaitLog("Entering BACKUP STATE", 10*time.Second)
	p.probe = p.client.ProbeARP(p.vip, 50*time.Millisecond)
	p.probe.WaitOwner("lb1", 5*time.Second)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("lb1:\n%slb2:\n%s", p.d1.Dump(), p.d2.Dump())
		}
	})
	return p
}

// ownedBy ends the test unless within limit only this host has the address
// and answers for it.
func (p *pair) ownedBy(t testing.TB, owner *lab.Host, limit time.Duration) {
	t.Helper()
	other := p.lb1
	if owner == p.lb1 {
		other = p.lb2
	}
	lab.Eventually(t, limit, owner.Name+" alone has the address", func() bool {
		return owner.HasAddr(p.vip) && !other.HasAddr(p.vip)
	})
	p.probe.WaitOwner(owner.Name, time.Second)
}

// oneMaster ends the test if the adverts show two masters at a time.
func (p *pair) oneMaster(t testing.TB, want ...string) {
	t.Helper()
	if err := p.capture.TwoMasters(pairVRID, 200*time.Millisecond); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(want, lab.Sequence(p.capture.Reigns(pairVRID))); diff != "" {
		t.Errorf("masters in turn (-want +got):\n%s", diff)
	}
}

func pairConfigs(t testing.TB, n1, n2 pairNode) (c1, c2 lab.Config) {
	text := conf(t, "pair.conf")
	return lab.Config{Text: text, Data: n1}, lab.Config{Text: text, Data: n2}
}

// TestLinkCut takes the master's link away and gives it back.
func TestLinkCut(t *testing.T) {
	const delay = 5 * time.Second
	tests := []struct {
		name   string
		n1, n2 pairNode
		// back is the least and the most time after the link's return for the
		// address to return; both zero: it stays.
		backMin, backMax time.Duration
	}{
		{"preempt", pairNode{"MASTER", 100, ""}, pairNode{"BACKUP", 80, ""}, 0, takeover(100)},
		{"nopreempt", pairNode{"BACKUP", 100, "nopreempt"}, pairNode{"BACKUP", 80, ""}, 0, 0},
		{"preempt_delay", pairNode{"BACKUP", 100, "preempt_delay 5"}, pairNode{"BACKUP", 80, ""}, delay, delay + takeover(100)},
	}
	for _, tt := range tests {
		t.Run(tt.name, lab.Story(func(t testing.TB) {
			c1, c2 := pairConfigs(t, tt.n1, tt.n2)
			p := newPair(t, c1, c2)

			cut := time.Now()
			p.lb1.Cut()
			p.probe.WaitOwnerSince(cut, "lb2", takeover(80))
			p.ownedBy(t, p.lb2, time.Second)
			t.Logf("link cut: %v without an answer", p.probe.Outage(cut))

			healed := time.Now()
			p.lb1.Heal()
			if tt.backMax == 0 {
				lab.Always(t, takeover(100)+time.Second, "lb2 keeps the address",
					func() bool { return p.lb2.HasAddr(p.vip) && !p.lb1.HasAddr(p.vip) })
				p.oneMaster(t, "lb1", "lb2")
				return
			}
			took := p.probe.WaitOwnerSince(healed, "lb1", tt.backMax)
			if took < tt.backMin {
				t.Errorf("the address came back after %v, want %v at least", took, tt.backMin)
			}
			p.ownedBy(t, p.lb1, time.Second)
			t.Logf("link mended: back after %v, %v without an answer", took, p.probe.Outage(healed))
			p.oneMaster(t, "lb1", "lb2", "lb1")
		}))
	}
}

// TestSilentCut separates the directors though their links stay up: both are
// master on their own side, and one again when the network is whole.
func TestSilentCut(t *testing.T) { lab.Story(testSilentCut)(t) }

func testSilentCut(t testing.TB) {
	c1, c2 := pairConfigs(t, pairNode{"MASTER", 100, ""}, pairNode{"BACKUP", 80, ""})
	p := newPair(t, c1, c2)
	cut := time.Now()
	p.lb1.Silence()
	p.probe.WaitOwnerSince(cut, "lb2", takeover(80))
	if !p.lb1.HasAddr(p.vip) {
		t.Error("the cut-off master gave its address up, want it kept: its link is up")
	}
	healed := time.Now()
	p.lb1.Heal()
	p.probe.WaitOwnerSince(healed, "lb1", 2*time.Second)
	p.ownedBy(t, p.lb1, 2*time.Second)
	lab.Always(t, 2*time.Second, "lb1 keeps the address", func() bool { return p.lb1.HasAddr(p.vip) && !p.lb2.HasAddr(p.vip) })
	if n := p.d1.CountLog(healed, "Entering BACKUP STATE"); n != 0 {
		t.Error("the master with the higher priority stepped down")
	}
}

// TestStop stops the master in order: it resigns, so that the backup does not
// wait for more than its skew.
func TestStop(t *testing.T) { lab.Story(testStop)(t) }

func testStop(t testing.TB) {
	c1, c2 := pairConfigs(t, pairNode{"MASTER", 100, ""}, pairNode{"BACKUP", 80, ""})
	p := newPair(t, c1, c2)
	stopped := time.Now()
	p.d1.Stop()
	took := p.probe.WaitOwnerSince(stopped, "lb2", time.Second)
	if stalled, _ := lab.Stalled(stopped); took > 3*time.Second+stalled {
		t.Errorf("lb2 took over after %v, want it not to wait until lb1 is missed", took)
	}
	p.ownedBy(t, p.lb2, time.Second)
	if s := p.d1.ExitStatus(); s != 0 {
		t.Errorf("exit status %d after SIGTERM, want 0", s)
	}
	if !p.capture.Resigned("lb1", pairVRID, stopped) {
		t.Errorf("the master did not resign with priority 0: %+v", p.capture.Reigns(pairVRID))
	}
	p.oneMaster(t, "lb1", "lb2")

	p.d1.Restart()
	back := time.Now()
	p.probe.WaitOwnerSince(back, "lb1", takeover(100)+time.Second)
	p.ownedBy(t, p.lb1, time.Second)
	p.oneMaster(t, "lb1", "lb2", "lb1")
}

// TestKill kills every process of the master at once. Nothing can remove its
// address then: it goes on answering ARP beside the new master's, whose
// announcement is what moves the clients, until the director runs again.
func TestKill(t *testing.T) { lab.Story(testKill)(t) }

func testKill(t testing.TB) {
	c1, c2 := pairConfigs(t, pairNode{"BACKUP", 100, "nopreempt"}, pairNode{"BACKUP", 80, ""})
	p := newPair(t, c1, c2)
	killed := time.Now()
	p.d1.Kill()
	p.probe.WaitOwnerSince(killed, "lb2", takeover(80))
	announced := p.capture.WaitFor(killed, time.Second, "lb2 announces the address", func(f lab.Frame) bool {
		return f.ARP != nil && f.ARP.Gratuitous() && f.ARP.SenderIP == p.vip && p.lab.NameOf(f.ARP.SenderMAC) == "lb2"
	})
	t.Logf("announced %v after the kill", announced.At.Sub(killed))
	if !p.lb1.HasAddr(p.vip) {
		t.Error("the killed master's address is gone, though no process was left to remove it")
	}
	both := time.Now()
	p.probe.WaitOwnerSince(both, "lb1", time.Second)
	p.probe.WaitOwnerSince(both, "lb2", time.Second)

	p.d1.Restart()
	p.ownedBy(t, p.lb2, 5*time.Second)
	clean := time.Now()
	lab.Always(t, takeover(100), "lb2 keeps the address", func() bool { return p.lb2.HasAddr(p.vip) && !p.lb1.HasAddr(p.vip) })
	if got := p.probe.Owners(clean.Add(time.Second)); !cmp.Equal(got, []string{"lb2"}) {
		t.Errorf("the address is answered by %v once the director is back, want lb2 alone", got)
	}
	p.oneMaster(t, "lb1", "lb2")
}
