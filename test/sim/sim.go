// Package sim lets networks of routers live through random histories, with nothing
// real in them but vrrp.Router, and holds all that they do against what must hold.
//
// A history is a plan, which says what the routers are configured to be, and acts:
// faults, and longer trials such as a network in two parts. All of it is drawn from
// the number of the history before its first moment, and time is simulated, so that a
// number always tells the same story. A history that fails can be told again without
// some of its acts: see Shrink.
//
// What is checked after each event is in invariants.go, timing.go and group.go, what
// must come of an election in election.go.
package sim

import (
	"fmt"
	"strings"
	"time"
)

// A Failure is a history in which something did not hold.
type Failure struct {
	Number uint64
	// At is the time since the history began.
	At time.Duration
	// What did not hold.
	What string
	// Acts are those of the history.
	Acts []Act
	// Hosts is how each of them stood.
	Hosts []string
}

func (f *Failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "history %d at %v: %s", f.Number, f.At, f.What)
	for i, h := range f.Hosts {
		fmt.Fprintf(&b, "\n  host %d: %s", i, h)
	}
	return b.String()
}

// A Simulator tells histories, one at a time. What it needs for one it uses again for
// the next.
type Simulator struct {
	// Log takes a line for each thing that happens; nil writes none.
	Log func(string)

	// forgetful plants a fault for a test: a driver that forgets what was on an
	// interface that is renamed while a host is frozen.
	forgetful bool

	signers signers
	queue   queue
	arena   []byte
}

// Run tells a history, and returns what was wrong with it, nil for nothing.
func (s *Simulator) Run(number uint64) *Failure { return s.tell(number, Acts(number)) }

// tell tells a history with the given acts.
func (s *Simulator) tell(number uint64, acts []Act) (failure *Failure) {
	w := newWorld(s, number)
	defer func() {
		switch r := recover().(type) {
		case nil:
		case violation:
			failure = w.failure(string(r), acts)
		default:
			failure = w.failure(fmt.Sprint("panic: ", r), acts)
		}
	}()
	w.begin()
	for _, a := range acts {
		w.run(a.After)
		w.act(a)
	}
	w.settle("at the end")
	return nil
}

// A violation is what did not hold. It is a panic within this package.
type violation string

func (w *world) fail(format string, args ...any) { panic(violation(fmt.Sprintf(format, args...))) }

func (w *world) failure(what string, acts []Act) *Failure {
	f := &Failure{Number: w.number, At: w.now.Sub(beginning), What: what, Acts: acts}
	for _, h := range w.hosts {
		f.Hosts = append(f.Hosts, h.String())
	}
	return f
}

// note writes to the log. Callers ask w.log first where they call it often.
func (w *world) note(format string, args ...any) {
	if w.log != nil {
		w.log(fmt.Sprintf("%10.4f ", w.now.Sub(beginning).Seconds()) + fmt.Sprintf(format, args...))
	}
}
