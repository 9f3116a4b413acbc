package health

import (
	"errors"
	"time"
)

// Change is what the result of a probe does to the verdict of its check.
type Change uint8

// The changes.
const (
	None Change = iota
	WentUp
	WentDown
)

// An Outcome says what follows from the result of one probe.
type Outcome struct {
	Change Change
	// After is how long to wait before the next probe.
	After time.Duration
	// FirstSuccess says that this probe completed the first full success of the
	// check since it started or went down, which keepalived logs.
	FirstSuccess bool
	// Retries is how many retries came before WentDown.
	Retries int
	// Trouble is why the probe could not be made; nil if it was. The verdict and
	// the count of retries stay, and the same probe comes again.
	Trouble *Trouble
}

// A State is the state of one check, as measured of keepalived 2.2.7:
//
// A check counts as up until a probe fails. While it has never succeeded its
// first failure is final; later ones are retried. One success brings a TCP
// check up again.
//
// An HTTP check asks for one URL per interval, in turn. A URL that fails keeps
// its turn. After a failure the first success only starts a new round, and the
// check is up when every URL has succeeded in it.
type State struct {
	check Check
	up    bool
	// succeeded is set by the first full success since the start.
	succeeded bool
	// retryAllowed is set when a failure is to be retried.
	retryAllowed bool
	// failed counts the failures in a row of a check that is up.
	failed int
	// url is the index of the URL whose turn it is.
	url int
	// recovering is set while a check that is down is in the round that can
	// bring it up.
	recovering bool
}

// New returns the state of a check at the start of the daemon.
func New(c Check) *State { return &State{check: c, up: true} }

// NewAdded returns the state of a check that a reload added. It differs in that
// its first failure is retried.
func NewAdded(c Check) *State { return &State{check: c, up: true, retryAllowed: true} }

// NewDown returns the state of a check that a reload added to a real server
// that was down: it stays down until the check succeeds.
func NewDown(c Check) *State { return &State{check: c} }

// Check returns the check that s is the state of.
func (s *State) Check() Check { return s.check }

// Up reports the verdict.
func (s *State) Up() bool { return s.up }

// First returns how long to wait before the first probe: a part of Warmup, with
// r random in [0, 1).
func (s *State) First(r float64) time.Duration {
	return time.Duration(r * float64(s.check.Warmup))
}

// Probe returns what to probe now: the check, with no other URL than the one
// whose turn it is.
func (s *State) Probe() Check {
	c := s.check
	if len(c.URLs) > 0 {
		c.URLs = c.URLs[s.url : s.url+1]
	}
	return c
}

// Step takes the result of a probe. Its weight and time mean nothing here.
func (s *State) Step(r Result) Outcome {
	if r.Err == nil {
		return s.succeed()
	}
	if trouble := (*Trouble)(nil); errors.As(r.Err, &trouble) {
		return s.skip(trouble)
	}
	return s.fail()
}

func (s *State) skip(t *Trouble) Outcome {
	after := s.check.Interval
	if s.failed > 0 {
		after = s.check.RetryDelay
	}
	return Outcome{After: pause(after), Trouble: t}
}

func (s *State) succeed() Outcome {
	s.failed = 0
	r := Outcome{After: pause(s.check.Interval)}
	if !s.up && !s.recovering && len(s.check.URLs) > 0 {
		s.recovering, s.url = true, 0
		return r
	}
	if s.url++; s.url < len(s.check.URLs) {
		return r
	}
	s.url = 0
	r.FirstSuccess = !s.up || !s.succeeded
	if !s.up {
		r.Change = WentUp
	}
	s.up, s.succeeded, s.retryAllowed, s.recovering = true, true, true, false
	return r
}

func (s *State) fail() Outcome {
	s.recovering = false
	r := Outcome{After: pause(s.check.Interval)}
	switch {
	case !s.up:
	case s.retryAllowed && s.failed < s.check.Retries:
		s.failed++
		r.After = pause(s.check.RetryDelay)
	default:
		r.Change, r.Retries = WentDown, s.failed
		s.up, s.failed = false, 0
	}
	return r
}

// leastPause is the shortest time between two probes. A file may ask for less by
// mistake: "delay_loop 6s" is 6 microseconds to keepalived.
const leastPause = 10 * time.Millisecond

func pause(d time.Duration) time.Duration { return max(d, leastPause) }
