package main

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/bench/vrrp/process"
	"github.com/kactl/kactl/test/lab"
)

// maxCPU is how much more processor time than keepalived kactl may use.
const maxCPU = 1.2

// settle is how long a new master is left alone: 5 s after the take-over it
// announces its addresses once more.
const settle = 7 * time.Second

// intervals are the advert intervals that processor time is measured at.
var intervals = []time.Duration{time.Second, 100 * time.Millisecond}

// cpu measures the processor time of a director that is master of all
// instances, and of one that is backup. Nothing captures meanwhile.
func (r *run) cpu() {
	for _, interval := range intervals {
		for _, role := range []struct {
			name string
			of   func(lab.Kind, time.Duration) (float64, bool)
		}{{"master", r.masterCPU}, {"backup", r.backupCPU}} {
			what := fmt.Sprintf("CPU as %s at %v", role.name, interval)
			r.Logf("%s", what)
			got := collect(r, 1, func(kind lab.Kind) (float64, bool) { return role.of(kind, interval) })
			leftOut(r, what, got)
			addUsage(r.report, what, r.columns(), got)
		}
	}
}

// addUsage adds what the programs used, and holds the ratio to the limit.
func addUsage(report *bench.Report, what string, of []column, got bench.Samples[column, float64]) {
	if doubt := got.Doubt(of...); doubt != "" {
		report.Unknown(what+", ratio", doubt)
		return
	}
	peer, kactl := got.Of[of[0]][0], got.Of[of[1]][0]
	report.Row(what+", of a core", cells([]float64{peer, kactl}, func(v float64) string { return fmt.Sprintf("%.1f %%", v) })...)
	report.Limit(what+", ratio", kactl/peer, maxCPU, "")
}

// masterCPU has nobody else on the network: what the kernel does to deliver an
// advert to a peer's socket is charged to its sender.
func (r *run) masterCPU(kind lab.Kind, interval time.Duration) (float64, bool) {
	return r.usage(r.loneMaster(kind, interval))
}

// loneMaster starts a director that is master of all instances.
func (r *run) loneMaster(kind lab.Kind, interval time.Duration) *lab.Director {
	subject := newNetwork(r, links).host("subject").start(kind, all(high, interval))
	r.await(subject, toMaster, instances)
	time.Sleep(settle)
	return subject
}

// backupCPU has keepalived as the master whoever the backup is.
func (r *run) backupCPU(kind lab.Kind, interval time.Duration) (float64, bool) {
	p, ok := r.pair(newNetwork(r, links), kind, interval)
	if !ok {
		return 0, false
	}
	usage, quiet := r.usage(p.subject)
	return usage, r.stays(p.subject) && quiet
}

// usage is the processor time that a director uses from now on, in percent of a
// core. It says nothing unless the machine is quiet: a process that has to share a
// processor is charged for what the others threw out of its cache.
func (r *run) usage(d *lab.Director) (percent float64, quiet bool) {
	began := time.Now()
	load, err := bench.ReadLoad()
	if err != nil {
		r.Fatalf("%v", err)
	}
	before, err := process.CPU(d)
	if err == nil {
		time.Sleep(r.window)
		var after time.Duration
		if after, err = process.CPU(d); err == nil {
			disturbed, err := load.Disturbed(after - before)
			if err != nil {
				r.Fatalf("%v", err)
			}
			return 100 * float64(after-before) / float64(time.Since(began)), !disturbed
		}
	}
	r.Fatalf("processor time of %s: %v", d.Kind, err)
	return 0, false
}
