package daemon

import (
	"context"
	"sync"
	"time"
)

// A serviceStatus is the line that the service manager shows of the daemon: what it
// runs, and what keeps checks from being made.
type serviceStatus struct {
	changed chan struct{} // holds one where trouble was not told yet
	telling sync.Mutex    // held while a line goes to the service manager

	mu               sync.Mutex // guards all following
	running, trouble string
}

func newServiceStatus() *serviceStatus { return &serviceStatus{changed: make(chan struct{}, 1)} }

// runs takes note of what runs, and returns the line.
func (s *serviceStatus) runs(what string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = what
	return s.line()
}

// troubled takes note of what keeps checks from being made; nothing does so where
// what is empty. It does not wait for the service manager.
func (s *serviceStatus) troubled(what string) {
	s.mu.Lock()
	s.trouble = what
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// line is called with mu held.
func (s *serviceStatus) line() string {
	switch {
	case s.trouble == "":
		return s.running
	case s.running == "":
		return s.trouble
	}
	return s.running + "; " + s.trouble
}

// now is the line.
func (s *serviceStatus) now() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line()
}

// alone calls f, which tells the service manager, so that no older line comes
// behind what it tells.
func (s *serviceStatus) alone(f func()) {
	s.telling.Lock()
	defer s.telling.Unlock()
	f()
}

// statusEvery is the time between two lines at least: the number of checks may
// change with each of them.
const statusEvery = time.Second

// tell passes the line on whenever trouble has changed, until ctx ends. What is
// overtaken while tell waits is not told.
func (s *serviceStatus) tell(ctx context.Context, tell func(line string)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
			s.alone(func() {
				if ctx.Err() == nil {
					tell(s.now())
				}
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(statusEvery):
		}
	}
}
