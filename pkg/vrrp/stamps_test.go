package vrrp

import (
	"net/netip"
	"testing"
	"time"
)

// Each sender's stamps grow; what was refused changes nothing.
func TestStamps(t *testing.T) {
	a, b, c := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.3")
	var s stamps
	for n, x := range []struct {
		sender netip.Addr
		stamp  Timestamp
		want   bool
	}{
		{a, 100, true},
		{a, 100, false},
		{a, 99, false},
		{b, 50, true}, // its own row
		{a, 101, true},
		{b, 51, true},
		{b, 50, false},
		{a, 1<<63 + 100, true}, // the furthest that is ahead
		{a, 101, false},
		{a, 1<<64 - 1, true},
		{a, 0, true}, // the seconds have passed their greatest number
		{a, 1<<64 - 1, false},
		{c, 1<<63 + 5, true}, // a new one after 2038
	} {
		if got := s.newer(x.sender, x.stamp); got != x.want {
			t.Errorf("%d: %#x of %v is newer: %v", n, uint64(x.stamp), x.sender, got)
		}
		if got := s.accept(x.sender, x.stamp); got != x.want {
			t.Errorf("%d: %#x of %v is accepted: %v", n, uint64(x.stamp), x.sender, got)
		}
	}
}

// The table has an end, and what falls out of it cannot be played again.
func TestManySenders(t *testing.T) {
	sender := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}) }
	var s stamps
	for n := range maxStamps {
		// The oldest is neither the first nor the last one.
		if !s.accept(sender(n), Timestamp(1000+(n+20)%maxStamps)) {
			t.Fatalf("sender %d is refused", n)
		}
	}
	oldest := maxStamps - 20
	if !s.accept(sender(100), 2000) || len(s.of) != maxStamps {
		t.Fatalf("one more is refused, or %d are kept", len(s.of))
	}
	if s.floor != 1000 || s.newer(sender(100), 2000) {
		t.Errorf("the floor is %d, or what the newest sent can be played again", s.floor)
	}
	for n := range maxStamps {
		stamp := Timestamp(1000 + (n+20)%maxStamps)
		if s.newer(sender(n), stamp) {
			t.Errorf("what sender %d sent can be played again", n)
		}
		if !s.newer(sender(n), stamp+1) {
			t.Errorf("sender %d is not heard any more", n)
		}
	}
	if !s.accept(sender(oldest), 1001) {
		t.Error("the one that fell out is not heard any more")
	}
	if s.accept(sender(200), 1000) {
		t.Error("a new one may have been there before")
	}
}

// A stamp follows the clock, and the last one where the clock does not go on.
func TestNextStamp(t *testing.T) {
	at := time.Unix(1_700_000_000, 500_000_000)
	first := Timestamp(0).Next(at)
	if first != TimestampAt(at) {
		t.Errorf("%#x, want the clock's", uint64(first))
	}
	for _, c := range []struct {
		name string
		at   time.Time
		want Timestamp
	}{
		{"the clock stands still", at, first + 1},
		{"it was set back", at.Add(-time.Hour), first + 1},
		{"it goes on", at.Add(time.Second), first + 1<<32},
		{"a moment", at.Add(time.Second / 65536 * 2), TimestampAt(at.Add(time.Second / 65536 * 2))},
	} {
		if got := first.Next(c.at); got != c.want {
			t.Errorf("%s: %#x, want %#x", c.name, uint64(got), uint64(c.want))
		}
	}
	late := time.Unix(1<<32-1, 0)
	if got := Timestamp(0).Next(late); got != TimestampAt(late) {
		t.Errorf("the first after 2038: %#x", uint64(got))
	}
	if next := TimestampAt(late).Next(late.Add(2 * time.Second)); next != 1<<32 || next.apart(late) != 2*time.Second || TimestampAt(late).apart(late.Add(5*time.Second)) != -5*time.Second {
		t.Errorf("after 2106: %#x, %v from the clock", uint64(next), next.apart(late))
	}
}

// A clock that was ahead and is put right: the sender takes its stamp back, where it is
// further ahead than who verifies allows, and who verifies takes none from before that.
func TestStampsTakenBack(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	const window = 5 * time.Second
	ahead, little := TimestampAt(now.Add(time.Hour)), TimestampAt(now.Add(window))
	if got := ahead.NextWithin(now, window); got != TimestampAt(now) {
		t.Errorf("after one that is ahead: %v", got.Time())
	}
	if got := little.NextWithin(now, window); got != little+1 {
		t.Errorf("after one that is a little ahead: %v", got.Time())
	}
	a, b, c := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
	s := stamps{of: []stampOf{{a, ahead}, {b, little}}, floor: ahead}
	s.takeBack(now, window)
	for _, x := range []struct {
		sender netip.Addr
		at     time.Time
		want   bool
	}{
		{a, now.Add(-time.Second), false}, {a, now.Add(time.Second), true},
		{b, now.Add(time.Second), false}, {b, now.Add(6 * time.Second), true},
		{c, now.Add(-time.Second), false}, {c, now.Add(time.Second), true},
	} {
		if got := s.newer(x.sender, TimestampAt(x.at)); got != x.want {
			t.Errorf("%v of %v is newer: %v", x.at.Sub(now), x.sender, got)
		}
	}
	s = stamps{floor: little}
	if s.takeBack(now, window); s.floor != little {
		t.Error("the floor is taken back too soon")
	}
	var none stamps
	if none.takeBack(now, window); none.floor != 0 {
		t.Error("there is a floor of nothing")
	}
}
