// Command vrrp compares the cost and the speed of VRRP in keepalived and kactl
// with 1,000 instances, and what they make of a busy machine, in turn in one
// run.
//
// It takes root, keepalived, and the path of kactl in KACTL_BIN. A figure of
// kactl's that is past its limit makes it fail.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

func main() {
	if spinning() {
		spin()
	}
	o := options{kinds: []lab.Kind{lab.Keepalived, lab.Kactl}}
	only := flag.String("only", "", "measure only these of "+strings.Join(names(), ", ")+" (separated by commas)")
	control := flag.Bool("control", false, "put keepalived in both columns: what differs then is noise")
	flag.DurationVar(&o.window, "window", 10*time.Second, "how long processor time is measured")
	flag.IntVar(&o.runs, "runs", 3, "how many take-overs")
	flag.DurationVar(&o.busy, "busy", 30*time.Second, "how long the machine is kept busy")
	flag.IntVar(&o.busyInstances, "busy-instances", 1, "how many instances a pair on the busy machine has")
	flag.Parse()
	if *control {
		o.kinds = []lab.Kind{lab.Keepalived, lab.Keepalived}
	}
	chosen := names()
	if *only != "" {
		chosen = strings.Split(*only, ",")
	}
	for _, name := range chosen {
		if !slices.Contains(names(), name) {
			fmt.Fprintf(os.Stderr, "-only %s: there are %s\n", name, strings.Join(names(), ", "))
			os.Exit(2)
		}
	}
	os.Exit(bench.Main(func(b *bench.B) *bench.Report { return o.measure(b, chosen) }))
}

// options is what the command line sets.
type options struct {
	kinds         []lab.Kind // keepalived, then what is compared to it
	window, busy  time.Duration
	runs          int
	busyInstances int
}

// A run is one run of the benchmark.
type run struct {
	*bench.B
	options
	report *bench.Report
}

// measurements are what there is to measure, in order.
var measurements = []struct {
	name string
	do   func(*run)
}{
	{"cpu", (*run).cpu},
	{"memory", (*run).memory},
	{"takeover", (*run).takeover},
	{"busy", (*run).busyMachine},
}

func names() []string {
	var out []string
	for _, m := range measurements {
		out = append(out, m.name)
	}
	return out
}

func (o options) measure(b *bench.B, chosen []string) *bench.Report {
	r := &run{B: b, options: o, report: bench.NewReport(fmt.Sprintf("VRRP, %d instances", instances), string(o.kinds[0]), string(o.kinds[1]))}
	for _, m := range measurements {
		if slices.Contains(chosen, m.name) {
			m.do(r)
		}
	}
	return r.report
}

// A column is one of the programs: with -control both are the same.
type column struct {
	n    int
	kind lab.Kind
}

func (c column) String() string { return string(c.kind) }

func (r *run) columns() (out []column) {
	for n, kind := range r.kinds {
		out = append(out, column{n, kind})
	}
	return out
}

// collect measures a figure of each program, in turn, as often as is wanted, each
// time apart from the others. One that f says is of another state than is measured
// is left out and counted.
func collect[T any](r *run, want int, f func(lab.Kind) (T, bool)) bench.Samples[column, T] {
	return bench.Collect(r.columns(), want, func(c column) (t T, disturbed bool) {
		ok := false
		r.Part(func() { t, ok = f(c.kind) })
		return t, !ok
	})
}

// leftOut adds how many runs of each were left out, if any was.
func leftOut[T any](r *run, what string, got bench.Samples[column, T]) {
	var counts []string
	sum := 0
	for _, c := range r.columns() {
		sum += got.Disturbed[c]
		counts = append(counts, fmt.Sprint(got.Disturbed[c]))
	}
	if sum > 0 {
		r.report.Row(what+": runs left out, the machine was busy", counts...)
	}
}

// each measures one figure or more of each program, apart from the other's.
func each[T any](r *run, f func(lab.Kind) T) []T {
	var out []T
	for _, kind := range r.kinds {
		r.Part(func() { out = append(out, f(kind)) })
	}
	return out
}

// cells words what each measured.
func cells[T any](got []T, word func(T) string) []string {
	var out []string
	for _, g := range got {
		out = append(out, word(g))
	}
	return out
}
