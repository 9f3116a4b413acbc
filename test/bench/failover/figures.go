package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

// What kactl is held to, beside keepalived in the same run.
const (
	mostRatio     = 1.1 // of medians, with one address
	mostRatioMany = 0.7 // of medians, the last of many addresses
	mostLate      = 3.0 // milliseconds, the worst first advert with one address
)

// figures are what a take-over is measured by.
var figures = []struct {
	name string
	of   func(takeover) time.Duration
}{
	{"first advert", func(t takeover) time.Duration { return t.advert }},
	{"first ARP", func(t takeover) time.Duration { return t.firstARP }},
	{"last VIP's first ARP", func(t takeover) time.Duration { return t.lastARP }},
}

// add puts the figures of the take-overs with so many addresses into the
// report, and what they are held to.
func add(r *bench.Report, size int, samples bench.Samples[lab.Kind, takeover]) {
	if doubt := samples.Doubt(programs...); doubt != "" {
		r.Unknown(fmt.Sprintf("take-over with %d VIPs", size), doubt)
		return
	}
	for n, f := range figures {
		what := fmt.Sprintf("%d VIPs: %s", size, f.name)
		if size == 1 {
			what = "1 VIP: " + f.name
		}
		of := map[lab.Kind][]time.Duration{}
		var medians, worst, best []string
		for _, program := range programs {
			for _, t := range samples.Of[program] {
				of[program] = append(of[program], f.of(t))
			}
			medians = append(medians, cell(bench.Median(of[program])))
			worst = append(worst, cell(bench.Worst(of[program])))
			best = append(best, cell(slices.Min(of[program])))
		}
		r.Row(what+", median", medians...)
		r.Row(what+", worst", worst...)
		r.Row(what+", best", best...)

		kactl, peer := of[lab.Kactl], of[lab.Keepalived]
		last := n == len(figures)-1
		switch {
		case size == 1:
			ratio(r, what, kactl, peer, mostRatio)
		case last:
			ratio(r, what, kactl, peer, mostRatioMany)
		}
		if n > 0 {
			continue
		}
		r.Limit(what+", the earliest before the timer", max(0, -milliseconds(slices.Min(kactl))), 0, "ms")
		if size == 1 {
			r.Beside(what+", worst", milliseconds(bench.Worst(kactl)), milliseconds(bench.Worst(peer)), mostLate, "ms")
		}
	}
}

// ratio holds the ratio of the medians to a limit. There is none where the peer's
// time is not beyond the timer.
func ratio(r *bench.Report, what string, kactl, peer []time.Duration, most float64) {
	ours, theirs := bench.Median(kactl), bench.Median(peer)
	if theirs <= 0 {
		r.Unknown(what+", median, ratio", "the median of keepalived is "+cell(theirs)+", not beyond the timer")
		return
	}
	r.Limit(what+", median, ratio", float64(ours)/float64(theirs), most, "")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func cell(d time.Duration) string { return fmt.Sprintf("%.3f ms", milliseconds(d)) }
