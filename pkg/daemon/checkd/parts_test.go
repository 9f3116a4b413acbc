package checkd

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestScheduleIsInOrder(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		s := schedule{limit: 1000}
		base := time.Unix(0, 0)
		var all []*checker
		for range 200 {
			c := &checker{heapIndex: -1}
			s.put(c, base.Add(time.Duration(r.IntN(100))))
			all = append(all, c)
		}
		var want []time.Time
		for _, c := range all {
			switch r.IntN(3) {
			case 0:
				s.drop(c)
				s.drop(c) // a second time does no harm
				continue
			case 1:
				s.put(c, base.Add(time.Duration(r.IntN(100))))
			}
			want = append(want, c.due)
		}
		slices.SortFunc(want, time.Time.Compare)
		for i, at := range want {
			next, ok := s.next()
			if !ok || !next.Equal(at) {
				t.Fatalf("seed %d: next %d is %v %t, want %v", seed, i, next, ok, at)
			}
			if at.After(base) && s.start(at.Add(-1)) != nil {
				t.Fatalf("seed %d: a check started early", seed)
			}
			if c := s.start(at); c == nil || !c.due.Equal(at) {
				t.Fatalf("seed %d: started %v, want the one at %v", seed, c, at)
			}
		}
		if _, ok := s.next(); ok || s.running != len(want) {
			t.Fatalf("seed %d: something is left, or %d run instead of %d", seed, s.running, len(want))
		}
	}
}

func TestScheduleLimit(t *testing.T) {
	s := schedule{limit: 1}
	now := time.Unix(0, 0)
	s.put(&checker{heapIndex: -1}, now)
	s.put(&checker{heapIndex: -1}, now)
	if s.start(now) == nil || s.start(now) != nil {
		t.Error("not exactly one check started")
	}
	if _, ok := s.next(); ok {
		t.Error("something to start while all places are taken")
	}
	s.finish()
	if s.start(now) == nil {
		t.Error("no check started after one had ended")
	}
}
