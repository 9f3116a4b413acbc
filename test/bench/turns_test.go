package bench

import (
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// turnsOf are turns of two programs; x is one that the machine disturbed.
func turnsOf(t *testing.T, want int, story string) Turns {
	t.Helper()
	words := strings.Fields(story)
	return collectTurns(want, func() ([]Cost, bool) {
		if len(words) == 0 {
			return nil, true
		}
		word := words[0]
		words = words[1:]
		if word == "x" {
			return []Cost{{Time: time.Nanosecond}, {Time: time.Hour}}, true
		}
		first, second, _ := strings.Cut(word, "/")
		var costs []Cost
		for _, text := range []string{first, second} {
			d, err := time.ParseDuration(text + "ms")
			if err != nil {
				t.Fatal(err)
			}
			costs = append(costs, Cost{Time: d})
		}
		return costs, false
	})
}

func TestRatiosOfTurns(t *testing.T) {
	none := math.NaN()
	for _, c := range []struct {
		name, story     string
		want, leftOut   int
		paired, fastest float64 // NaN if nothing is told
	}{
		{"one turn", "10/20", 1, 0, 2, 2},
		{"the middle one", "10/5 10/20 10/90", 3, 0, 2, 0.5},
		{"a machine that slows down", "10/10 20/20 80/80", 3, 0, 1, 1},
		{"disturbed turns are left out", "x 10/20 x 10/20 x 10/20", 3, 3, 2, 2},
		{"half of them are there", "x 10/20 x x", 2, 3, 2, 2},
		{"most were disturbed", "x x x x x 10/20", 3, 5, none, none},
		{"all were disturbed", "x x", 1, 2, none, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			turns := turnsOf(t, c.want, c.story)
			if got := turns.Disturbed[all]; got != c.leftOut {
				t.Errorf("%d left out, want %d", got, c.leftOut)
			}
			for name, want := range map[string]float64{"paired": c.paired, "fastest": c.fastest} {
				for _, most := range []float64{want, want - 0.01} {
					r := NewReport("")
					if name == "paired" {
						r.PairedRatio("time", turns, 1, most)
					} else {
						r.FastestRatio("time", turns, 1, most)
					}
					past := 0
					if most < want {
						past = 1
					}
					line := r.limits[0].line()
					if told := !strings.Contains(line, "cannot be told"); r.Past() != past || told == math.IsNaN(want) {
						t.Errorf("%s, at most %v: %d past: %s", name, most, r.Past(), line)
					}
				}
			}
		})
	}
}

func TestFastest(t *testing.T) {
	costs := []Cost{{Time: 9 * time.Second}, {Time: 2 * time.Second}, {Time: 3 * time.Second}}
	if got := Fastest(costs); got != 2*time.Second {
		t.Errorf("fastest %v", got)
	}
	if got := Median(Times(costs)); got != 3*time.Second {
		t.Errorf("median %v", got)
	}
	if got := Fastest(nil); got != 0 {
		t.Errorf("fastest of none %v", got)
	}
}

// TestRounds has rounds until the time has passed: their cost is the mean, and the
// programs take turns.
func TestRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		order := ""
		program := func(name string, took, user time.Duration, memory int64) func() Cost {
			return func() Cost {
				order += name
				time.Sleep(took)
				return Cost{took * time.Duration(len(order)), user, memory * int64(len(order))}
			}
		}
		got := rounds([]func() Cost{
			program("a", time.Second, time.Millisecond, 7),
			program("b", 2*time.Second, time.Minute, 9),
		}, 7*time.Second)
		want := []Cost{{3 * time.Second, time.Millisecond, 35}, {8 * time.Second, time.Minute, 54}}
		if order != "ababab" || !slices.Equal(got, want) {
			t.Errorf("in the order %s %v, want %v", order, got, want)
		}
		order = ""
		if rounds([]func() Cost{program("a", time.Hour, 0, 0)}, time.Second); order != "a" {
			t.Errorf("a long one is run %d times", len(order))
		}
	})
}

// TestCosts has the figures of turns, and of none.
func TestCosts(t *testing.T) {
	r := NewReport("")
	worst := func(cs []Cost) string { return Worst(Times(cs)).String() }
	for _, story := range []string{"10/20 30/5", "x x x x"} {
		turns := turnsOf(t, 2, story)
		r.Costs("worst", turns, worst)
		r.LeftOut(story, turns)
	}
	want := [][]string{
		{"worst", "30ms", "20ms"},
		{"10/20 30/5, turns left out, the machine was busy", "0"},
		{"x x x x, turns left out, the machine was busy", "4"},
	}
	if d := cmp.Diff(want, r.rows); d != "" {
		t.Error(d)
	}
}
