package daemon

import "sync"

// A status is the line that the service manager shows of the daemon: what it
// runs, and what keeps checks from being made.
type status struct {
	mu               sync.Mutex // guards all following
	running, trouble string
}

// runs takes note of what runs, and returns the line.
func (s *status) runs(what string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = what
	return s.line()
}

// troubled takes note of what keeps checks from being made; nothing does so where
// what is empty. It returns the line.
func (s *status) troubled(what string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = what
	return s.line()
}

// line is called with mu held.
func (s *status) line() string {
	switch {
	case s.trouble == "":
		return s.running
	case s.running == "":
		return s.trouble
	}
	return s.running + "; " + s.trouble
}
