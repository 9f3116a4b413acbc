package vrrp

import (
	"net/netip"
	"time"
)

// stamps are the time stamps that were last accepted, by sender.
type stamps struct {
	of []stampOf
	// floor is the last one of a sender that there was no more room for: from one
	// that is not known nothing older is accepted.
	floor Timestamp
}

type stampOf struct {
	sender netip.Addr
	last   Timestamp
}

// maxStamps bounds the senders of one virtual router. Those who have no key do not
// count.
const maxStamps = 32

// takeBack takes back what was accepted while our clock was ahead by more than window:
// nothing that is older than our time now is accepted then, and all that follows is.
func (s *stamps) takeBack(wall time.Time, window time.Duration) {
	for n := range s.of {
		if s.of[n].last.apart(wall) > window {
			s.of[n].last = TimestampAt(wall)
		}
	}
	if s.floor != 0 && s.floor.apart(wall) > window {
		s.floor = TimestampAt(wall)
	}
}

// newer says whether a time stamp follows the sender's last one.
func (s *stamps) newer(sender netip.Addr, t Timestamp) bool {
	for n := range s.of {
		if s.of[n].sender == sender {
			return t.after(s.of[n].last)
		}
	}
	return s.floor == 0 || t.after(s.floor)
}

// accept is newer, and takes the time stamp for the sender's last one if it is.
func (s *stamps) accept(sender netip.Addr, t Timestamp) bool {
	if !s.newer(sender, t) {
		return false
	}
	oldest := 0
	for n := range s.of {
		if s.of[n].sender == sender {
			s.of[n].last = t
			return true
		}
		if s.of[oldest].last.after(s.of[n].last) {
			oldest = n
		}
	}
	if len(s.of) < maxStamps {
		s.of = append(s.of, stampOf{sender, t})
		return true
	}
	s.floor = s.of[oldest].last
	s.of[oldest] = stampOf{sender, t}
	return true
}
