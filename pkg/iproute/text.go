package iproute

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// words collects the words of a line.
type words []string

// add adds w if cond holds.
func (l *words) add(cond bool, w ...any) {
	if cond {
		for _, x := range w {
			*l = append(*l, fmt.Sprint(x))
		}
	}
}

// String returns all of the route that the kernel has a part in, as ip-route(8)
// would take it.
func (r *Route) String() string {
	var l words
	l.add(r.Type != "unicast", r.Type)
	l.add(true, whole(r.Destination))
	l.add(r.From.IsValid(), "from", r.From)
	l.add(r.Via.IsValid(), "via", r.Via)
	l.add(r.Device != "", "dev", r.Device)
	l.add(r.OnLink, "onlink")
	l.add(r.Source.IsValid(), "src", r.Source)
	l.add(r.Metric != 0, "metric", r.Metric)
	l.add(r.TOS != 0, "tos", r.TOS)
	l.add(r.Table != 0, "table", r.Table)
	l.add(r.VRF != "", "vrf", r.VRF)
	l.add(r.Protocol != Protocol, "protocol", r.Protocol)
	if r.Scope != nil {
		l.add(true, "scope", *r.Scope)
	}
	l.realms(r.Realms)
	for _, m := range r.Metrics {
		l.add(true, m.Name)
		l.add(m.Locked, "lock")
		l.add(true, m.Value)
	}
	l.add(r.Congestion != "", "congctl")
	l.add(r.CongestionLocked, "lock")
	l.add(r.Congestion != "", r.Congestion)
	l.add(r.ECN, "features ecn")
	l.add(r.Preference != "", "pref", r.Preference)
	l.add(r.Expires != 0, "expires", int64(r.Expires/time.Second))
	if r.TTLPropagate != nil {
		l.add(true, "ttl-propagate", map[bool]string{true: "enabled", false: "disabled"}[*r.TTLPropagate])
	}
	l.encap(r.Encap)
	for _, h := range r.NextHops {
		l.add(true, "nexthop")
		l.add(h.Via.IsValid(), "via", h.Via)
		l.add(h.Device != "", "dev", h.Device)
		l.add(h.Weight != 0, "weight", h.Weight)
		l.add(h.OnLink, "onlink")
		l.realms(h.Realms)
		l.encap(h.Encap)
	}
	return strings.Join(l, " ")
}

// whole is "default" for a prefix that is all.
func whole(p netip.Prefix) string {
	if p.Bits() == 0 && p.Addr().IsUnspecified() {
		return map[bool]string{true: "default", false: "default6"}[p.Addr().Is4()]
	}
	return p.String()
}

func (l *words) realms(r Realms) {
	l.add(r != Realms{}, "realms", fmt.Sprintf("%d/%d", r.From, r.To))
}

func (l *words) encap(ws []string) { l.add(len(ws) > 0, "encap", strings.Join(ws, " ")) }

// String returns all of the rule that the kernel has a part in, as ip-rule(8)
// would take it.
func (r *Rule) String() string {
	var l words
	l.add(r.IPv6 && !r.From.IsValid() && !r.To.IsValid(), "inet6")
	l.add(r.Not, "not")
	if l.add(r.From.IsValid(), "from", r.From); !r.From.IsValid() {
		l.add(true, "from all")
	}
	l.add(r.To.IsValid(), "to", r.To)
	l.add(r.In != "", "iif", r.In)
	l.add(r.Out != "", "oif", r.Out)
	l.add(r.TOS != 0, "tos", r.TOS)
	if r.Mark != nil {
		l.add(true, "fwmark", fmt.Sprintf("%#x/%#x", r.Mark.Value, r.Mark.Mask))
	}
	l.add(r.IPProtocol != 0, "ipproto", r.IPProtocol)
	l.span("sport", r.SourcePorts)
	l.span("dport", r.DestinationPorts)
	l.span("uidrange", r.UIDs)
	l.add(r.TunnelID != 0, "tunnel-id", r.TunnelID)
	l.add(true, "preference", r.Preference)
	switch r.Action {
	case "table":
		l.add(true, "table", r.Table)
	case "goto":
		l.add(true, "goto", r.Goto)
	default:
		l.add(true, r.Action)
	}
	l.realms(r.Realms)
	if r.SuppressPrefixLength != nil {
		l.add(true, "suppress_prefixlength", *r.SuppressPrefixLength)
	}
	if r.SuppressGroup != nil {
		l.add(true, "suppress_ifgroup", *r.SuppressGroup)
	}
	l.add(r.Protocol != Protocol, "protocol", r.Protocol)
	return strings.Join(l, " ")
}

func (l *words) span(name string, s *Span) {
	if s != nil {
		l.add(true, name, fmt.Sprintf("%d-%d", s.First, s.Last))
	}
}
