package vrrp

import (
	"fmt"
	"slices"
	"testing"
)

// nameOf names an event as it is for the machine at this moment: an advert by
// what it means, a wake-up by the timer that it is for.
func (m *Machine) nameOf(now Time, ev Event) string {
	switch ev.Kind {
	case Startup:
		return "startup"
	case Shutdown:
		return "shutdown"
	case InterfaceChanged:
		return "interface " + map[bool]string{true: "up", false: "down"}[ev.Up]
	case SourceChanged:
		return "source " + map[bool]string{true: "gained", false: "lost"}[ev.From.IsValid()]
	case TrackChanged:
		if ev.Track < 0 || ev.Track >= len(m.cfg.Tracks) {
			return "track unknown"
		}
		kind := "weight"
		if m.cfg.Tracks[ev.Track].Weight == 0 {
			kind = "track"
		}
		return kind + map[bool]string{true: " up", false: " down"}[ev.Value != 0]
	case RouteChanged:
		return "route" + map[bool]string{true: " up", false: " down"}[ev.Up]
	case SendChanged:
		return "send" + map[bool]string{true: " up", false: " down"}[ev.Up]
	case AddressesChanged:
		return "addresses" + map[bool]string{true: " up", false: " down"}[ev.Up]
	case RoomChanged:
		return "room"
	case Overheard:
		return "overheard"
	case Timer:
		return "timer: " + m.dueTimer(now)
	case Received:
		return "advert: " + m.meaning(&ev)
	}
	return fmt.Sprintf("event kind %d", ev.Kind)
}

func (m *Machine) dueTimer(now Time) string {
	for _, t := range []struct {
		name string
		timer
	}{
		{"master down", m.down.timer}, {"advert", m.advert}, {"second announcement", m.announce},
		{"after a lower advert", m.lower}, {"refresh", m.refresh}, {"other master silent", m.otherMaster.timer},
		{"postponed announcement", m.postponed}, {"not sent", m.cannotSendBy}, {"probe", m.probe},
		{"no addresses", m.noAddressesBy}, {"addresses again", m.retry}, {"listen", m.listen},
		{"overheard, not heard", m.overheard.judge}, {"overheard no more", m.silent},
	} {
		if t.due(now) {
			return t.name
		}
	}
	return "none"
}

func (m *Machine) meaning(ev *Event) string {
	switch theirs := ev.Advert.Priority; {
	case ev.From == m.source:
		return "our own"
	case m.validate(ev).Reason != Accepted:
		return "refused"
	case theirs == PriorityResign:
		return "priority 0"
	case theirs < m.priority:
		return "lower"
	case theirs > m.priority:
		return "higher"
	case ev.From.Less(m.source):
		return "equal, lower address"
	}
	return "equal, higher address"
}

// The events that can come in every state, and those that need a timer which
// runs in one state alone.
var (
	everywhere = []string{
		"startup", "shutdown", "reconfiguration", "interface up", "interface down", "source gained", "source lost",
		"track up", "track down", "route up", "route down", "send up", "send down",
		"addresses up", "addresses down", "room", "overheard", "weight up", "weight down", "track unknown", "timer: none",
		"advert: our own", "advert: refused", "advert: priority 0", "advert: lower",
		"advert: equal, lower address", "advert: equal, higher address", "advert: higher",
	}
	timersOf = map[State][]string{
		Backup: {"timer: master down", "timer: listen"},
		Master: {"timer: advert", "timer: second announcement", "timer: after a lower advert", "timer: refresh", "timer: other master silent",
			"timer: postponed announcement", "timer: not sent", "timer: no addresses", "timer: listen", "timer: overheard, not heard"},
		Fault: {"timer: probe", "timer: addresses again", "timer: overheard no more"},
	}
)

// TestStateTable holds the scenarios against the whole table of states and
// events: every pair is hit by one, and none is hit that the table lacks.
func TestStateTable(t *testing.T) {
	type pair struct {
		State
		event string
	}
	hit := map[pair]int{}
	runScenarios(t, func(s State, event string) { hit[pair{s, event}]++ })
	want := map[pair]bool{}
	for _, s := range []State{Init, Backup, Master, Fault} {
		for _, event := range slices.Concat(everywhere, timersOf[s]) {
			want[pair{s, event}] = true
			if hit[pair{s, event}] == 0 {
				t.Errorf("no scenario has %q in %v", event, s)
			}
		}
	}
	for p := range hit {
		if !want[p] {
			t.Errorf("%q in %v is not in the table", p.event, p.State)
		}
	}
	t.Logf("%d pairs of a state and an event", len(want))
}
