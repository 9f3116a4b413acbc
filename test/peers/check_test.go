package peers

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/test/lab"
)

// check judges the adverts of a whole story.
func (p *peering) check(t testing.TB) {
	t.Helper()
	if err := p.capture.TwoMasters(vrid, 100*time.Millisecond); err != nil {
		t.Error(err)
	}
	p.checkReigns(t)
	p.checkTakeOvers(t)
	for _, f := range p.capture.Adverts(vrid) {
		a := *f.Advert
		host := p.lab.NameOf(f.Src)
		want := lab.Advert{
			Src: addr1, Dst: netip.MustParseAddr("224.0.0.18"), TTL: 255,
			Version: p.Version, VRID: vrid, Priority: high, Interval: p.Interval, VIPs: []netip.Addr{vip},
		}
		other := addr2
		if host == "lb2" {
			want.Src, want.Priority, other = addr2, low, addr1
		}
		if a.Priority == 0 {
			want.Priority = 0
		}
		if p.Unicast {
			want.Dst = other
		}
		if p.Version == 2 {
			want.AuthType, want.Auth = 1, "1111\x00\x00\x00\x00"
			if p.AH {
				want.AuthType, want.Auth = 2, strings.Repeat("\x00", 8)
			}
		}
		if diff := cmp.Diff(want, a, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%s sent another advert (-want +got):\n%s", host, diff)
			return
		}
	}
}

// hasty is the interval at which a busy machine alone makes false take-overs:
// what heals them is judged then, not that there are none.
const hasty = 50 * time.Millisecond

// checkReigns judges who was master when, by the story's turns.
func (p *peering) checkReigns(t testing.TB) {
	t.Helper()
	adverts := p.capture.Adverts(vrid)
	due, got := []string{}, []lab.Reign{}
	for _, turn := range p.turns {
		due = append(due, turn.host)
	}
	for _, r := range p.capture.Reigns(vrid) {
		lb1, lb2, stray := p.stray(r, adverts)
		switch {
		case !stray:
			got = append(got, r)
		case lb2 < 3*p.Interval:
			t.Logf("lb2 had not heard of lb1 yet, it advertised %v before and once more", lb2)
		case lb1 >= 2*p.Interval || p.Interval <= hasty:
			t.Logf("a false take-over: lb1 was silent for %v, lb2 master for %v", lb1, r.Last.Sub(r.First))
		default:
			t.Errorf("lb2 took over %v after lb1's last advert", lb1)
			got = append(got, r)
		}
	}
	if diff := cmp.Diff(due, lab.Sequence(got)); diff != "" {
		t.Errorf("masters in turn (-want +got):\n%s%+v", diff, got)
	}
}

// stray tells whether a reign is lb2's in a turn of lb1's, after that one had
// begun to advertise, and how long each had been silent then.
func (p *peering) stray(r lab.Reign, adverts []lab.Frame) (lb1, lb2 time.Duration, stray bool) {
	if r.Host == "lb1" {
		return 0, 0, false
	}
	i, _ := slices.BinarySearchFunc(p.turns, r.First, func(t turn, at time.Time) int { return t.from.Compare(at) })
	turn := p.turns[i-1]
	if turn.host != "lb1" {
		return 0, 0, false
	}
	var last lab.Frame // lb2's
	for _, f := range adverts {
		switch {
		case !f.At.Before(r.First):
		case p.lab.NameOf(f.Src) == "lb2":
			last = f
		case !f.At.Before(turn.from):
			lb1, stray = r.First.Sub(f.At), true
		}
	}
	return lb1, r.First.Sub(last.At), stray
}

// checkTakeOvers judges that lb1 resigned when it was told to stop, and that
// lb2 never took over too early: that it did in time the story has seen.
func (p *peering) checkTakeOvers(t testing.TB) {
	t.Helper()
	skew := p.skew(low)
	if p.d2.Kind == lab.FRR {
		skew = skew.Truncate(10 * time.Millisecond) // it counts centiseconds
	}
	adverts := p.capture.Adverts(vrid)
	for i, turn := range p.turns {
		if turn.host != "lb2" {
			continue
		}
		// A turn of lb2's is never the first, and never the last.
		next := p.turns[i+1].from
		if turn.stop && !slices.ContainsFunc(adverts, func(f lab.Frame) bool {
			return f.Advert.Priority == 0 && p.lab.NameOf(f.Src) == "lb1" && f.At.After(turn.from) && f.At.Before(next)
		}) {
			t.Errorf("lb1 stopped and did not resign")
		}
		var lb1, lb2 lab.Frame // the last advert of each before the first that lb2 sent in its turn
		for _, f := range adverts {
			if p.lab.NameOf(f.Src) == "lb1" {
				lb1 = f
				continue
			}
			if !f.At.After(turn.from) {
				lb2 = f
				continue
			}
			due := 3*p.Interval + skew
			if lb1.Advert.Priority == 0 {
				due = skew
			}
			waited := f.At.Sub(lb1.At)
			// An lb2 that was master by mistake does not take over.
			if f.At.Sub(lb2.At) >= 3*p.Interval && waited < due*99/100 {
				t.Errorf("lb2 took over %v after lb1's last advert, which had priority %d; due is %v", waited, lb1.Advert.Priority, due)
			}
			break
		}
	}
}
