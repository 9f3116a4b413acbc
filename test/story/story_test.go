package story

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	for text, want := range map[string][]string{
		"":                               nil,
		"  # nothing":                    nil,
		"cut lb1":                        {"cut", "lb1"},
		"  cut   lb1  # its cable":       {"cut", "lb1"},
		`log lb1 5s "Entering # MASTER"`: {"log", "lb1", "5s", "Entering # MASTER"},
		`page web 80 / ""`:               {"page", "web", "80", "/", ""},
	} {
		if d := cmp.Diff(want, split(text)); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
}
