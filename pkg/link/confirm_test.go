package link

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
)

// With the word add a route counts as there if it is, and not if another one with its
// destination is.
func TestConfirmRoutes(t *testing.T) {
	h := tablesHost(t)
	conn := openIn(t, h)
	word := func(r *iproute.Route) *iproute.Route {
		c := *r
		c.Order = "add"
		return &c
	}
	for _, c := range routeCases {
		ack, got := record()
		list := []*iproute.Route{word(c.route)}
		if err := conn.AddRoutes(t.Context(), list, ack); err != nil {
			t.Fatal(err)
		}
		if errors.Is((*got)[0].Err, unix.EOPNOTSUPP) {
			continue
		}
		ack, got = record()
		if err := conn.AddRoutes(t.Context(), list, ack); err != nil || (*got)[0] != (outcome{}) {
			t.Errorf("%s once more: %v %+v", c.ip, err, *got)
		}
		if err := conn.RemoveRoutes(t.Context(), list, nil); err != nil {
			t.Fatal(err)
		}
	}
	h.addLink(t, "eth1")
	h.ip(t, "addr", "add", "203.0.113.10/24", "dev", "eth1")
	for _, c := range []struct {
		there string
		want  *iproute.Route
	}{
		{"10.0.0.0/8 via 192.0.2.9 proto 18", route("10.0.0.0/8", via("192.0.2.1"))},
		{"blackhole 10.0.0.0/8 proto 18", route("10.0.0.0/8", via("192.0.2.1"))},
		{"blackhole 10.0.0.0/8 proto static", route("10.0.0.0/8", func(r *iproute.Route) { r.Type = "blackhole" })},
		{"10.0.0.0/8 dev eth1 proto 18", route("10.0.0.0/8", on("eth0"))},
		{"10.0.0.0/8 proto 18 nexthop via 192.0.2.1 nexthop via 192.0.2.2", route("10.0.0.0/8", hop("192.0.2.1"), hop("192.0.2.3"))},
		{"2001:db8:7::/48 via 2001:db8::9 proto 18", route("2001:db8:7::/48", via("2001:db8::1"))},
	} {
		h.ip(t, append([]string{"route", "add"}, strings.Fields(c.there)...)...)
		ack, got := record()
		if err := conn.AddRoutes(t.Context(), []*iproute.Route{word(c.want)}, ack); err != nil {
			t.Fatal(err)
		}
		if o := (*got)[0]; o.Changed || !errors.Is(o.Err, unix.EEXIST) {
			t.Errorf("%s beside %s: %+v", c.want, c.there, o)
		}
		h.ip(t, append([]string{"route", "del"}, strings.Fields(c.there)...)...)
	}
}

// A route without a metric that is removed leaves those that have one.
func TestRemoveRouteWithoutMetric(t *testing.T) {
	h := tablesHost(t)
	conn := openIn(t, h)
	other := route("2001:db8:7::/48", via("2001:db8::1"), func(r *iproute.Route) { r.Metric = 70 })
	if err := conn.AddRoutes(t.Context(), []*iproute.Route{other}, nil); err != nil {
		t.Fatal(err)
	}
	ack, got := record()
	if err := conn.RemoveRoutes(t.Context(), []*iproute.Route{route("2001:db8:7::/48", via("2001:db8::1"))}, ack); err != nil || (*got)[0] != (outcome{}) {
		t.Errorf("%v %+v", err, *got)
	}
	if n := len(h.listed(t, "-6", "route", "show", "proto", "18")); n != 1 {
		t.Errorf("%d routes are left", n)
	}
}

// Where it is not known which table a VRF has, nothing is known of its routes.
func TestVRFNotAnswered(t *testing.T) {
	h := tablesHost(t)
	conn := openIn(t, h)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	list := []*iproute.Route{{Type: "unicast", Destination: netip.MustParsePrefix("10.0.0.0/8"), VRF: "vrf0", Device: "eth0", Order: "prepend"}}
	for name, change := range map[string]func(context.Context, []*iproute.Route, Ack) error{"add": conn.AddRoutes, "remove": conn.RemoveRoutes} {
		ack, got := record()
		if err := change(ctx, list, ack); !errors.Is(err, context.DeadlineExceeded) || len(*got) > 0 {
			t.Errorf("%s: %v, %+v", name, err, *got)
		}
	}
}
