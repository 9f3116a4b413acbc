package bench

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Turns are what programs cost that ran one after the other, each time: one cost
// for each program. The machine may be another in a minute, so that they are
// compared turn by turn.
type Turns = Samples[string, []Cost]

// all is what the programs of a turn are called in a doubt.
const all = "all programs"

// turnLasts is how long a turn is at least: as many rounds of the programs as that
// takes. Of a shorter one it cannot be told whether it was disturbed.
const turnLasts = 300 * time.Millisecond

// TakeTurns runs the programs in turn, as often as there are turns wanted. A turn
// that the machine disturbed is left out and counted.
func TakeTurns(b *B, want int, programs ...func() Cost) Turns {
	return collectTurns(want, func() (costs []Cost, disturbed bool) {
		quiet := Undisturbed(b, func() { costs = rounds(programs, turnLasts) })
		return costs, !quiet
	})
}

// rounds runs the programs in turn until some time has passed, and returns what a
// round cost in the mean.
func rounds(programs []func() Cost, least time.Duration) []Cost {
	costs := make([]Cost, len(programs))
	count := 0
	for start := time.Now(); count == 0 || time.Since(start) < least; count++ {
		for n, run := range programs {
			costs[n] = costs[n].plus(run())
		}
	}
	for n := range costs {
		costs[n] = costs[n].over(count)
	}
	return costs
}

func collectTurns(want int, turn func() ([]Cost, bool)) Turns {
	return Collect([]string{all}, want, func(string) ([]Cost, bool) { return turn() })
}

// column is what a program cost in each turn.
func column(t Turns, program int) []Cost {
	var out []Cost
	for _, costs := range t.Of[all] {
		out = append(out, costs[program])
	}
	return out
}

// LeftOut adds how many turns the machine disturbed.
func (r *Report) LeftOut(what string, t Turns) {
	r.Row(what+", turns left out, the machine was busy", strconv.Itoa(t.Disturbed[all]))
}

// Costs adds a figure of what each program cost, unless no turn was undisturbed.
func (r *Report) Costs(what string, t Turns, figure func([]Cost) string) {
	if len(t.Of[all]) == 0 {
		return
	}
	var cells []string
	for n := range t.Of[all][0] {
		cells = append(cells, figure(column(t, n)))
	}
	r.Row(what, cells...)
}

// PairedRatio holds the median of the ratios, turn by turn, of a program's time to
// the first one's. Where too many turns were disturbed, nothing is told.
func (r *Report) PairedRatio(what string, t Turns, program int, most float64) {
	r.turnsRatio(what+", median of the ratios", t, most, func() float64 {
		var ratios []float64
		for _, costs := range t.Of[all] {
			ratios = append(ratios, costs[program].Time.Seconds()/costs[0].Time.Seconds())
		}
		slices.Sort(ratios)
		return ratios[len(ratios)/2]
	})
}

// FastestRatio holds the ratio of a program's fastest time to the first one's.
// What else the machine does only makes a run longer.
func (r *Report) FastestRatio(what string, t Turns, program int, most float64) {
	r.turnsRatio(what+", ratio of the fastest", t, most, func() float64 {
		return Fastest(column(t, program)).Seconds() / Fastest(column(t, 0)).Seconds()
	})
}

func (r *Report) turnsRatio(what string, t Turns, most float64, ratio func() float64) {
	if doubt := t.Doubt(all); doubt != "" {
		r.Unknown(what, doubt)
		return
	}
	r.Limit(what, ratio(), most, "")
}

// Fastest is the shortest time, 0 if there are none.
func Fastest(costs []Cost) time.Duration {
	if len(costs) == 0 {
		return 0
	}
	return slices.MinFunc(costs, func(a, b Cost) int { return cmp.Compare(a.Time, b.Time) }).Time
}

// Times are the times alone.
func Times(costs []Cost) (out []time.Duration) {
	for _, c := range costs {
		out = append(out, c.Time)
	}
	return out
}
