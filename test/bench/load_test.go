package bench

import (
	"math"
	"testing"
	"time"
)

func TestBusyTime(t *testing.T) {
	got, err := busyTime("cpu  100 20 30 4000 500 6 7 8 90 10\ncpu0 1 2 3\n")
	if want := 1710 * time.Millisecond; err != nil || got != want {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"", "cpu", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 3 4 5 6 7 x"} {
		if _, err := busyTime(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestOthers(t *testing.T) {
	for _, c := range []struct {
		wall, busy, own time.Duration
		processors      int
		want            float64
	}{
		{time.Second, time.Second, time.Second, 2, 0},
		{time.Second, 2 * time.Second, time.Second, 2, 0.5},
		{time.Second, 2 * time.Second, 0, 2, 1},
		{2 * time.Second, 4 * time.Second, 3800 * time.Millisecond, 4, 0.025},
	} {
		if got := others(c.wall, c.busy, c.own, c.processors); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestDisturbedByOthers takes the work of this process for somebody else's.
func TestDisturbedByOthers(t *testing.T) {
	before, err := ReadLoad()
	if err != nil {
		t.Fatal(err)
	}
	for n, end := 0, time.Now().Add(200*time.Millisecond); time.Now().Before(end); {
		n++
	}
	if disturbed, err := before.Disturbed(0); err != nil || !disturbed {
		t.Errorf("%v, %v", disturbed, err)
	}
	if disturbed, err := before.Disturbed(time.Hour); err != nil || disturbed {
		t.Errorf("by less than nothing: %v, %v", disturbed, err)
	}
}

func TestCollect(t *testing.T) {
	calls := ""
	s := Collect([]string{"a", "b"}, 3, func(p string) (int, bool) {
		calls += p
		return len(calls), p == "b" && len(calls) < 8
	})
	if calls != "abababbbb" {
		t.Errorf("measured %q", calls)
	}
	if len(s.Of["a"]) != 3 || len(s.Of["b"]) != 2 || s.Disturbed["b"] != 4 || s.Disturbed["a"] != 0 {
		t.Errorf("%+v", s)
	}
	if s.Doubt("a", "b") != "" {
		t.Error(s.Doubt("a", "b"))
	}
	s = Collect([]string{"a", "b"}, 3, func(p string) (int, bool) { return 0, p == "b" })
	if got, want := s.Doubt("a", "b"), "6 of 6 runs of b were disturbed"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
