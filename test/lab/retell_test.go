package lab

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// verdict is a testing.TB that keeps what a story comes to.
type verdict struct {
	testing.TB
	failed bool
}

func (v *verdict) FailNow() { v.failed = true }

func TestRetell(t *testing.T) {
	still := func(time.Time) bool { return true }
	calm := func(time.Time) bool { return false }
	for _, tt := range []struct {
		name    string
		starved func(time.Time) bool
		wrong   int // so many tellings fail
		told    string
		failed  bool
	}{
		{"right", calm, 0, "begin end clean ", false},
		{"wrong", calm, 1, "begin clean ", true},
		{"starved once", still, 1, "begin clean begin end clean ", false},
		{"starved twice", still, 2, "begin clean begin clean begin end clean ", false},
		{"wrong though starved", still, 9, "begin clean begin clean begin clean ", true},
	} {
		for _, fail := range []func(testing.TB){
			func(t testing.TB) { t.Fatal("wrong") },
			func(t testing.TB) { t.Fatalf("%s", "wrong") },
			func(t testing.TB) { t.FailNow() },
		} {
			v := &verdict{TB: t}
			var told strings.Builder
			n := 0
			retell(v, func(t testing.TB) {
				n++
				t.Cleanup(func() { told.WriteString("clean ") })
				told.WriteString("begin ")
				if n <= tt.wrong {
					fail(t)
				}
				told.WriteString("end ")
			}, tt.starved)
			if told.String() != tt.told || v.failed != tt.failed {
				t.Errorf("%s: told %q, failed %v, want %q, %v", tt.name, told.String(), v.failed, tt.told, tt.failed)
			}
		}
	}
}

// What fails and goes on has failed, and cleanups run in their order and may
// themselves find something wrong.
func TestRetellGoesOn(t *testing.T) {
	for _, fail := range []func(testing.TB){
		func(t testing.TB) { t.Error("wrong") },
		func(t testing.TB) { t.Errorf("%s", "wrong") },
		func(t testing.TB) { t.Fail() },
		func(t testing.TB) { t.Cleanup(func() { t.Fatal("wrong") }) },
	} {
		v := &verdict{TB: t}
		var order []int
		retell(v, func(t testing.TB) {
			t.Cleanup(func() { order = append(order, 2) })
			fail(t)
			t.Cleanup(func() { order = append(order, 1) })
		}, func(time.Time) bool { return false })
		if !v.failed || !slices.Equal(order, []int{1, 2}) {
			t.Errorf("failed %v, cleaned up in the order %v", v.failed, order)
		}
	}
}

// A process that does not wake up in time has stood still.
func TestStalled(t *testing.T) {
	began := time.Now()
	var longest time.Duration
	n := 0
	done := make(chan struct{})
	go watch(0, func(d time.Duration) {
		switch n++; n {
		case 1:
			time.Sleep(d)
		case 2:
			at := time.Now()
			time.Sleep(d + 2*shortest)
			longest = time.Since(at) - d
		default:
			close(done)
			select {}
		}
	})
	<-done
	if total, most := Stalled(began); total < 2*shortest || most < 2*shortest || most < longest-shortest {
		t.Errorf("stood still for %v, %v at a time, want %v", total, most, longest)
	}
	if total, _ := Stalled(time.Now()); total != 0 {
		t.Errorf("from now on it stood still for %v", total)
	}
	for _, tt := range []struct {
		total, longest, of, limit time.Duration
		want                      bool
	}{
		{0, 0, 0, longestStall, false},
		{time.Second, time.Second, time.Minute, longestStall, false},
		{2 * time.Second, 1100 * time.Millisecond, time.Hour, longestStall, true},
		{7 * time.Second, 100 * time.Millisecond, time.Minute, longestStall, true},
		{time.Second, 110 * time.Millisecond, time.Minute, 100 * time.Millisecond, true},
		{time.Second, 90 * time.Millisecond, time.Minute, 100 * time.Millisecond, false},
	} {
		if got := excused(tt.total, tt.longest, tt.of, tt.limit); got != tt.want {
			t.Errorf("%v, %v at a time, of %v, limit %v: %v", tt.total, tt.longest, tt.of, tt.limit, got)
		}
	}
}
