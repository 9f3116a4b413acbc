package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

var both = []column{{0, lab.Keepalived}, {1, lab.Kactl}}

// TestVerdicts has figures that a quiet machine gave, and machines that disturbed
// the runs of one program or of all.
func TestVerdicts(t *testing.T) {
	const ms = time.Millisecond
	none := math.NaN()
	for _, c := range []struct {
		name        string
		peer, kactl float64 // of which NaN is disturbed, each time
		add         func(r *bench.Report, peer, kactl float64)
		past, told  int // limits that are past, and those of which nothing is told
	}{
		{"CPU, at the limit", 10, 12, usage, 0, 0},
		{"CPU, more", 10, 12.1, usage, 1, 0},
		{"CPU, kactl disturbed", 10, none, usage, 0, 1},
		{"CPU, keepalived disturbed", none, 10, usage, 0, 1},
		{"take-over in time", 500, 150, lateness, 0, 0},
		{"take-over late", 150, 151, lateness, 1, 0},
		{"take-over late, as the peer's is", 151, 400, lateness, 0, 1},
		{"take-over disturbed", 100, none, lateness, 0, 1},
		{"none false", 3, 0, falseAt(100 * ms), 0, 0},
		{"false ones", 0, 1, falseAt(100 * ms), 1, 0},
		{"false ones, and the peer's", 1, 1, falseAt(100 * ms), 0, 1},
		{"fewer at 10 ms", 2, 1, falseAt(10 * ms), 0, 0},
		{"as many at 10 ms", 2, 2, falseAt(10 * ms), 1, 0},
		{"none at 10 ms", 0, 0, falseAt(10 * ms), 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := bench.NewReport("")
			c.add(r, c.peer, c.kactl)
			var b strings.Builder
			if err := r.Write(&b); err != nil {
				t.Fatal(err)
			}
			if told := strings.Count(b.String(), "cannot be told"); r.Past() != c.past || told != c.told {
				t.Errorf("%d limits past, %d not told, want %d, %d:\n%s", r.Past(), told, c.past, c.told, &b)
			}
		})
	}
}

func measured[T any](of func(float64) T, peer, kactl float64) bench.Samples[column, T] {
	return bench.Collect(both, 1, func(c column) (T, bool) {
		v := []float64{peer, kactl}[c.n]
		return of(v), math.IsNaN(v)
	})
}

func usage(r *bench.Report, peer, kactl float64) {
	addUsage(r, "CPU", both, measured(func(v float64) float64 { return v }, peer, kactl))
}

func lateness(r *bench.Report, peer, kactl float64) {
	milliseconds := func(v float64) time.Duration { return time.Duration(v * float64(time.Millisecond)) }
	addLateness(r, "late", both, measured(milliseconds, peer, kactl))
}

func falseAt(interval time.Duration) func(*bench.Report, float64, float64) {
	return func(r *bench.Report, peer, kactl float64) { addFalse(r, "false", interval, int(peer), int(kactl)) }
}
