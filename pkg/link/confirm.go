package link

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/nlconn"
)

// otherRoute is what the kernel says where a route like the one that was to be added is
// there, with another router or of another kind.
type otherRoute struct{ error }

func (o otherRoute) Unwrap() error { return o.error }

// confirm answers for those routes of list of which the kernel says, by EEXIST, that they
// are there: it says so for any route with their destination and metric.
func (c *Conn) confirm(ctx context.Context, list []*iproute.Route, exist []int, find ifaces, report func(int, error)) error {
	dumps := map[uint8][]foundRoute{}
	for _, i := range exist {
		family := familyOf(list[i].Destination.Addr())
		if _, ok := dumps[family]; !ok {
			found, err := c.dumpRoutes(ctx, family)
			if err != nil {
				return err
			}
			dumps[family] = found
		}
		is := func(f foundRoute) bool { return f.is(list[i], find) }
		if slices.ContainsFunc(dumps[family], is) {
			report(i, unix.EEXIST)
		} else {
			report(i, otherRoute{unix.EEXIST})
		}
	}
	return nil
}

// A foundRoute is what is known of a route that is there.
type foundRoute struct {
	iproute.Route
	kind  uint8
	index uint32
	hops  []netip.Addr // the routers
}

func (c *Conn) dumpRoutes(ctx context.Context, family uint8) ([]foundRoute, error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETROUTE, 0)
	req.AddData(&nl.RtMsg{RtMsg: unix.RtMsg{Family: family}})
	dump, err := c.nl.Dump(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("list routes: %w", err)
	}
	var list []foundRoute
	for _, b := range dump {
		if f, ok := parseFoundRoute(b); ok {
			list = append(list, f)
		}
	}
	return list, nil
}

// parseFoundRoute reads an RTM_NEWROUTE without its netlink header.
func parseFoundRoute(b []byte) (f foundRoute, ok bool) {
	if f.Route, ok = parseRoute(b); !ok {
		return f, false
	}
	f.kind = nl.DeserializeRtMsg(b).Type
	gateway := func(kind uint16, value []byte) {
		if a, whole := netip.AddrFromSlice(value); whole && kind == unix.RTA_GATEWAY {
			f.hops = append(f.hops, a)
		}
	}
	_ = nlconn.Attributes(b[unix.SizeofRtMsg:], func(kind uint16, value []byte) { // what is whole counts
		switch {
		case kind == unix.RTA_OIF && len(value) == 4:
			f.index = binary.NativeEndian.Uint32(value)
		case kind == unix.RTA_MULTIPATH:
			for len(value) >= unix.SizeofRtNexthop {
				size := int(binary.NativeEndian.Uint16(value))
				if size < unix.SizeofRtNexthop || size > len(value) {
					return
				}
				_ = nlconn.Attributes(value[unix.SizeofRtNexthop:size], gateway)
				value = value[min((size+3)&^3, len(value)):]
			}
		default:
			gateway(kind, value)
		}
	})
	return f, true
}

// is says that f is r.
func (f *foundRoute) is(r *iproute.Route, find ifaces) bool {
	table, err := tableOf(r, find)
	if err != nil {
		return false
	}
	metric := r.Metric
	if metric == 0 && r.Destination.Addr().Is6() {
		metric = defaultMetric
	}
	if r.Device != "" {
		if index, err := find.index(r.Device); err != nil || index != f.index {
			return false
		}
	}
	var hops []netip.Addr
	if r.Via.IsValid() {
		hops = append(hops, r.Via)
	}
	for _, h := range r.NextHops {
		if h.Via.IsValid() {
			hops = append(hops, h.Via)
		}
	}
	return f.Destination.Masked() == r.Destination.Masked() && f.Table == table && f.TOS == r.TOS && f.Protocol == r.Protocol &&
		f.kind == routeTypes[r.Type] && f.Metric == metric && slices.Equal(f.hops, hops)
}
