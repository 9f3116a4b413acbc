package main

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

const (
	// massInterval is the advert interval when all instances are taken over.
	massInterval = 100 * time.Millisecond
	// maxLate is how late kactl may announce the last of them, in milliseconds.
	maxLate = 150
)

// takeover kills the master of all instances. An instance is taken over when
// the backup first announces its address, and late by how much that is past
// the master down timer, counted from the last advert of its VRID. The figure
// is how late the latest instance is.
func (r *run) takeover() {
	r.Logf("take-over, %d runs", r.runs)
	late := collect(r, r.runs, r.massTakeover)
	what := fmt.Sprintf("last of %d taken over at %v, past its timer", instances, massInterval)
	leftOut(r, what, late)
	addLateness(r.report, what, r.columns(), late)
}

// addLateness adds what the take-overs were late by, and holds kactl's to the limit.
func addLateness(report *bench.Report, what string, of []column, late bench.Samples[column, time.Duration]) {
	if doubt := late.Doubt(of...); doubt != "" {
		report.Unknown(what+", median", doubt)
		return
	}
	peer, kactl := late.Of[of[0]], late.Of[of[1]]
	both := [][]time.Duration{peer, kactl}
	ms := func(d time.Duration) string { return fmt.Sprintf("%.0f ms", milliseconds(d)) }
	report.Row(what+", median", cells(both, func(ds []time.Duration) string { return ms(bench.Median(ds)) })...)
	report.Row(what+", worst", cells(both, func(ds []time.Duration) string { return ms(bench.Worst(ds)) })...)
	report.Beside(what+", median", milliseconds(bench.Median(kactl)), milliseconds(bench.Median(peer)), maxLate, "ms")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (r *run) massTakeover(kind lab.Kind) (late time.Duration, ok bool) {
	n := newNetwork(r, links)
	watch := n.host("watch")
	p, ok := r.pair(n, kind, massInterval)
	if !ok {
		return 0, false
	}
	w := r.witness(watch, p)
	time.Sleep(5 * massInterval) // an advert of every instance at least
	if !r.stays(p.subject) {
		return 0, false
	}
	p.master.Kill()
	var missing int
	lab.Within(20*time.Second, func() bool {
		// Both processors are busy now: look when it ought to be done.
		time.Sleep(time.Second)
		late, missing = w.lateness()
		return missing == 0
	})
	if missing > 0 {
		r.Fatalf("%s has not taken over %d instances after the master was killed; its log ends:\n%s", kind, missing, tail(p.subject))
	}
	return late, true
}
