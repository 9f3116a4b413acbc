package vrrp

import "time"

// impairments keep a machine from taking part although its interface is up and
// has an address: a router that cannot speak, or cannot hear, makes a second
// master, and one that cannot have its addresses is a master in name only.
type impairments struct {
	// unrouted: no unicast peer is reached through the interface.
	unrouted bool

	// mute: no advert could be sent for a master down time.
	mute    bool
	sending timer // master: nothing goes out; the end of that time
	probe   timer // mute: the next try to send

	// bare: the addresses could not be had for bareIntervals.
	bare    bool
	holding timer         // master: there are no addresses; the end of that time
	retry   timer         // bare: when to take part again
	backoff time.Duration // the time until then
}

const (
	// bareIntervals is how many advert intervals a master may lack its addresses.
	bareIntervals = 3
	// A bare router takes part again after retryFirst; each time that it ends
	// in the same way the wait doubles, up to retryLast.
	retryFirst = 10 * time.Second
	retryLast  = 5 * time.Minute
	// probeEvery is the shortest time between two tries of a mute router.
	probeEvery = time.Second
)

// impaired returns the impairment that keeps the instance in FAULT, 0 if there
// is none.
func (m *Machine) impaired() Reason {
	switch {
	case m.unrouted:
		return ReasonUnrouted
	case m.mute:
		return ReasonMute
	case m.bare:
		return ReasonBare
	case m.blocked:
		return ReasonBlocked
	}
	return 0
}

// sendChanged follows whether adverts can be sent. One that fails now and then
// is like one that the network loses; who fails for a master down time is a
// master that nobody hears.
func (m *Machine) sendChanged(now Time, up bool) {
	switch {
	case up:
		m.mute = false
		m.sending.stop()
		m.probe.stop()
	case m.state == Master && !m.sending.set:
		// The last one went out an interval ago.
		m.sending.start(now.Add(m.masterDown(m.cfg.AdvertInterval) - m.cfg.AdvertInterval))
	}
}

// addressesChanged follows whether the addresses of a master are there.
func (m *Machine) addressesChanged(now Time, up bool) {
	switch {
	case up:
		m.backoff = 0
		m.holding.stop()
	case m.state == Master && !m.holding.set:
		m.holding.start(now.Add(bareIntervals * m.cfg.AdvertInterval))
	}
}

// impairmentsDue does what the timers of impairments ask for.
func (m *Machine) impairmentsDue(now Time, out []Effect) []Effect {
	switch {
	case m.sending.due(now):
		m.mute = true
		out = m.reconsider(now, out)
		m.probe.start(now.Add(max(m.cfg.AdvertInterval, probeEvery)))
	case m.holding.due(now):
		m.bare = true
		out = m.reconsider(now, out)
		m.backoff = min(max(2*m.backoff, retryFirst), retryLast)
		m.retry.start(now.Add(m.backoff))
	}
	if m.probe.due(now) {
		m.probe.start(now.Add(max(m.cfg.AdvertInterval, probeEvery)))
		out = append(out, Effect{Kind: Probe})
	}
	if m.retry.due(now) {
		m.retry.stop()
		m.bare = false
		out = m.reconsider(now, out)
	}
	return out
}
