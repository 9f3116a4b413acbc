package link

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"github.com/kactl/kactl/pkg/iproute"
)

func (h host) monitor(t *testing.T, buffer int) *Monitor {
	t.Helper()
	var m *Monitor
	h.in(t, func() (err error) {
		m, err = openMonitor(t.Context(), buffer)
		return err
	})
	t.Cleanup(func() { m.Close() })
	return m
}

// run runs m in the background and returns what gives the events, in words.
func run(t *testing.T, m *Monitor) (next func() string) {
	t.Helper()
	events := make(chan Event, 1024)
	start(t, m, func(e Event) { events <- e })
	return func() string { return words(<-events) }
}

// start runs m until the end of the test.
func start(t *testing.T, m *Monitor, emit func(Event)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- m.Run(ctx, emit) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func words(e Event) string {
	s := e.Kind.String() + " " + e.Interface.Name
	if e.Addr.IsValid() {
		s += " " + e.Addr.String()
	}
	return s
}

// until reads events up to the last of want, which must all come, in this
// order, whatever comes between them.
func until(t *testing.T, next func() string, want ...string) {
	t.Helper()
	for _, w := range want {
		for got := next(); got != w; got = next() {
			t.Logf("passed over %q, waiting for %q", got, w)
		}
	}
}

// eventually reads events until each of want came, in whatever order: the kernel
// tells of a carrier when it comes to it.
func eventually(t *testing.T, next func() string, want ...string) {
	t.Helper()
	missing := map[string]bool{}
	for _, w := range want {
		missing[w] = true
	}
	for len(missing) > 0 {
		delete(missing, next())
	}
}

func TestMonitor(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	m := h.monitor(t, monitorBuffer)
	c := h.open(t)
	if got := m.Interfaces(); len(got) != 3 || got[2].Name != "eth0" || !got[2].Up {
		t.Fatalf("at first: %+v", got)
	}
	next := run(t, m)

	add(t, c, vips("203.0.113.1/24", "203.0.113.2/24"))
	until(t, next, "address added eth0 203.0.113.2/24") // and maybe the first before it
	if err := c.RemoveAddresses(t.Context(), vips("203.0.113.1/24"), nil); err != nil {
		t.Fatal(err)
	}
	until(t, next, "address removed eth0 203.0.113.1/24", "address added eth0 203.0.113.2/24")

	h.setDown(t, "eth0-peer") // the cable is pulled
	until(t, next, "link down eth0")
	h.in(t, func() error { return setUp("eth0-peer") })
	until(t, next, "link up eth0")

	h.in(t, func() error {
		l, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		return netlink.LinkSetHardwareAddr(l, []byte{2, 0, 0, 0, 0, 1})
	})
	until(t, next, "link changed eth0")

	h.deleteLink(t, "eth0")
	until(t, next, "link removed eth0")
	h.addLink(t, "eth0")
	until(t, next, "link added eth0", "link up eth0")

	h.setDown(t, "eth0")
	h.in(t, func() error {
		l, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		return netlink.LinkSetName(l, "wan")
	})
	until(t, next, "link removed eth0", "link added wan")
}

// What the kernel dropped because nobody read it comes as differences.
func TestMonitorResync(t *testing.T) {
	h := newHost(t)
	h.addLink(t, "eth0")
	h.addLink(t, "gone0")
	c := h.open(t)
	add(t, c, vips("203.0.113.1/32"))
	m := h.monitor(t, 1) // the kernel makes it a few KB
	h.deleteLink(t, "gone0")
	h.addLink(t, "new0")
	if err := c.RemoveAddresses(t.Context(), vips("203.0.113.1/32"), nil); err != nil {
		t.Fatal(err)
	}
	var list []iproute.Address
	var want []string
	for i := range 200 {
		a := vip(fmt.Sprintf("10.0.0.%d/32", i+1))
		list = append(list, a)
		want = append(want, "address added eth0 "+a.Prefix.String())
	}
	add(t, c, list)
	h.setDown(t, "eth0-peer")

	next := run(t, m)
	eventually(t, next, append(want,
		"address removed eth0 203.0.113.1/32",
		"link removed gone0",
		"link down eth0",
		"link added new0",
	)...)
	add(t, c, vips("10.1.0.1/32")) // and it goes on
	until(t, next, "address added eth0 10.1.0.1/32")
}

func TestMonitorClosed(t *testing.T) {
	h := newHost(t)
	m := h.monitor(t, monitorBuffer)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if err := m.Run(t.Context(), func(Event) {}); err == nil || !strings.Contains(err.Error(), "link monitor") {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff("kind(99)", Kind(99).String()); diff != "" {
		t.Error(diff)
	}
}
