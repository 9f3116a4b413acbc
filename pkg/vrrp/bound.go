package vrrp

import "time"

// announceEvery is the shortest time between two rounds of announcements that
// follow from what others send.
const announceEvery = time.Second

// bounds keep what others send from making us send without bound: an advert of
// a few bytes would otherwise be worth hundreds of frames on the network. The
// times are the earliest ones; the zero Time is at once.
type bounds struct {
	answer   Time // an advert out of turn
	round    Time // a round of announcements
	takeOver Time // a take-over after a resignation

	postponed timer // master: a round that was asked for too early
	repeat    int   // of that round
}

// answer sends an advert out of turn, at most once an advert interval.
func (m *Machine) answer(now Time, out []Effect) []Effect {
	if now < m.bounds.answer {
		return out
	}
	m.bounds.answer = now.Add(m.cfg.AdvertInterval)
	return m.advertNow(now, out)
}

// announceOnce announces the addresses, at most once in announceEvery: a round
// that is asked for too early is put off, and joins others that are.
func (m *Machine) announceOnce(now Time, repeat int, out []Effect) []Effect {
	return announce(m.allowed(now, repeat), out)
}

// allowed returns how many announcements of a round of repeat may be sent now: all,
// or none if it is too early.
func (m *Machine) allowed(now Time, repeat int) int {
	b := &m.bounds
	switch {
	case repeat == 0:
		return 0
	case now < b.round:
		b.repeat = max(b.repeat, repeat)
		b.postponed.start(b.round)
		return 0
	}
	b.round = now.Add(announceEvery)
	b.repeat = 0
	b.postponed.stop()
	return repeat
}
