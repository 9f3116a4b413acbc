package vrrpd

import (
	"fmt"
	"time"
)

// retapAfter is the pause before a tap that could not be opened is tried again; it
// doubles up to retryAfter. A backup listens for a few advert intervals at most.
const retapAfter = 100 * time.Millisecond

// A retap is the next try to open a tap.
type retap struct {
	timer *time.Timer // nil is none
	pause time.Duration
}

// followTap opens the tap while it is wanted, and closes it when it is not.
// Without it the instances know less, and go on.
func (l *loop) followTap(s *ifaceSocket) {
	switch {
	case !s.want.Tap:
		l.closeTap(s)
	case s.tap == nil && s.retap.timer == nil:
		l.openTap(s)
	}
}

// openTap opens the tap, now or later. The log has the first failure of a row.
func (l *loop) openTap(s *ifaceSocket) {
	tap, err := l.sys.OpenTap(s.name, s.index, s.ipv6)
	if err == nil {
		if err = l.poll.watch(tap.FD()); err != nil {
			tap.Close()
		}
	}
	if err == nil {
		s.tap, s.retap = tap, retap{}
		l.tapByFD[tap.FD()] = s
		return
	}
	if s.retap.pause == 0 {
		if dropped, ok := s.untapped.allow(monotonic()); ok {
			l.log.Warn(fmt.Sprintf("%v: a packet filter that drops adverts goes unnoticed, trying again%s", err, andMore(dropped)))
		}
	}
	pause := min(max(retapAfter, 2*s.retap.pause), retryAfter)
	var timer *time.Timer
	again := func() {
		if s.retap.timer == timer { // the tap is still wanted
			s.retap.timer = nil
			l.openTap(s)
		}
	}
	timer = time.AfterFunc(pause, func() { l.tasks.post(again) })
	s.retap = retap{timer, pause}
}

// closeTap closes a tap beside the loop: the kernel takes its time.
func (l *loop) closeTap(s *ifaceSocket) {
	if s.retap.timer != nil {
		s.retap.timer.Stop()
	}
	s.retap = retap{}
	if s.tap == nil {
		return
	}
	delete(l.tapByFD, s.tap.FD())
	l.poll.unwatch(s.tap.FD())
	tap := s.tap
	s.tap = nil
	l.closing.Go(func() { tap.Close() })
}
