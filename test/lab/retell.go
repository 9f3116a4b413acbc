package lab

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

// tellings is how often [Retell] lets a story fail for want of the processor.
const tellings = 3

// Story is a test that tells a story beside others, by [Retell].
func Story(story func(testing.TB)) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		t.Parallel()
		Retell(t, story)
	}
}

// Retell tells a story, and tells it again if it failed and the machine stood
// still meanwhile: a director that gets no processor loses its address, and is
// right to. What a story finds wrong on a machine that did not stand still is
// wrong.
//
// The story is given a testing.TB of its own, which it may do all with but skip.
func Retell(t testing.TB, story func(testing.TB)) {
	t.Helper()
	RetellFast(t, longestStall, story)
}

// RetellFast is Retell for a story with timers that a machine delays too much by
// standing still for less than it does in others: limit at a time.
func RetellFast(t testing.TB, limit time.Duration, story func(testing.TB)) {
	t.Helper()
	watchStalls()
	retell(t, story, func(since time.Time) bool { return starved(since, limit) })
}

func retell(t testing.TB, story func(testing.TB), starved func(since time.Time) bool) {
	t.Helper()
	for n := 1; ; n++ {
		began := time.Now()
		a := &attempt{TB: t}
		a.run(func() { story(a) })
		a.cleanUp()
		if !a.Failed() {
			return
		}
		if n == tellings || !starved(began) {
			t.FailNow()
			return
		}
		total, longest := Stalled(began)
		t.Logf("it failed while the machine stood still for %v, %v at a time: once more", total, longest)
	}
}

// An attempt is one telling of a story: it fails for itself.
type attempt struct {
	testing.TB

	mu       sync.Mutex
	failed   bool
	cleanups []func()
}

// run calls f until it returns or ends the attempt.
func (a *attempt) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// cleanUp calls what Cleanup was given, the last first.
func (a *attempt) cleanUp() {
	for {
		a.mu.Lock()
		n := len(a.cleanups)
		if n == 0 {
			a.mu.Unlock()
			return
		}
		f := a.cleanups[n-1]
		a.cleanups = slices.Delete(a.cleanups, n-1, n)
		a.mu.Unlock()
		a.run(f)
	}
}

func (a *attempt) Cleanup(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cleanups = append(a.cleanups, f)
}

func (a *attempt) Fail() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed = true
}

func (a *attempt) Failed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}

func (a *attempt) FailNow() {
	a.Fail()
	runtime.Goexit()
}

func (a *attempt) Error(args ...any) {
	a.Helper()
	a.Log(args...)
	a.Fail()
}

func (a *attempt) Errorf(format string, args ...any) {
	a.Helper()
	a.Logf(format, args...)
	a.Fail()
}

func (a *attempt) Fatal(args ...any) {
	a.Helper()
	a.Log(args...)
	a.FailNow()
}

func (a *attempt) Fatalf(format string, args ...any) {
	a.Helper()
	a.Logf(format, args...)
	a.FailNow()
}
