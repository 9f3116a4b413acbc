package health_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/health"
)

const (
	interval = 4 * time.Second
	retry    = time.Second
)

// The results of a probe that succeeds, that fails, and that cannot be made.
var (
	success = health.Result{Took: time.Millisecond}
	failure = health.Result{Err: errors.New("refused")}
	trouble = &health.Trouble{Text: "no descriptor left"}
	skipped = health.Result{Err: fmt.Errorf("connect: %w", trouble)}
)

func tcpCheck(retries int) health.Check {
	return health.Check{Kind: health.TCP, Interval: interval, RetryDelay: retry, Retries: retries}
}

func httpCheck(retries int, paths ...string) health.Check {
	c := tcpCheck(retries)
	c.Kind = health.HTTP
	for _, p := range paths {
		c.URLs = append(c.URLs, health.URL{Path: p})
	}
	return c
}

// TestStep plays results, "+" for a success and "-" for a failure, each with
// the URL that is expected to be asked for. The log has one letter per result:
// U went up, D went down, r waits for the retry delay, p first success, . none.
func TestStep(t *testing.T) {
	tests := []struct {
		name  string
		state *health.State
		play  string
		log   string
		up    bool
	}{
		{"start succeeds", health.New(tcpCheck(2)), "+ + +", "p..", true},
		{"start fails at once", health.New(tcpCheck(2)), "- - -", "D..", false},
		{"retries after a success", health.New(tcpCheck(2)), "+ - - - -", "prrD.", false},
		{"a success resets the retries", health.New(tcpCheck(2)), "+ - - + - - + - - -", "prr.rr.rrD", false},
		{"no retries", health.New(tcpCheck(0)), "+ - -", "pD.", false},
		{"one success brings TCP up", health.New(tcpCheck(2)), "- - + - - -", "D.UrrD", false},
		{"added by a reload", health.NewAdded(tcpCheck(2)), "- - -", "rrD", false},
		{"added and good", health.NewAdded(tcpCheck(2)), "+ + -", "p.r", true},
		{"added to a server that is down", health.NewDown(tcpCheck(2)), "- + -", ".Ur", true},
		{"URLs in turn", health.New(httpCheck(2, "/a", "/b", "/c")), "+/a +/b +/c +/a +/b", "..p..", true},
		{"a failure keeps the turn", health.New(httpCheck(2, "/a", "/b")), "+/a +/b +/a -/b -/b +/b +/a", ".p.rr..", true},
		{"recovery takes a round", health.New(httpCheck(0, "/a", "/b", "/c")),
			"+/a -/b -/b +/b +/a +/b +/c +/a", ".D....U.", true},
		{"recovery of one URL takes two", health.New(httpCheck(0, "/a")), "-/a +/a +/a +/a", "D.U.", true},
		{"failure while recovering", health.New(httpCheck(0, "/a", "/b")),
			"-/a +/a +/a -/b -/b +/b +/a +/b", "D......U", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log strings.Builder
			for i, step := range strings.Fields(tt.play) {
				probe := tt.state.Probe()
				if url := step[1:]; url != "" && (len(probe.URLs) != 1 || probe.URLs[0].Path != url) {
					t.Errorf("result %d: asks for %v, want %s", i, probe.URLs, url)
				}
				result := failure
				if step[0] == '+' {
					result = success
				}
				r := tt.state.Step(result)
				letter, after := ".", interval
				switch {
				case r.Change == health.WentUp:
					letter = "U"
					if !r.FirstSuccess {
						t.Errorf("result %d: up without its first success", i)
					}
				case r.Change == health.WentDown:
					letter = "D"
				case r.FirstSuccess:
					letter = "p"
				case r.After == retry:
					letter, after = "r", retry
				}
				if r.After != after {
					t.Errorf("result %d: next probe after %v, want %v", i, r.After, after)
				}
				log.WriteString(letter)
			}
			if log.String() != tt.log {
				t.Errorf("log %s, want %s", &log, tt.log)
			}
			if tt.state.Up() != tt.up {
				t.Errorf("up is %t, want %t", tt.state.Up(), tt.up)
			}
		})
	}
}

func TestDownCountsItsRetries(t *testing.T) {
	s := health.New(tcpCheck(2))
	s.Step(success)
	s.Step(failure)
	s.Step(failure)
	if r := s.Step(failure); r.Change != health.WentDown || r.Retries != 2 {
		t.Errorf("%+v, want down after 2 retries", r)
	}
}

func TestFirstIsWithinTheWarmup(t *testing.T) {
	c := tcpCheck(0)
	c.Warmup = 10 * time.Second
	if got := health.New(c).First(0.25); got != 2500*time.Millisecond {
		t.Errorf("first probe after %v, want 2.5s", got)
	}
}

// A probe that could not be made changes nothing: not the verdict, not the count
// of the retries, and not whose turn it is.
func TestSkip(t *testing.T) {
	for _, up := range []bool{true, false} {
		s := health.New(httpCheck(1, "/a", "/b"))
		s.Step(success)
		if !up {
			s.Step(failure)
		}
		for range 10 {
			if r := s.Step(skipped); r != (health.Outcome{After: interval, Trouble: trouble}) || s.Up() != up || s.Probe().URLs[0].Path != "/b" {
				t.Fatalf("up %t: %+v, up %t, asks for %v", up, r, s.Up(), s.Probe().URLs)
			}
		}
	}

	s := health.New(tcpCheck(2))
	s.Step(success)
	s.Step(failure)
	for range 10 {
		if r := s.Step(skipped); r != (health.Outcome{After: retry, Trouble: trouble}) {
			t.Fatalf("while retried: %+v", r)
		}
	}
	if r := s.Step(failure); r.Change != health.None {
		t.Errorf("the second failure of three: %+v", r)
	}
	if r := s.Step(failure); r.Change != health.WentDown || r.Retries != 2 {
		t.Errorf("the third failure: %+v", r)
	}

	if s := health.New(tcpCheck(0)); s.Step(skipped).Change != health.None || !s.Up() {
		t.Error("a server is down before anything was learnt about it")
	}
}

// A mistake in an interval does not make a check that never rests.
func TestLeastPause(t *testing.T) {
	for asked, want := range map[time.Duration]time.Duration{
		6 * time.Microsecond: 10 * time.Millisecond, 0: 10 * time.Millisecond, time.Second: time.Second,
	} {
		c := tcpCheck(1)
		c.Interval, c.RetryDelay = asked, asked
		s := health.New(c)
		for i, after := range []time.Duration{s.Step(success).After, s.Step(failure).After, s.Step(skipped).After, s.Step(failure).After} {
			if after != want {
				t.Errorf("%v, result %d: the next probe is after %v, want %v", asked, i+1, after, want)
			}
		}
	}
}
