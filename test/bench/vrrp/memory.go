package main

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/test/bench/vrrp/process"
	"github.com/kactl/kactl/test/lab"
)

// maxMemory is how much more memory than keepalived kactl may have.
const maxMemory = 3

// memory measures a director that is master of all instances. The limit is on
// the pages that it has, each counted once: Rss counts those that keepalived's
// two processes share twice, and would let kactl have more.
func (r *run) memory() {
	r.Logf("memory")
	got := each(r, func(kind lab.Kind) process.Size {
		d := r.loneMaster(kind, time.Second)
		s, err := process.SizeOf(d)
		if err != nil {
			r.Fatalf("memory of %s: %v", kind, err)
		}
		return s
	})
	mib := func(bytes int) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
	r.report.Row("memory as master, sum of Rss", cells(got, func(s process.Size) string { return mib(s.Rss) })...)
	r.report.Row("memory as master, each page once", cells(got, func(s process.Size) string { return mib(s.Once) })...)
	r.report.Limit("memory as master, each page once, ratio", float64(got[1].Once)/float64(got[0].Once), maxMemory, "")
}
