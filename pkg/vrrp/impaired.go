package vrrp

import "time"

// impairments keep a machine from taking part although its interface is up and
// has an address: a router that cannot speak, or cannot hear, makes a second
// master, and one that cannot have its addresses is a master in name only.
type impairments struct {
	// unrouted: no unicast peer is reached through the interface.
	unrouted bool

	// cannotSend: no advert could be sent for a master down time.
	cannotSend   bool
	cannotSendBy timer // master: nothing goes out; the end of that time
	probe        timer // the next try to send

	// noAddresses: the addresses could not be had for noAddressesIntervals.
	noAddresses   bool
	noAddressesBy timer         // master: there are none; the end of that time
	retry         timer         // when to look again
	backoff       time.Duration // the time until then
	other         Time          // when another master was last heard
}

const (
	// noAddressesIntervals is how many advert intervals a master may lack its addresses.
	noAddressesIntervals = 3
	// Without addresses a router looks after retryFirst whether it can take part, then
	// after twice that and so on, up to retryLast.
	retryFirst = 10 * time.Second
	retryLast  = 5 * time.Minute
	// probeEvery is the shortest time between two tries to send.
	probeEvery = time.Second
)

// impaired returns the impairment that keeps the instance in FAULT, 0 if there
// is none.
func (m *Machine) impaired() Reason {
	switch {
	case m.unrouted:
		return ReasonUnrouted
	case m.cannotSend:
		return ReasonCannotSend
	case m.noAddresses:
		return ReasonNoAddresses
	case m.filtered:
		return ReasonFiltered
	}
	return 0
}

// sendChanged follows whether adverts can be sent. One that fails now and then
// is like one that the network loses. A master that cannot send for a master down
// time has lost its peers.
func (m *Machine) sendChanged(now Time, up bool) {
	switch {
	case up:
		m.cannotSend = false
		m.cannotSendBy.stop()
		m.probe.stop()
	case m.state == Master && !m.cannotSendBy.set:
		// The last one went out an interval ago.
		m.cannotSendBy.start(now.Add(m.masterDown(m.cfg.AdvertInterval) - m.cfg.AdvertInterval))
	}
}

// addressesChanged follows whether the addresses of a master are there.
func (m *Machine) addressesChanged(now Time, up bool) {
	switch {
	case up && m.state == Master:
		m.backoff = 0
		m.noAddressesBy.stop()
	case up:
		m.noAddresses = false
		m.retry.stop()
	case m.state == Master && !m.noAddressesBy.set:
		m.noAddressesBy.start(now.Add(noAddressesIntervals * m.cfg.AdvertInterval))
	}
}

// impairmentsDue does what the timers of impairments ask for.
func (m *Machine) impairmentsDue(now Time, out []Effect) []Effect {
	switch {
	case m.cannotSendBy.due(now):
		m.cannotSend = true
		out = m.evaluateFaults(now, out)
		m.probe.start(now.Add(max(m.cfg.AdvertInterval, probeEvery)))
	case m.noAddressesBy.due(now):
		m.noAddresses = true
		out = m.evaluateFaults(now, out)
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

// retryAddresses lets a router without addresses take part again where there is no other master,
// for then there is nothing to lose. Where there is one it keeps out of its way until
// AddressesChanged says that what it lacked is there.
func (m *Machine) retryAddresses(now Time, out []Effect) []Effect {
	if now.Sub(m.other) < m.masterDown(m.interval) {
		m.waitToRetry(now)
		return append(out, Effect{Kind: TryAddresses})
	}
	m.noAddresses = false
	m.retry.stop()
	return m.evaluateFaults(now, out)
}
