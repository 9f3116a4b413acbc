package link

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
)

// routeTypes are the kernel's numbers of the types of routes.
var routeTypes = map[string]uint8{
	"unicast": unix.RTN_UNICAST, "local": unix.RTN_LOCAL, "broadcast": unix.RTN_BROADCAST, "anycast": unix.RTN_ANYCAST,
	"multicast": unix.RTN_MULTICAST, "blackhole": unix.RTN_BLACKHOLE, "unreachable": unix.RTN_UNREACHABLE,
	"prohibit": unix.RTN_PROHIBIT, "throw": unix.RTN_THROW, "nat": unix.RTN_NAT, "xresolve": unix.RTN_XRESOLVE,
}

// routeOrders are the flags of a request that adds a route at a place.
var routeOrders = map[string]int{
	"add":     unix.NLM_F_CREATE | unix.NLM_F_EXCL,
	"append":  unix.NLM_F_CREATE | unix.NLM_F_APPEND,
	"prepend": unix.NLM_F_CREATE,
}

// ifaces finds interfaces for the messages about routes.
type ifaces struct {
	index func(name string) (uint32, error)
	table func(vrf string) (uint32, error)
}

// addRouteRequest asks for a route, as keepalived does: the scope is global unless
// the route has one, or its type does not go with that.
func addRouteRequest(r *iproute.Route, find ifaces) (*nl.NetlinkRequest, error) {
	return routeRequest(unix.RTM_NEWROUTE, routeOrders[r.Order], scopeOf(r), r, find)
}

// deleteRouteRequest names a route by all that the kernel compares. A metric of 0 is any
// to it: of IPv6 that of a route without one can be said.
func deleteRouteRequest(r *iproute.Route, find ifaces) (*nl.NetlinkRequest, error) {
	if r.Metric == 0 && r.Destination.Addr().Is6() {
		whole := *r
		whole.Metric = defaultMetric
		r = &whole
	}
	return routeRequest(unix.RTM_DELROUTE, 0, scopeOf(r), r, find)
}

// defaultMetric is that of an IPv6 route without one (IP6_RT_PRIO_USER).
const defaultMetric = 1024

func scopeOf(r *iproute.Route) uint8 {
	switch {
	case r.Scope != nil:
		return *r.Scope
	case r.Destination.Addr().Is6():
		return unix.RT_SCOPE_UNIVERSE
	case r.Type == "local", r.Type == "nat":
		return unix.RT_SCOPE_HOST
	case r.Type == "broadcast", r.Type == "anycast":
		return unix.RT_SCOPE_LINK
	}
	return unix.RT_SCOPE_UNIVERSE
}

func routeRequest(kind, flags int, scope uint8, r *iproute.Route, find ifaces) (*nl.NetlinkRequest, error) {
	req := nl.NewNetlinkRequest(kind, flags)
	msg := &nl.RtMsg{RtMsg: unix.RtMsg{
		Family: familyOf(r.Destination.Addr()), Dst_len: uint8(r.Destination.Bits()), Tos: r.TOS,
		Table: unix.RT_TABLE_UNSPEC, Protocol: r.Protocol, Scope: scope, Type: routeTypes[r.Type],
	}}
	if r.From.IsValid() {
		msg.Src_len = uint8(r.From.Bits())
	}
	if r.OnLink {
		msg.Flags |= unix.RTNH_F_ONLINK
	}
	req.AddData(msg)
	table, err := tableOf(r, find)
	if err != nil {
		return nil, err
	}
	req.AddData(nl.NewRtAttr(unix.RTA_TABLE, nl.Uint32Attr(table)))
	if r.Destination.Bits() > 0 {
		req.AddData(nl.NewRtAttr(unix.RTA_DST, r.Destination.Addr().AsSlice()))
	}
	addAddr := func(kind int, a netip.Addr) {
		if a.IsValid() {
			req.AddData(nl.NewRtAttr(kind, a.AsSlice()))
		}
	}
	addAddr(unix.RTA_SRC, r.From.Addr())
	addAddr(unix.RTA_PREFSRC, r.Source)
	addAddr(unix.RTA_GATEWAY, r.Via)
	if r.Device != "" {
		index, err := find.index(r.Device)
		if err != nil {
			return nil, err
		}
		req.AddData(nl.NewRtAttr(unix.RTA_OIF, nl.Uint32Attr(index)))
	}
	if r.Metric != 0 {
		req.AddData(nl.NewRtAttr(unix.RTA_PRIORITY, nl.Uint32Attr(r.Metric)))
	}
	if r.Realms != (iproute.Realms{}) {
		req.AddData(nl.NewRtAttr(unix.RTA_FLOW, nl.Uint32Attr(flow(r.Realms))))
	}
	if m := metrics(r); m != nil {
		req.AddData(m)
	}
	if n := slices.Index([]string{"medium", "high", "", "low"}, r.Preference); n >= 0 && r.Preference != "" { // RFC 4191 section 2.1
		req.AddData(nl.NewRtAttr(unix.RTA_PREF, []byte{byte(n)}))
	}
	if r.Expires > 0 && kind == unix.RTM_NEWROUTE {
		req.AddData(nl.NewRtAttr(unix.RTA_EXPIRES, nl.Uint32Attr(uint32(r.Expires/time.Second))))
	}
	if r.TTLPropagate != nil {
		v := byte(0)
		if *r.TTLPropagate {
			v = 1
		}
		req.AddData(nl.NewRtAttr(unix.RTA_TTL_PROPAGATE, []byte{v}))
	}
	tunnel, err := encap(r.Encap)
	if err != nil {
		return nil, err
	}
	for _, a := range tunnel {
		req.AddData(a)
	}
	if len(r.NextHops) > 0 {
		hops, err := nextHops(r.NextHops, find)
		if err != nil {
			return nil, err
		}
		req.AddData(nl.NewRtAttr(unix.RTA_MULTIPATH, hops))
	}
	return req, nil
}

func tableOf(r *iproute.Route, find ifaces) (uint32, error) {
	switch {
	case r.VRF != "":
		return find.table(r.VRF)
	case r.Table != 0:
		return r.Table, nil
	}
	return unix.RT_TABLE_MAIN, nil
}

func familyOf(a netip.Addr) uint8 {
	if a.Is6() {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

// flow is how the kernel has realms.
func flow(r iproute.Realms) uint32 { return uint32(r.From)<<16 | uint32(r.To) }

// nextHops are struct rtnexthop, each with its attributes.
func nextHops(list []iproute.NextHop, find ifaces) ([]byte, error) {
	var out []byte
	for _, h := range list {
		var attrs []byte
		if h.Via.IsValid() {
			attrs = append(attrs, nl.NewRtAttr(unix.RTA_GATEWAY, h.Via.AsSlice()).Serialize()...)
		}
		if h.Realms != (iproute.Realms{}) {
			attrs = append(attrs, nl.NewRtAttr(unix.RTA_FLOW, nl.Uint32Attr(flow(h.Realms))).Serialize()...)
		}
		tunnel, err := encap(h.Encap)
		if err != nil {
			return nil, err
		}
		for _, a := range tunnel {
			attrs = append(attrs, a.Serialize()...)
		}
		var index uint32
		if h.Device != "" {
			if index, err = find.index(h.Device); err != nil {
				return nil, err
			}
		}
		flags := byte(0)
		if h.OnLink {
			flags = unix.RTNH_F_ONLINK
		}
		out = binary.NativeEndian.AppendUint16(out, uint16(unix.SizeofRtNexthop+len(attrs)))
		out = append(out, flags, byte(max(h.Weight, 1)-1))
		out = binary.NativeEndian.AppendUint32(out, index)
		out = append(out, attrs...)
	}
	return out, nil
}

// metricNumbers are the kernel's of the properties of a route, and what their
// values are multiplied by: times are in milliseconds.
var metricNumbers = map[string]struct{ number, unit int }{
	"mtu": {unix.RTAX_MTU, 1}, "window": {unix.RTAX_WINDOW, 1}, "rtt": {unix.RTAX_RTT, 8}, "rttvar": {unix.RTAX_RTTVAR, 4},
	"ssthresh": {unix.RTAX_SSTHRESH, 1}, "cwnd": {unix.RTAX_CWND, 1}, "advmss": {unix.RTAX_ADVMSS, 1},
	"reordering": {unix.RTAX_REORDERING, 1}, "hoplimit": {unix.RTAX_HOPLIMIT, 1}, "initcwnd": {unix.RTAX_INITCWND, 1},
	"rto_min": {unix.RTAX_RTO_MIN, 1}, "initrwnd": {unix.RTAX_INITRWND, 1}, "quickack": {unix.RTAX_QUICKACK, 1},
	"fastopen_no_cookie": {unix.RTAX_FASTOPEN_NO_COOKIE, 1},
}

// metrics are the properties of a route, nil if it has none.
func metrics(r *iproute.Route) *nl.RtAttr {
	all := nl.NewRtAttr(unix.RTA_METRICS, nil)
	locks, some := uint32(0), false
	add := func(number int, locked bool, value []byte) {
		some = true
		all.AddRtAttr(number, value)
		if locked {
			locks |= 1 << number
		}
	}
	last := map[string]iproute.Metric{} // of one that is given twice the last counts
	for _, m := range r.Metrics {
		last[m.Name] = m
	}
	for _, m := range r.Metrics {
		if m == last[m.Name] {
			n := metricNumbers[m.Name]
			add(n.number, m.Locked, nl.Uint32Attr(m.Value*uint32(n.unit)))
			delete(last, m.Name)
		}
	}
	if r.ECN {
		add(unix.RTAX_FEATURES, false, nl.Uint32Attr(unix.RTAX_FEATURE_ECN))
	}
	if r.Congestion != "" {
		add(unix.RTAX_CC_ALGO, r.CongestionLocked, nl.ZeroTerminated(r.Congestion))
	}
	if locks != 0 {
		add(unix.RTAX_LOCK, false, nl.Uint32Attr(locks))
	}
	if !some {
		return nil
	}
	return all
}
