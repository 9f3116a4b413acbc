package peers

import (
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// The priorities in a story.
const high, low = 100, 80

// A turn is a part of a story from the event that makes a host master.
type turn struct {
	from time.Time
	host string
	stop bool // the event was the other's clean stop
}

// moves ends the test unless within limit of an event the address is on one
// host, not on the other, and answered from there alone.
func (p *peering) moves(t testing.TB, event time.Time, to, away *lab.Host, limit time.Duration) {
	t.Helper()
	p.answers(t, event, to, limit)
	lab.Eventually(t, settle, to.Name+" alone has the address", func() bool { return p.alone(to, away) })
}

// answers ends the test unless within limit of an event a host answers for
// the address; the other may have been left with it.
func (p *peering) answers(t testing.TB, event time.Time, to *lab.Host, limit time.Duration) {
	t.Helper()
	p.turn(event, to)
	took := p.probe.WaitOwnerSince(event, to.Name, limit)
	if stalled, _ := lab.Stalled(event); took > limit+stalled {
		t.Errorf("%s answers after %v, due is %v", to.Name, took, limit)
	}
	t.Logf("on %s after %v", to.Name, took.Round(time.Millisecond))
}

// comesBack starts lb1 again and ends the test unless it takes the address.
func (p *peering) comesBack(t testing.TB) {
	t.Helper()
	now := time.Now()
	p.turn(now, p.lb1)
	p.d1.Restart()
	p.d1.WaitLogSince(now, backupLog[p.d1.Kind], startLimit)
	p.d1.WaitLogSince(now, masterLog[p.d1.Kind], p.downTime(high)+slack)
	p.moves(t, time.Now(), p.lb1, p.lb2, settle)
}

// turn notes whose turn it is from an event on.
func (p *peering) turn(event time.Time, to *lab.Host) *turn {
	if n := len(p.turns); n == 0 || p.turns[n-1].host != to.Name {
		p.turns = append(p.turns, turn{from: event, host: to.Name})
	}
	return &p.turns[len(p.turns)-1]
}

// story takes the master away in every way, and lets it come back each time.
func (p *peering) story(t testing.TB) {
	down := p.downTime(low) + slack // lb1's is shorter
	p.turn(time.Time{}, p.lb1)
	lab.Eventually(t, 3*p.Interval+2*time.Second, "lb1 advertises", func() bool { return len(p.capture.Adverts(vrid)) > 3 })

	now := time.Now()
	p.lb1.Cut()
	p.moves(t, now, p.lb2, p.lb1, down)
	now = time.Now()
	p.lb1.Heal()
	p.moves(t, now, p.lb1, p.lb2, down)

	now = time.Now()
	p.d1.Kill()
	p.answers(t, now, p.lb2, down)
	p.comesBack(t) // and removes the address that the crash left

	now = time.Now()
	p.turn(now, p.lb2).stop = true
	p.d1.Stop()
	p.moves(t, now, p.lb2, p.lb1, p.skew(low)+slack)
	p.comesBack(t)

	now = time.Now()
	p.d2.Stop() // a backup: nobody notices
	p.keeps(t, time.Now(), p.lb1, p.lb2, min(time.Second, 10*p.Interval))
	if gap := p.probe.Outage(now); gap > slack {
		t.Errorf("%v without an answer when the backup stopped", gap)
	}
	p.d1.Stop()
}
