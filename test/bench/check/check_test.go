package main

import (
	"testing"
	"time"

	"github.com/kactl/kactl/test/bench"
)

func TestVerdicts(t *testing.T) {
	fine := map[int]time.Duration{small: 100 * time.Millisecond, large: 2 * time.Second}
	for _, c := range []struct {
		name   string
		kactl  map[int]time.Duration
		peer   time.Duration
		doubts map[int]string
		past   int
	}{
		{"as fast", fine, 2 * time.Second, nil, 0},
		{"slower", fine, 1900 * time.Millisecond, nil, 1},
		{"grows", map[int]time.Duration{small: 60 * time.Millisecond, large: 2 * time.Second}, 2 * time.Second, nil, 1},
		{"no figure", nil, 0, map[int]string{large: "7 of 7 runs were disturbed"}, 0},
		{"of the small file nothing is told", map[int]time.Duration{large: 2 * time.Second}, time.Second, map[int]string{small: "busy"}, 1},
	} {
		r := bench.NewReport("")
		verdicts(r, c.kactl, c.peer, c.doubts)
		if got := r.Past(); got != c.past {
			t.Errorf("%s: %d limits past, want %d", c.name, got, c.past)
		}
	}
}
