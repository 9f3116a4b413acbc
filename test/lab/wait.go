package lab

import "time"

// poll is how often a condition is looked at. A user-mode kernel has one slow
// processor for everything.
const poll = 20 * time.Millisecond

// Within waits until cond holds, at the longest for limit, and tells whether
// it does.
func Within(limit time.Duration, cond func() bool) bool {
	end := time.Now().Add(limit)
	for {
		if cond() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
		time.Sleep(poll)
	}
}

// Eventually ends the test unless cond holds within limit. It returns how
// long that took.
func Eventually(t T, limit time.Duration, what string, cond func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	if !Within(limit, cond) {
		t.Fatalf("not within %v: %s", limit, what)
	}
	return time.Since(began)
}

// Always ends the test if cond stops holding before d is over.
func Always(t T, d time.Duration, what string, cond func() bool) {
	t.Helper()
	if Within(d, func() bool { return !cond() }) {
		t.Fatalf("did not stay so for %v: %s", d, what)
	}
}
