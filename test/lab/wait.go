package lab

import "time"

// Slack is what is added to each limit within which a test waits for something:
// the limit is how long that takes where nothing is in its way, and the machine
// may be busy with something else. How fast a thing is, benchmarks judge.
const Slack = time.Minute

// poll is how often a condition is looked at.
var poll = pace(20 * time.Millisecond)

// pace is how often to do what is done all the time. A guest has one slow processor,
// which is for the directors: there it is five times as long.
func pace(d time.Duration) time.Duration {
	if inGuest() {
		return 5 * d
	}
	return d
}

// Within waits until cond holds, at the longest for limit, and tells whether
// it does. It adds no slack.
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

// Eventually ends the test unless cond holds within limit and [Slack]. It returns
// how long that took.
func Eventually(t T, limit time.Duration, what string, cond func() bool) time.Duration {
	t.Helper()
	return eventually(t, limit, Slack, what, cond)
}

func eventually(t T, limit, slack time.Duration, what string, cond func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	if !Within(limit+slack, cond) {
		t.Fatalf("not within %v and %v of slack: %s", limit, slack, what)
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
