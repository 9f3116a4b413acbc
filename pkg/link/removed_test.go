package link

import (
	"fmt"
	"testing"
	"time"
)

// A monitor hears that our routes and that rules were removed, whoever did it, and
// nothing of the routes of others.
func TestMonitorRoutes(t *testing.T) {
	h := tablesHost(t)
	m := h.monitor(t, monitorBuffer)
	next := runWith(t, m, func(e Event) string {
		switch e.Kind {
		case RouteRemoved:
			return fmt.Sprintf("%v table %d metric %d tos %d", e.Route.Destination, e.Route.Table, e.Route.Metric, e.Route.TOS)
		case RuleRemoved:
			return fmt.Sprintf("rule %d IPv6 %v", e.Rule.Preference, e.Rule.IPv6)
		}
		return ""
	})
	for _, c := range []struct{ kind, words, want string }{
		{"route", "10.0.0.0/8 via 192.0.2.1 proto 18 tos 0x10", "10.0.0.0/8 table 254 metric 0 tos 16"},
		{"route", "10.0.0.0/8 via 192.0.2.1 proto static", ""},
		{"route", "default via 192.0.2.1 proto 18 metric 7 table 4000", "0.0.0.0/0 table 4000 metric 7 tos 0"},
		{"route", "blackhole 10.0.0.0/8 proto 18", "10.0.0.0/8 table 254 metric 0 tos 0"},
		{"-6 route", "2001:db8:1::/48 via 2001:db8::1 proto 18", "2001:db8:1::/48 table 254 metric 1024 tos 0"},
		{"-6 route", "2001:db8:1::/48 via 2001:db8::1 proto static", ""},
		{"-6 route", "default via 2001:db8::1 proto 18", "::/0 table 254 metric 1024 tos 0"},
		{"rule", "priority 100 table 5", "rule 100 IPv6 false"},
		{"-6 rule", "priority 0 table 5", "rule 0 IPv6 true"},
	} {
		for _, verb := range []string{"add", "del"} {
			h.in(t, func() error { return command("ip", c.kind+" "+verb+" "+c.words) })
		}
		if c.want == "" {
			continue
		}
		if got := next(); got != c.want {
			t.Errorf("%s %s: %q, not %q", c.kind, c.words, got, c.want)
		}
	}
}

// Those that the kernel removed with their primary address differ in the event from one
// that somebody removed.
func TestMonitorSecondaries(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	h.in(t, func() error { return command("sysctl", "-qw net.ipv4.conf.eth0.promote_secondaries=0") })
	for _, a := range []string{"192.0.2.1/24", "198.51.100.1/24", "192.0.2.2/24", "192.0.2.3/24", "192.0.2.4/25", "192.0.2.5/24"} {
		h.ip(t, "addr", "add", a, "dev", "eth0")
	}
	m := h.monitor(t, monitorBuffer)
	next := runWith(t, m, func(e Event) string {
		if e.Kind != AddressRemoved {
			return ""
		}
		return fmt.Sprintf("%v %v", e.Addr, e.WithPrimary)
	})
	steps := []struct {
		remove string
		want   []string
	}{
		{"192.0.2.5/24", []string{"192.0.2.5/24 false"}},
		{"192.0.2.1/24", []string{"192.0.2.2/24 true", "192.0.2.3/24 true", "192.0.2.1/24 false"}},
		{"198.51.100.1/24", []string{"198.51.100.1/24 false"}},
		{"192.0.2.4/25", []string{"192.0.2.4/25 false"}},
	}
	for _, s := range steps {
		h.ip(t, "addr", "del", s.remove, "dev", "eth0")
		for _, want := range s.want {
			if got := next(); got != want {
				t.Errorf("%s: %q, not %q", s.remove, got, want)
			}
		}
	}
}

// What came while nobody listened may have been anything.
func TestMonitorLosesRoutes(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	m := h.monitor(t, 1)
	for n := range 100 {
		h.ip(t, "addr", "add", fmt.Sprintf("192.0.2.%d/32", n+1), "dev", "eth0")
	}
	next := runWith(t, m, func(e Event) string {
		if e.Kind == RouteRemoved && !e.Route.Destination.IsValid() {
			return "any"
		}
		return ""
	})
	if got := next(); got != "any" {
		t.Error(got)
	}
}

// runWith runs m in the background and returns what gives those events that f has
// words for.
func runWith(t *testing.T, m *Monitor, f func(Event) string) (next func() string) {
	t.Helper()
	events := make(chan string, 1024)
	start(t, m, func(e Event) {
		if text := f(e); text != "" {
			events <- text
		}
	})
	return func() string {
		select {
		case text := <-events:
			return text
		case <-time.After(time.Minute):
			return "nothing"
		}
	}
}
