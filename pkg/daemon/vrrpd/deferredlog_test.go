package vrrpd

import (
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

// What is not logged for its number is an event in its order all the same.
func TestEventsKeepTheirOrder(t *testing.T) {
	l, err := newLoop(newFakeSystem(t), nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	var states []string
	l.events = func(e event.Event) { states = append(states, e.(event.Instance).Effect.To.String()) }
	cfg := owner("VI_1", 51, "198.51.100.1/24")
	i := newInstance(&cfg, l.log)
	l.instances[cfg.Name] = i
	to := func(s vrrp.State) vrrp.Effect {
		return vrrp.Effect{Kind: vrrp.Transition, Instance: &cfg, To: s}
	}
	l.record([]vrrp.Effect{{Kind: vrrp.SetAddresses, Instance: &cfg, Addresses: cfg.Addresses}, to(vrrp.Master)})
	i.quiet = true
	l.record([]vrrp.Effect{to(vrrp.Backup)})
	l.flushLogs()
	l.record([]vrrp.Effect{to(vrrp.Fault)})
	if d := cmp.Diff([]string{"MASTER", "BACKUP", "FAULT"}, states); d != "" {
		t.Error(d)
	}
}
