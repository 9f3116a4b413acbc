package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

// limits are what kactl is held to, beside keepalived in the same run. 0 is no limit.
type limits struct {
	each float64 // ratio of the medians of each figure
	last float64 // of the last address alone
	late float64 // milliseconds, the worst first advert
}

var (
	limitsOne   = limits{each: 1.1, late: 3}
	limitsMany  = limits{last: 0.7}
	limitsGroup = limits{last: 1}
)

// figures are what a take-over is measured by.
var figures = []struct {
	name string // %s is what announces an address
	of   func(takeover) time.Duration
}{
	{"first advert", func(t takeover) time.Duration { return t.advert }},
	{"first %s", func(t takeover) time.Duration { return t.first }},
	{"last VIP's first %s", func(t takeover) time.Duration { return t.last }},
}

// add puts the figures of the take-overs of a layout into the report, and what they are
// held to.
func add(r *bench.Report, l layout, samples bench.Samples[lab.Kind, takeover]) {
	if doubt := samples.Doubt(programs...); doubt != "" {
		r.Unknown("take-over of "+l.name, doubt)
		return
	}
	for n, f := range figures {
		what := l.name + ": " + strings.ReplaceAll(f.name, "%s", l.announcement())
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
		if l.limits.each > 0 {
			ratio(r, what, kactl, peer, l.limits.each)
		}
		if n == len(figures)-1 && l.limits.last > 0 {
			ratio(r, what, kactl, peer, l.limits.last)
		}
		if n > 0 {
			continue
		}
		r.Limit(what+", the earliest before the timer", max(0, -milliseconds(slices.Min(kactl))), 0, "ms")
		if l.limits.late > 0 {
			r.Beside(what+", worst", milliseconds(bench.Worst(kactl)), milliseconds(bench.Worst(peer)), l.limits.late, "ms")
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
