package config

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/iproute"
)

// words collects the words of a line.
type words []any

// add adds w if cond holds.
func (l *words) add(cond bool, w ...any) {
	if cond {
		*l = append(*l, w...)
	}
}

func (p *printer) addresses(name string, as []iproute.Address) {
	p.list(name, len(as), func(i int) {
		a, l := &as[i], words{}
		l.add(a.Peer.IsValid(), "peer", a.Peer)
		l.add(a.Broadcast.IsValid(), "brd", a.Broadcast)
		l.add(a.Device != "", "dev", a.Device)
		l.add(a.Prefix.Addr().Is4(), "scope", a.Scope)
		l.add(a.Label != "", "label", a.Label)
		l.add(a.Home, "home")
		l.add(a.DAD, "-nodad")
		l.add(a.ManageTemporary, "mngtmpaddr")
		l.add(a.NoPrefixRoute, "noprefixroute")
		l.add(a.AutoJoin, "autojoin")
		l.add(a.NoTrack, "no_track")
		l.add(a.VMAC, "use_vmac")
		l.add(a.TrackGroup != "", "track_group", a.TrackGroup)
		if a.Prefix.Addr().Is6() {
			lifetime := "forever"
			if a.Deprecated || a.Preferred > 0 {
				lifetime = fmt.Sprint(int64(a.Preferred / time.Second))
			}
			l.add(true, "preferred_lft", lifetime)
		}
		text := a.Prefix.String()
		if a.Peer.IsValid() {
			text = a.Prefix.Addr().String()
		}
		p.line(text, l...)
	})
}

// routing writes routes and rules.
func (p *printer) routing(routes, rules string, rs []iproute.Route, us []iproute.Rule) {
	p.list(routes, len(rs), func(i int) { p.route(&rs[i]) })
	p.list(rules, len(us), func(i int) { p.rule(&us[i]) })
}

func realmsText(r iproute.Realms) string {
	if r.From == 0 {
		return fmt.Sprint(r.To)
	}
	return fmt.Sprintf("%d/%d", r.From, r.To)
}

func (p *printer) route(r *iproute.Route) {
	l := words{r.Destination}
	l.add(r.Via.IsValid(), "via", r.Via)
	l.add(r.Device != "", "dev", r.Device)
	l.add(r.Source.IsValid(), "src", r.Source)
	l.add(r.From.IsValid(), "from", r.From)
	l.add(r.Table != 0, "table", r.Table)
	l.add(r.VRF != "", "vrf", r.VRF)
	l.add(r.Metric != 0, "metric", r.Metric)
	l.add(r.TOS != 0, "tos", r.TOS)
	l.add(r.Protocol != iproute.Protocol, "protocol", r.Protocol)
	if r.Scope != nil {
		l.add(true, "scope", *r.Scope)
	}
	l.add(r.Realms != iproute.Realms{}, "realms", realmsText(r.Realms))
	for _, m := range r.Metrics {
		l.add(true, m.Name)
		l.add(m.Locked, "lock")
		l.add(true, m.Value)
	}
	l.add(r.Congestion != "", "congctl")
	l.add(r.CongestionLocked, "lock")
	l.add(r.Congestion != "", r.Congestion)
	l.add(r.ECN, "features", "ecn")
	l.add(r.Preference != "", "pref", r.Preference)
	l.add(r.Expires != 0, "expires", int64(r.Expires/time.Second))
	if r.TTLPropagate != nil {
		l.add(true, "ttl-propagate", map[bool]string{true: "enabled", false: "disabled"}[*r.TTLPropagate])
	}
	l.add(r.OnLink, "onlink")
	l.encap(r.Encap)
	l.add(true, r.Order)
	l.add(r.NoTrack, "no_track")
	l.add(r.TrackGroup != "", "track_group", r.TrackGroup)
	for _, h := range r.NextHops {
		l.add(true, "nexthop")
		l.add(h.Via.IsValid(), "via", h.Via)
		l.add(h.Device != "", "dev", h.Device)
		l.add(h.Weight != 0, "weight", h.Weight)
		l.add(h.OnLink, "onlink")
		l.add(h.Realms != iproute.Realms{}, "realms", realmsText(h.Realms))
		l.encap(h.Encap)
	}
	p.line(r.Type, l...)
}

func (l *words) encap(ws []string) {
	if len(ws) > 0 {
		l.add(true, "encap")
		for _, w := range ws {
			l.add(true, w)
		}
	}
}

func (p *printer) rule(r *iproute.Rule) {
	all := func(a netip.Prefix) any {
		if !a.IsValid() {
			return "all"
		}
		return a
	}
	l := words{all(r.From)}
	l.add(r.To.IsValid(), "to", r.To)
	l.add(r.Not, "not")
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
	l.add(r.Realms != iproute.Realms{}, "realms", realmsText(r.Realms))
	if r.SuppressPrefixLength != nil {
		l.add(true, "suppress_prefixlength", *r.SuppressPrefixLength)
	}
	if r.SuppressGroup != nil {
		l.add(true, "suppress_ifgroup", *r.SuppressGroup)
	}
	l.add(r.Protocol != iproute.Protocol, "protocol", r.Protocol)
	l.add(r.NoTrack, "no_track")
	l.add(r.TrackGroup != "", "track_group", r.TrackGroup)
	// keepalived 2.2.7 passes over the word behind inet6, so that it is last.
	l.add(r.IPv6 && !r.From.IsValid() && !r.To.IsValid(), "inet6")
	p.line("from", l...)
}

func (l *words) span(name string, s *iproute.Span) {
	if s != nil {
		l.add(true, name, fmt.Sprintf("%d-%d", s.First, s.Last))
	}
}
