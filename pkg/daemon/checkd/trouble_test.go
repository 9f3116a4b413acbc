package checkd

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kactl/kactl/pkg/lvs"
)

const lacks = "no descriptor is left: raise LimitNOFILE"

// Probes that cannot be made leave every verdict as it is, and are spoken of when
// they begin, last and end.
func TestOwnTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1, rs2, rs3)), nil)
		r.prober.set(true, rs3)
		r.wait(6 * time.Second) // rs3 went down at 5 s
		r.expect("before", r.ipvs.destinations(vip1), rs1+"=1 "+rs2+"=1")
		r.logged()

		r.prober.hold(lacks, rs1, rs2, rs3)
		r.prober.set(false, rs3)
		r.wait(10 * time.Second) // 16 s
		r.expect("log", r.logged(), []string{"Checks cannot be made, and their real servers stay as they are: " + lacks})
		r.wait(34 * time.Second) // 50 s
		r.expect("log", r.logged(), []string{"3 checks cannot be made since " + clock(15) + ", and their real servers stay as they are, dead or not: " + lacks})
		r.wait(time.Hour)
		r.expect("meanwhile", r.ipvs.destinations(vip1), rs1+"=1 "+rs2+"=1")
		r.expect("log of an hour", len(r.logged()), 0)
		r.expect("status", r.status[len(r.status)-1], "3 checks cannot be made: "+lacks)

		r.prober.hold("", rs1, rs2, rs3)
		r.prober.set(true, rs1)
		r.wait(40 * time.Second)
		r.expect("afterwards", r.ipvs.destinations(vip1), rs2+"=1 "+rs3+"=1")
		r.expect("log", r.logged(), []string{
			"TCP connection to [10.0.0.3]:tcp:80 success.",
			"Adding service [10.0.0.3]:tcp:80 to VS [198.51.100.1]:tcp:80",
			"TCP_CHECK on service [10.0.0.1]:tcp:80 failed after 2 retries.",
			"Removing service [10.0.0.1]:tcp:80 from VS [198.51.100.1]:tcp:80",
			"Checks can be made again. What kept them from it: " + lacks,
		})
		r.expect("status", r.status[len(r.status)-1], "")
		r.stop()
	})
}

// clock is the time of day so many seconds after a bubble's beginning.
func clock(seconds int) string {
	return time.Date(2000, 1, 1, 0, 0, seconds, 0, time.UTC).In(time.Local).Format(time.TimeOnly)
}

// At the start a server is what it is taken for until a probe was made.
func TestOwnTroubleAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1)), nil)
		r.prober.hold(lacks, rs1)
		r.wait(time.Minute)
		r.expect("no probe was made", r.ipvs.destinations(vip1), rs1+"=1")
		r.prober.set(true, rs1)
		r.prober.hold("", rs1)
		r.wait(time.Minute)
		r.expect("the first failed", r.ipvs.destinations(vip1), "")
		r.stop()
	})
}

// Where a few probes are made and the others not, in turn, the trouble is one.
func TestOwnTroubleThatComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := virtual(vip1, rs1, rs2)
		v.Reals[1].Checks[0].Warmup = 20 * time.Second // probed 5 s after the other
		r := start(t, settings(v), nil)
		r.wait(7 * time.Second)
		r.logged()
		for i := range 60 {
			r.prober.hold([]string{lacks, ""}[i%2], rs1)
			r.prober.hold([]string{"", lacks}[i%2], rs2)
			r.wait(10 * time.Second)
		}
		var said []string
		for _, line := range r.logged() {
			if line != "TCP connection to [10.0.0.2]:tcp:80 success." {
				said = append(said, line)
			}
		}
		r.expect("lines in ten minutes", len(said), 2)
		r.expect("both stay", r.ipvs.destinations(vip1), rs1+"=1 "+rs2+"=1")
		r.stop()
	})
}

// The status has the number of checks as it is, whatever changes it.
func TestStatusIsCurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1, rs2, rs3)), nil)
		const other = "the kernel has no memory for it"
		want := func(what, text string) {
			t.Helper()
			r.wait(11 * time.Second) // each is probed
			r.expect(what, r.status[len(r.status)-1], text)
			for i, text := range r.status[1:] {
				if text == r.status[i] {
					t.Errorf("told twice: %q", text)
				}
			}
		}
		r.prober.hold(lacks, rs1)
		want("one", "1 check cannot be made: "+lacks)
		r.prober.hold(lacks, rs2, rs3)
		want("three", "3 checks cannot be made: "+lacks)
		r.prober.hold("", rs1)
		want("two", "2 checks cannot be made: "+lacks)
		r.prober.hold(other, rs2)
		want("two troubles", "1 check cannot be made: "+lacks+"; 1 check cannot be made: "+other)
		r.expect("Reload", r.Reload(t.Context(), settings(virtual(vip1, rs1, rs2))), nil)
		want("the other is removed", "1 check cannot be made: "+other)
		r.prober.hold("", rs2)
		want("none", "")
		told := len(r.status)
		r.wait(time.Hour)
		r.expect("told in an hour without any", len(r.status)-told, 0)
		r.stop()
	})
}

// A check that a reload removes takes its trouble with it.
func TestOwnTroubleOfARemovedCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, settings(virtual(vip1, rs1, rs2)), nil)
		r.prober.hold("this machine does not have the address 192.0.2.9", rs1)
		r.wait(6 * time.Second)
		r.expect("Reload", r.Reload(t.Context(), settings(virtual(vip1, rs2))), nil)
		r.logged()
		r.wait(20 * time.Second)
		r.expect("log", r.logged(), []string{"Checks can be made again. What kept them from it: this machine does not have the address 192.0.2.9"})
		r.stop()
	})
}

// The number of probes at a time follows the number of checks.
func TestProbesAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var v lvs.VirtualServer
		for i := range 40 {
			v.Reals = append(v.Reals, realServer(fmt.Sprintf("10.0.1.%d:80", i)))
		}
		v.ID, v.Scheduler, v.Quorum = key(vip1), "rr", 1
		r := start(t, settings(virtual(vip1, rs1)), nil)
		r.cfg.Probes = func(checks int) int { return checks / 4 }
		r.prober.setTakes(time.Minute)
		r.expect("Reload", r.Reload(t.Context(), settings(v)), nil)
		r.wait(30 * time.Second)
		r.prober.mu.Lock()
		r.expect("at a time", r.prober.most, 10)
		r.prober.mu.Unlock()
		r.cfg.Probes = func(int) int { return 0 }
		r.expect("Reload", r.Reload(t.Context(), settings(virtual(vip1, rs2))), nil)
		r.wait(2 * time.Minute)
		r.expect("one at least", len(r.prober.probes(rs2)) > 0, true)
		r.stop()
	})
}

func TestTroubles(t *testing.T) {
	now := time.Unix(1000, 0)
	ts := troubles{}
	every := func(seconds time.Duration) *checker {
		v := virtual(vip1, rs1)
		v.Reals[0].Checks[0].Interval = seconds * time.Second
		return checkersOf(v)[0]
	}
	a, b := every(4), every(8)
	texts := func(list []*trouble) (out []string) {
		for _, t := range list {
			out = append(out, t.text)
		}
		return out
	}
	expect := func(what string, got, want []string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	if _, ok := ts.next(); ok {
		t.Error("something comes where there is nothing")
	}
	ts.meet(a, "one", now)
	ts.meet(b, "one", now)
	if at, ok := ts.next(); !ok || !at.Equal(now.Add(24*time.Second)) {
		t.Errorf("next is %v %t, want when it has lasted three intervals", at, ok)
	}
	expect("too early", texts(ts.lasting(now.Add(23*time.Second))), nil)
	expect("lasts", texts(ts.lasting(now.Add(24*time.Second))), []string{"one"})
	expect("said once", texts(ts.lasting(now.Add(time.Hour))), nil)
	ts.meet(b, "two", now.Add(time.Second)) // moves
	if s := ts.String(); s != "1 check cannot be made: one; 1 check cannot be made: two" {
		t.Error(s)
	}
	ts.leave(a)
	ts.leave(a) // does no harm
	expect("not calm yet", texts(ts.over(now.Add(16*time.Second-1))), nil)
	expect("over", texts(ts.over(now.Add(16*time.Second))), []string{"one"})
	ts.leave(b)
	if at, ok := ts.next(); !ok || !at.Equal(now.Add(17*time.Second)) {
		t.Errorf("next is %v %t, want when the second is over", at, ok)
	}
}
