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
	late := make([][]time.Duration, len(r.kinds))
	for n := range r.runs {
		r.Logf("take-over %d of %d", n+1, r.runs)
		for k, d := range each(r, r.lateness) {
			late[k] = append(late[k], d)
		}
	}
	ms := func(d time.Duration) string { return fmt.Sprintf("%.0f ms", milliseconds(d)) }
	what := fmt.Sprintf("last of %d taken over at %v, past its timer", instances, massInterval)
	r.report.Row(what+", median", cells(late, func(ds []time.Duration) string { return ms(bench.Median(ds)) })...)
	r.report.Row(what+", worst", cells(late, func(ds []time.Duration) string { return ms(bench.Worst(ds)) })...)
	r.report.Beside(what+", median", milliseconds(bench.Median(late[1])), milliseconds(bench.Median(late[0])), maxLate, "ms")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// lateness is the figure of one take-over by a program.
func (r *run) lateness(kind lab.Kind) time.Duration {
	return undisturbed(r, func() (time.Duration, bool) { return r.massTakeover(kind) })
}

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
