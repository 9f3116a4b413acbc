package vrrp

import (
	"net/netip"
	"testing"
)

// TestWeights is what keepalived 2.2.7 announced with priority 100, for tracked
// interfaces and scripts alike; 0 is FAULT.
func TestWeights(t *testing.T) {
	for _, c := range []struct {
		weight   int
		reverse  bool
		up, down uint8
	}{
		{20, false, 120, 100},
		{20, true, 80, 100},
		{-20, false, 100, 80},
		{-20, true, 100, 120},
		{0, false, 100, 0},
		{0, true, 0, 100},
		{253, false, 254, 100},
		{253, true, 1, 100},
		{-253, false, 100, 1},
		{-253, true, 100, 254},
	} {
		for _, kind := range []TrackKind{TrackScript, TrackInterface} {
			for up, want := range map[bool]uint8{true: c.up, false: c.down} {
				cfg := testInstance(100)
				cfg.Tracks = []Track{{Kind: kind, Name: "t", Weight: c.weight, Reverse: c.reverse}}
				m := running(cfg)
				m.Step(0, Event{Kind: TrackChanged, Track: 0, Value: valueOf(up)}, nil)
				got := m.Priority()
				if m.State() == Fault {
					got = 0
				}
				if got != want {
					t.Errorf("%+v, up %v: priority %d, want %d", cfg.Tracks[0], up, got, want)
				}
			}
		}
	}
}

// TestWeightsTogether adds up what counts, and keeps the owner from it.
func TestWeightsTogether(t *testing.T) {
	tracks := []Track{
		{Kind: TrackScript, Name: "a", Weight: 20, Reverse: true},
		{Kind: TrackScript, Name: "b", Weight: -30, Reverse: true},
		{Kind: TrackScript, Name: "c", Weight: 5},
	}
	for _, c := range []struct {
		base uint8
		up   [3]bool
		want uint8
	}{
		{100, [3]bool{true, true, true}, 85},
		{100, [3]bool{true, false, false}, 110},
		{100, [3]bool{false, false, true}, 135},
		{PriorityOwner, [3]bool{true, false, true}, PriorityOwner},
	} {
		cfg := testInstance(c.base)
		cfg.Tracks = tracks
		m := running(cfg)
		for n, up := range c.up {
			m.Step(0, Event{Kind: TrackChanged, Track: n, Value: valueOf(up)}, nil)
		}
		if m.Priority() != c.want {
			t.Errorf("%d with %v: %d, want %d", c.base, c.up, m.Priority(), c.want)
		}
	}
}

// running is the machine of an instance that has all that it needs.
func running(cfg Instance) *Machine {
	m := NewMachine(&cfg)
	m.Step(0, Event{Kind: InterfaceChanged, Up: true}, nil)
	m.Step(0, Event{Kind: SourceChanged, From: netip.MustParseAddr("192.0.2.1")}, nil)
	m.Step(0, Event{Kind: Startup}, nil)
	return m
}

// valueOf is the value of a thing that is up or down.
func valueOf(up bool) int {
	if up {
		return 1
	}
	return 0
}

// TestFileWeights is what keepalived 2.2.7 announced with priority 100 for the number in
// a file; 0 is FAULT.
func TestFileWeights(t *testing.T) {
	for _, c := range []struct {
		weight  int
		reverse bool
		value   int
		want    uint8
	}{
		{1, false, 20, 120}, {1, false, -20, 80}, {1, false, 254, 254}, {1, false, 255, 254}, {1, false, -253, 1},
		{1, false, -254, 0}, {1, false, -300, 0}, {1, true, 200, 1}, {1, true, 254, 0}, {1, true, -10, 110},
		{2, false, 200, 254}, {2, false, -126, 1}, {2, false, -127, 0}, {-3, false, 5, 85}, {-3, false, 85, 0},
		{0, false, 0, 100}, {0, false, 1, 0}, {0, false, -1, 0}, {0, false, 254, 0},
		{0, true, 0, 0}, {0, true, 1, 100}, {0, true, -1, 100},
		{254, false, 2147483647, 254}, {254, false, -2147483648, 0}, {-254, true, -2147483648, 0},
	} {
		cfg := testInstance(100)
		cfg.Tracks = []Track{{Kind: TrackFile, Name: "t", Weight: c.weight, Reverse: c.reverse}}
		m := running(cfg)
		m.Step(0, Event{Kind: TrackChanged, Track: 0, Value: c.value}, nil)
		got := m.Priority()
		if m.State() == Fault {
			got = 0
		}
		if got != c.want {
			t.Errorf("%+v of %d: priority %d, want %d", cfg.Tracks[0], c.value, got, c.want)
		}
	}
	// Each file adds 253 at the most, and what they add is summed.
	cfg := testInstance(100)
	cfg.Tracks = []Track{{Kind: TrackFile, Name: "a", Weight: 2}, {Kind: TrackFile, Name: "b", Weight: 1, Reverse: true}}
	m := running(cfg)
	m.Step(0, Event{Kind: TrackChanged, Track: 0, Value: 200}, nil)
	m.Step(0, Event{Kind: TrackChanged, Track: 1, Value: 200}, nil)
	if m.Priority() != 153 {
		t.Errorf("two files: priority %d, want 153", m.Priority())
	}
}
