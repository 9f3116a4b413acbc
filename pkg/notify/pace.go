package notify

import "time"

const (
	// singles limits a burst of mails with one state change each. Every singleEvery
	// one more is allowed.
	singles     = 8
	singleEvery = 2 * time.Second
	// After a mail that lists many, what follows is gathered for firstHold, and for
	// twice as long each time that there is much again.
	firstHold, lastHold = 10 * time.Second, 10 * time.Minute
)

// A pace decides how many mails there are. The zero pace is ready.
type pace struct {
	// full is when as many as singles may be sent again; until is when the next
	// mail may be sent at all.
	full, until time.Time
	gathering   time.Duration
}

// hold is how long to wait before the next mail.
func (p *pace) hold(now time.Time) time.Duration { return max(0, p.until.Sub(now)) }

// each reports whether n state changes, at least one, become a mail each. Otherwise
// one mail lists them.
func (p *pace) each(now time.Time, n int) bool {
	start := now
	if p.full.After(now) {
		start = p.full
	} else {
		p.gathering = 0 // it has been calm
	}
	if full := start.Add(time.Duration(n) * singleEvery); full.Sub(now) <= singles*singleEvery {
		p.full = full
		return true
	}
	p.gathering = min(max(firstHold, 2*p.gathering), lastHold)
	p.until = now.Add(p.gathering)
	p.full = p.until.Add(singles * singleEvery)
	return false
}
