package vrrp

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/secret"
)

func TestStepDoesNotAllocate(t *testing.T) {
	cfg := testInstance(100)
	m := NewMachine(&cfg)
	out := make([]Effect, 0, 16)
	now := Time(time.Hour)
	out = m.Step(now, Event{Kind: InterfaceChanged, Up: true}, out)
	out = m.Step(now, Event{Kind: SourceChanged, From: netip.MustParseAddr("192.0.2.1")}, out)
	out = m.Step(now, Event{Kind: Startup}, out)
	a := NewAdvert(&cfg)
	a.Priority = 200
	heard := Event{Kind: Received, Advert: &a, From: netip.MustParseAddr("192.0.2.2"), TTL: 255}
	if n := testing.AllocsPerRun(100, func() {
		out = m.Step(now, heard, out[:0])
		for m.State() != Master { // it listens first
			now, _ = m.Deadline()
			out = m.Step(now, Event{Kind: Timer}, out[:0])
		}
	}); n != 0 {
		t.Errorf("%v allocations for an advert and a timer", n)
	}
	if m.State() != Master {
		t.Errorf("ended in %v", m.State())
	}
}

func TestAuthHidesItsKey(t *testing.T) {
	a := Auth{Type: AuthPassword, Password: secret.New("secret")}
	if got := fmt.Sprint(a); got != "{PASS "+secret.Hidden+"}" {
		t.Errorf("printed as %q", got)
	}
}
