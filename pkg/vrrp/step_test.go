package vrrp

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// An audit follows one machine's effects and says when they break what must hold
// in every life.
type audit struct {
	state State
	holds bool // the virtual addresses
	sent  bool // an advert among the effects of this event
	fault error
}

func (a *audit) fail(format string, args ...any) {
	if a.fault == nil {
		a.fault = fmt.Errorf(format, args...)
	}
}

// see takes the effects of one event.
func (a *audit) see(m *Machine, now Time, ev Event, effects []Effect) error {
	a.sent = false
	for i, e := range effects {
		switch e.Kind {
		case SendAdvert:
			a.advert(m, e)
		case AddAddresses:
			// Who takes over says so before it does anything that takes time.
			if !a.sent || a.holds {
				a.fail("addresses added, advert sent before: %v, held already: %v", a.sent, a.holds)
			}
			a.holds = true
			if e.Repeat < 0 {
				a.fail("%d announcements", e.Repeat)
			}
		case RemoveAddresses:
			a.holds = false
		case Announce:
			if !a.holds || e.Repeat < 1 {
				a.fail("%d announcements of addresses that are held: %v", e.Repeat, a.holds)
			}
		case Transition:
			a.move(e)
		case Stopped:
			if e.From != a.state || i != len(effects)-1 {
				a.fail("stopped in %v, was in %v", e.From, a.state)
			}
			a.state = Init
		case Note:
			if e.Reason == 0 || e.Reason >= Reasons {
				a.fail("note without a reason: %v", e)
			}
		}
	}
	a.rest(m, now, ev)
	return a.fault
}

func (a *audit) advert(m *Machine, e Effect) {
	switch {
	case a.state != Master && m.State() != Master:
		a.fail("advert of priority %d sent in %v", e.Priority, a.state)
	case e.Priority == PriorityResign && m.State() == Master:
		a.fail("resigned and is still master")
	}
	a.sent = true
}

func (a *audit) move(e Effect) {
	switch {
	case e.From != a.state:
		a.fail("transition from %v, was in %v", e.From, a.state)
	case e.Reason == 0 || e.Reason >= Reasons:
		a.fail("transition without a reason: %v", e)
	case e.Late < 0 || e.For < 0:
		a.fail("a time that is negative: %v", e)
	}
	a.state = e.To
}

// rest checks the machine between two events.
func (a *audit) rest(m *Machine, now Time, ev Event) {
	at, waits := m.Deadline()
	switch {
	case m.State() != a.state:
		a.fail("is in %v, and its effects end in %v", m.State(), a.state)
	case a.holds != (a.state == Master):
		a.fail("in %v, holds the addresses: %v", a.state, a.holds)
	case (a.state == Master || a.state == Backup) && !waits:
		a.fail("in %v, waits for nothing", a.state)
	case a.state == Init && waits, a.state == Fault && waits && m.impaired() == 0:
		a.fail("in %v, waits until %v", a.state, at)
	case a.state == Fault && m.impaired() != 0 && m.impaired() != ReasonUnrouted && !waits:
		a.fail("is impaired and waits for nothing")
	case a.state == Init && m.Listening():
		a.fail("listens in %v", a.state)
	case waits && at <= now && ev.Kind == Timer:
		a.fail("wants to wake up at %v, now is %v", at, now)
	case m.Priority() < 1:
		a.fail("effective priority 0")
	case m.cfg.Priority == PriorityOwner && m.Priority() != PriorityOwner, m.cfg.Priority != PriorityOwner && m.Priority() == PriorityOwner:
		a.fail("priority %d became %d", m.cfg.Priority, m.Priority())
	}
}

// FuzzStep gives a machine any events at any times. The first bytes are its
// settings, two of the rest an event.
func FuzzStep(f *testing.F) {
	f.Add([]byte{100, 0, 0, 3, 2, 0xff, 3, 0xff, 5, 200, 0, 0xff})
	f.Add([]byte{255, 1, 0, 3, 0x12, 0xff, 4, 50, 1, 9, 0x23, 1, 6, 0})
	f.Add([]byte{150, 0xff, 3, 1, 2, 0xff, 0x85, 100, 0xf3, 100, 8, 1, 1, 0xff, 7, 0, 7, 1, 0x1f, 2})
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) < 3 {
			return
		}
		cfg := fuzzedInstance(in[0], in[1], in[2])
		m, now, a := NewMachine(&cfg), Time(time.Hour), audit{}
		check := func(ev Event, effects []Effect) {
			if err := a.see(m, now, ev, effects); err != nil {
				t.Fatalf("%v\nafter %+v\nwith %v", err, ev, effects)
			}
		}
		check(Event{}, m.Step(now, Event{Kind: InterfaceChanged, Up: true}, nil))
		check(Event{}, m.Step(now, Event{Kind: SourceChanged, From: netip.MustParseAddr("192.0.2.1")}, nil))
		check(Event{}, m.Step(now, Event{Kind: Startup}, nil))
		for in = in[3:]; len(in) > 1; in = in[2:] {
			if in[0]&0xf == 15 {
				next := fuzzedInstance(cfg.Priority, in[1], in[0]>>4)
				effects := m.Reconfigure(now, &next, nil)
				check(Event{}, effects)
				continue
			}
			ev := fuzzedEvent(m, in[0]&0xf, in[0]>>4, in[1])
			if ev.Kind == Timer {
				now = wake(m, now, in[1])
			} else {
				now = now.Add(time.Duration(in[0]>>4) * 5 * time.Millisecond)
			}
			check(ev, m.Step(now, ev, nil))
		}
	})
}

// wake is a time for a wake-up: too early, in time or late.
func wake(m *Machine, now Time, by byte) Time {
	at, ok := m.Deadline()
	if !ok {
		return now
	}
	return max(now, at.Add(time.Duration(int8(by))*10*time.Millisecond))
}

func fuzzedInstance(priority, bits, more byte) Instance {
	cfg := testInstance(max(priority, 1))
	bit := func(n int) bool { return bits>>n&1 == 1 }
	if bit(0) {
		cfg.Version, cfg.Auth, cfg.AdvertInterval = 3, Auth{}, time.Duration(1+int(more))*10*time.Millisecond
	}
	if bit(1) {
		cfg.InitialState = Master
	}
	cfg.NoPreempt, cfg.LowerPriorityNoAdvert, cfg.HigherPrioritySendAdvert = bit(2), bit(3), bit(4)
	if bit(5) {
		cfg.PreemptDelay = 2 * time.Second
	}
	if bit(6) {
		cfg.Tracks = []Track{{Kind: TrackScript, Name: "fault"}, {Kind: TrackScript, Name: "weight", Weight: int(int8(more))}}
	}
	if bit(7) {
		cfg.GARP.Refresh, cfg.GARP.LowerPriorityRepeat, cfg.SkipAddressCheck = time.Second, 0, true
	}
	cfg.DownAdverts = 1 + int(more)%5
	return cfg
}

func fuzzedEvent(m *Machine, kind, more, value byte) Event {
	from := netip.AddrFrom4([4]byte{192, 0, 2, more % 4})
	switch kind {
	case 0, 1, 2, 3:
		return Event{Kind: Timer}
	case 4, 5, 6, 7:
		a := NewAdvert(m.cfg)
		a.Priority = value
		if m.cfg.Version == 3 {
			a.Interval = time.Duration(more) * 10 * time.Millisecond
		}
		return Event{Kind: Received, Advert: &a, From: from, TTL: 255}
	case 8:
		return Event{Kind: Received, Advert: new(Advert), Malformed: RejectReason(value), From: from, TTL: value}
	case 9:
		return Event{Kind: InterfaceChanged, Up: value%2 == 0}
	case 10:
		if value%2 == 0 {
			from = netip.Addr{}
		}
		return Event{Kind: SourceChanged, From: from}
	case 11, 12:
		return Event{Kind: TrackChanged, Track: int(int8(more)) - 4, Value: 1 - int(value%2)}
	case 13:
		return Event{Kind: Shutdown}
	}
	switch more {
	case 0, 1:
		return Event{Kind: SendChanged, Up: value%2 == 0}
	case 2, 3:
		return Event{Kind: AddressesChanged, Up: value%2 == 0}
	case 4:
		return Event{Kind: RouteChanged, Up: value%2 == 0}
	case 5:
		return Event{Kind: RoomChanged, Room: int(value)}
	case 6, 7, 8, 9, 10:
		a := NewAdvert(m.cfg)
		a.Priority = value
		return Event{Kind: Overheard, Advert: &a, From: from, TTL: 255}
	}
	return Event{Kind: Startup}
}
