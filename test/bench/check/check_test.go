package main

import (
	"testing"
	"time"
)

// TestFastest has runs that the machine made longer.
func TestFastest(t *testing.T) {
	all := []sample{{9 * time.Second, 3}, {2 * time.Second, 9}, {3 * time.Second, 1}}
	if got := fastest(all); got != 2*time.Second {
		t.Errorf("fastest %v", got)
	}
	if got := middle(all); got.time != 3*time.Second || got.memory != 9 {
		t.Errorf("middle %+v", got)
	}
}
