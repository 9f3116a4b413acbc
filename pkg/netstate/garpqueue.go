package netstate

import (
	"net/netip"
	"slices"
	"time"
)

// A garpQueue is what waits to be announced on one interface by one protocol: first
// announcements before repetitions. Of those there is one entry an owner at the most, whatever
// a peer makes it ask for.
type garpQueue struct {
	first  []pendingGARP
	at     int // in first
	rounds []*garpRounds
}

// A pendingGARP is one announcement.
type pendingGARP struct {
	claim *claim
	name  string // of the owner
	addr  netip.Addr
	pause time.Duration // after it, before the next repetition
}

// garpRounds is how often the addresses of an owner are still to be announced.
type garpRounds struct {
	claim *claim
	name  string
	addrs []netip.Addr // of one protocol
	at    int          // in addrs, of the round under way
	left  int          // rounds, with the one under way
	pause time.Duration
}

// addFirst takes in the first announcement of an address.
func (q *garpQueue) addFirst(p pendingGARP) { q.first = append(q.first, p) }

// addRounds takes in repetitions. What waits for the same owner is joined: all
// addresses of both are repeated as often as either asks for.
func (q *garpQueue) addRounds(r garpRounds) {
	if r.left <= 0 || len(r.addrs) == 0 {
		return
	}
	n := slices.IndexFunc(q.rounds, func(w *garpRounds) bool { return w.claim == r.claim })
	if n < 0 {
		q.rounds = append(q.rounds, &r)
		return
	}
	w := q.rounds[n]
	if w.at > 0 { // the round under way has gone past some of them
		r.left++
	}
	w.left, w.name, w.pause = max(w.left, r.left), r.name, r.pause
	if slices.Equal(w.addrs, r.addrs) {
		return
	}
	for _, a := range r.addrs {
		if !slices.Contains(w.addrs, a) {
			w.addrs = append(slices.Clip(w.addrs), a)
		}
	}
}

// nextFirst takes the next first announcement.
func (q *garpQueue) nextFirst() (p pendingGARP, ok bool) {
	if q.at == len(q.first) {
		clear(q.first) // or it would keep the claims
		q.first, q.at = q.first[:0], 0
		return pendingGARP{}, false
	}
	p = q.first[q.at]
	q.at++
	return p, true
}

// nextRepetition takes the next repetition. Owners take turns, round by round.
func (q *garpQueue) nextRepetition() (p pendingGARP, ok bool) {
	if len(q.rounds) == 0 {
		return pendingGARP{}, false
	}
	r := q.rounds[0]
	p = pendingGARP{claim: r.claim, name: r.name, addr: r.addrs[r.at], pause: r.pause}
	if r.at++; r.at == len(r.addrs) {
		r.at = 0
		q.rounds = q.rounds[1:]
		if r.left--; r.left > 0 {
			q.rounds = append(q.rounds, r)
		}
	}
	return p, true
}

// keep drops what waits for an owner, but for the addresses that stay, and returns
// the other ones.
func (q *garpQueue) keep(c *claim, stays func(netip.Addr) bool) (dropped []netip.Addr) {
	kept := slices.DeleteFunc(q.first[q.at:], func(p pendingGARP) bool {
		if p.claim != c || stays(p.addr) {
			return false
		}
		dropped = append(dropped, p.addr)
		return true
	})
	q.first = q.first[:q.at+len(kept)]
	q.rounds = slices.DeleteFunc(q.rounds, func(r *garpRounds) bool {
		if r.claim != c {
			return false
		}
		var rest []netip.Addr
		at := 0
		for n, a := range r.addrs {
			if !stays(a) {
				dropped = append(dropped, a)
				continue
			}
			if n < r.at {
				at++
			}
			rest = append(rest, a)
		}
		r.addrs, r.at = rest, at
		if at == len(rest) { // the round under way is over
			r.at = 0
			r.left--
		}
		return len(rest) == 0 || r.left <= 0
	})
	return dropped
}
