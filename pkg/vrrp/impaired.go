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
	other   Time          // bare: when another master was last heard
}

const (
	// bareIntervals is how many advert intervals a master may lack its addresses.
	bareIntervals = 3
	// A bare router looks after retryFirst whether it can take part again, then
	// after twice that and so on, up to retryLast.
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
// is like one that the network loses. A master that cannot send for a master down
// time has lost its peers.
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
	case up && m.state == Master:
		m.backoff = 0
		m.holding.stop()
	case up:
		m.bare = false
		m.retry.stop()
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
		m.waitToRetry(now)
	}
	if m.probe.due(now) {
		m.probe.start(now.Add(max(m.cfg.AdvertInterval, probeEvery)))
		out = append(out, Effect{Kind: Probe})
	}
	if m.retry.due(now) {
		out = m.retryAddresses(now, out)
	}
	return out
}

func (m *Machine) waitToRetry(now Time) {
	m.backoff = min(max(2*m.backoff, retryFirst), retryLast)
	m.retry.start(now.Add(m.backoff))
}

// retryAddresses lets a bare router take part again where there is no other master,
// for then there is nothing to lose. Where there is one it keeps out of its way until
// AddressesChanged says that what it lacked is there.
func (m *Machine) retryAddresses(now Time, out []Effect) []Effect {
	if now.Sub(m.other) < m.masterDown(m.interval) {
		m.waitToRetry(now)
		return append(out, Effect{Kind: TryAddresses})
	}
	m.bare = false
	m.retry.stop()
	return m.reconsider(now, out)
}
