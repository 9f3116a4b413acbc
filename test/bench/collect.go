package bench

import "fmt"

// Samples are what was measured of some programs in turn.
type Samples[P comparable, T any] struct {
	Of        map[P][]T
	Disturbed map[P]int // runs that were left out
	want      int
}

// Collect calls measure for each program in turn, until each has as many samples
// as are wanted. One that measure says the machine disturbed is left out and
// counted. A program is measured twice as often as that at most.
func Collect[P comparable, T any](programs []P, want int, measure func(P) (t T, disturbed bool)) Samples[P, T] {
	s := Samples[P, T]{Of: map[P][]T{}, Disturbed: map[P]int{}, want: want}
	for range 2 * want {
		for _, p := range programs {
			if len(s.Of[p]) == want {
				continue
			}
			if t, disturbed := measure(p); disturbed {
				s.Disturbed[p]++
			} else {
				s.Of[p] = append(s.Of[p], t)
			}
		}
	}
	return s
}

// Doubt says why nothing can be told of a program: more than half of the samples
// that were wanted are missing. It is empty if enough are there.
func (s Samples[P, T]) Doubt(programs ...P) string {
	for _, p := range programs {
		if n := len(s.Of[p]); n == 0 || 2*n < s.want {
			return fmt.Sprintf("%d of %d runs of %v were disturbed", s.Disturbed[p], n+s.Disturbed[p], p)
		}
	}
	return ""
}
