package vrrp_test

import (
	"flag"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/kactl/kactl/test/sim"
)

var (
	histories = flag.Int("histories", 4000, "how many histories the simulation has")
	first     = flag.Int("first", 0, "the number of the first one")
	history   = flag.Int("history", -1, "simulate this history alone, and log it")
	shrink    = flag.Bool("shrink", true, "shrink the histories that fail")
	most      = flag.Int64("failures", 3, "end the simulation after so many histories that fail")
)

// TestSimulation lets networks of several routers live through random histories: see
// package sim. It is run with -histories=1000000 for long, and with -history=N to see
// one. One that fails is shrunk to the acts without which it does not.
func TestSimulation(t *testing.T) {
	if *history >= 0 {
		shrunk(t, uint64(*history))
		return
	}
	n := *histories
	if testing.Short() {
		n /= 10
	}
	var next, failures atomic.Int64
	next.Store(int64(*first))
	for worker := range runtime.GOMAXPROCS(0) {
		t.Run(fmt.Sprint("worker ", worker), func(t *testing.T) {
			t.Parallel()
			var s sim.Simulator
			for {
				number := next.Add(1) - 1
				if number >= int64(*first+n) || failures.Load() >= *most {
					return
				}
				if f := s.Run(uint64(number)); f != nil {
					failures.Add(1)
					if *shrink {
						f = s.Shrink(f)
					}
					t.Errorf("%v\n%ssee it with -history=%d", f, list(f.Acts), number)
				}
				if done := number + 1 - int64(*first); done%50000 == 0 {
					t.Logf("%d histories", done)
				}
			}
		})
	}
}

// shrunk tells the least that is left of a history that fails, or all of it, with
// everything that happens.
func shrunk(t *testing.T, number uint64) {
	s := sim.Simulator{}
	f := s.Run(number)
	if f == nil {
		s.Log = func(line string) { t.Log(line) }
		s.Run(number)
		return
	}
	f = s.Shrink(f)
	s.Log = func(line string) { t.Log(line) }
	s.Again(f)
	t.Errorf("%v\n%s", f, list(f.Acts))
}

func list(acts []sim.Act) (text string) {
	for _, a := range acts {
		text += fmt.Sprintf("  %v\n", a)
	}
	return text
}
