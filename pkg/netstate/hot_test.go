package netstate

import (
	"context"
	"testing"
	"time"
)

// What stands by is awake for as long as it was asked for, or until it has
// something to do.
func TestStandBy(t *testing.T) {
	f := newFakeSystem()
	s := New(Config{System: f, Report: f.report})
	defer s.Close(context.Background())
	s.Set(release("a", on("eth0", 1)))
	done := make(chan struct{})
	s.After("a", func() { close(done) })
	<-done
	d := s.devices["eth0"]

	d.alert.Store(int64(time.Hour)) // as standBy does; no test waits for it
	d.waiting.Store(true)
	d.watch()
	d.waiting.Store(false)
	const within = 5 * time.Millisecond
	d.alert.Store(int64(within))
	start := time.Now()
	d.watch()
	if took := time.Since(start); took < within {
		t.Errorf("awake for %v, want %v", took, within)
	}
	start = time.Now()
	d.watch()
	if took := time.Since(start); d.alert.Load() != 0 || took > time.Minute {
		t.Errorf("still alert after %v", took)
	}

	s.StandBy("a", time.Minute)
	s.StandBy("nobody", time.Minute)
	held := make(chan struct{})
	s.Set(hold("a", 1, on("eth0", 1)))
	s.After("a", func() { close(held) })
	select {
	case <-held:
	case <-time.After(30 * time.Second):
		t.Error("what stands by does not see that there is something to do")
	}
}

// A decision costs the caller no memory, however many addresses it is about.
func TestSetDoesNotAllocate(t *testing.T) {
	f := newFakeSystem()
	f.hold = make(chan struct{})
	s := New(Config{System: f, Report: f.report})
	w := hold("a", 1, on("eth0", 1, 2, 3, 4, 5), on("eth1", 6))
	s.Set(w) // whose exchange is under way from now on
	time.Sleep(time.Millisecond)
	s.Set(w)
	n := testing.AllocsPerRun(100, func() {
		w.Held = !w.Held
		s.Set(w)
		s.StandBy("a", 1)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
	close(f.hold)
	if err := f.finish(s); err != nil {
		t.Error(err)
	}
}
