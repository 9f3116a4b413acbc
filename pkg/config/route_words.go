package config

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/iproute"
)

// routeTypes are the kinds of routes, ip-route(8).
var routeTypes = []string{
	"unicast", "local", "broadcast", "anycast", "multicast", "nat", "xresolve",
	"blackhole", "unreachable", "prohibit", "throw",
}

const tableArgs = "NUMBER|local|main|default"

// routeWords are those of a line of virtual_routes or static_routes. A word
// that is not on it is the destination.
func routeWords(static bool) []Keyword {
	ks := []Keyword{
		{Name: "to", Args: "DESTINATION", Need: 1, word: func(d *decoder, _ *Keyword, c *cursor) bool { return d.destination(c) },
			Doc: "what the route leads to: an address with a mask, or default"},
		{Name: "via", Args: "[inet|inet6] ADDRESS", Need: 1, word: (*decoder).routeVia, Doc: "next router"},
		{Name: "gw", Args: "ADDRESS", Need: 1, word: (*decoder).routeVia, Doc: "deprecated: the same as via"},
		{Name: "or", Args: "ADDRESS", Need: 1, word: (*decoder).routeOr, Doc: "deprecated: a second router, for which write nexthop"},
		{Name: "dev", Args: "INTERFACE", Need: 1, word: (*decoder).routeDevice, Doc: "interface to send on"},
		{Name: "oif", Args: "INTERFACE", Need: 1, word: (*decoder).routeDevice, Doc: "the same as dev"},
		{Name: "src", Args: "ADDRESS", Need: 1, word: (*decoder).routeSource, Doc: "source address of what this machine sends"},
		{Name: "from", Args: "ADDRESS[/MASK]", Need: 1, word: (*decoder).routeFrom, Doc: "source addresses that the route is for; IPv6 only"},
		{Name: "as", Args: "[to] ADDRESS", Need: 1, word: (*decoder).routeAs, Doc: "for MPLS, which is not supported"},
		{Name: "table", Args: tableArgs, Need: 1, Default: "main", Limits: whole(0, 4294967295), word: (*decoder).routeTable, Doc: "routing table"},
		{Name: "vrf", Args: "INTERFACE", Need: 1, word: (*decoder).routeVRF, Doc: "VRF whose table the route goes into"},
		{Name: "tos", Args: "NUMBER", Need: 1, Default: "any", Limits: whole(0, 255), word: (*decoder).routeTOS, Doc: "type of service of the packets"},
		{Name: "dsfield", Args: "NUMBER", Need: 1, Default: "any", Limits: whole(0, 255), word: (*decoder).routeTOS, Doc: "the same as tos"},
		{Name: "protocol", Args: "NUMBER|NAME", Need: 1, Default: "keepalived (18)", Limits: whole(0, 255), word: (*decoder).routeProtocol, Doc: "mark of who put the route there"},
		{Name: "scope", Args: scopeArgs, Need: 1, Limits: whole(0, 255), word: (*decoder).routeScope, Doc: "how far the destination is"},
		{Name: "realms", Args: "[REALM/]REALM", Need: 1, Limits: whole(0, 255), word: (*decoder).routeRealms, Doc: "realms of the route; IPv4 only"},
		{Name: "features", Args: "ecn", Need: 1, word: (*decoder).routeFeatures, Doc: "properties to turn on"},
		{Name: "congctl", Args: "[lock] NAME", Need: 1, word: (*decoder).routeCongestion, Doc: "congestion control algorithm"},
		{Name: "pref", Args: "low|medium|high", Need: 1, Default: "medium", word: (*decoder).routePreference, Doc: "preference among routers; IPv6 only"},
		{Name: "expires", Args: "SECONDS", Need: 1, Default: "never", Unit: "s", Limits: whole(0, 4294967295), word: (*decoder).routeExpires, Doc: "time to keep the route; IPv6 only"},
		{Name: "ttl-propagate", Args: "enabled|disabled", Need: 1, word: (*decoder).routeTTL, Doc: "whether MPLS copies the TTL"},
		{Name: "encap", Args: "mpls|ip|ip6|ila WORDS...", Need: 1, word: func(d *decoder, _ *Keyword, c *cursor) bool {
			d.route.Encap = d.encap(c)
			return true
		}, Doc: "header to put before the packets"},
		{Name: "nexthop", Args: nextHopSynopsis + "...", word: (*decoder).nextHops, Doc: "one of several routers; nothing else may follow"},
		{Name: "inet6", word: func(d *decoder, _ *Keyword, c *cursor) bool { return d.inet6(c, &d.route.inet6) }, Doc: "the route is of IPv6"},
		wordFlag("onlink", "take the router for a neighbour whatever its address is", func(d *decoder) { d.route.OnLink = true }),
		wordFlag("add", "add the route only if there is none like it", func(d *decoder) { d.route.Order = "add" }),
		wordFlag("append", "add the route behind those like it", func(d *decoder) { d.route.Order = "append" }),
		wordFlag("prepend", "add the route before those like it; the default", func(d *decoder) { d.route.Order = "prepend" }),
		wordFlag("no_track", "go on when somebody else deletes the route", func(d *decoder) { d.route.NoTrack = true }),
	}
	for _, name := range []string{"metric", "priority", "preference"} {
		ks = append(ks, Keyword{Name: name, Args: "NUMBER", Need: 1, Limits: whole(0, 4294967295), word: (*decoder).routeMetric,
			Doc: "place among routes to one destination: the least wins"})
	}
	for _, name := range routeTypes {
		ks = append(ks, Keyword{Name: name, Args: "DESTINATION", Need: 1, word: (*decoder).routeType, Doc: "kind of the route"})
	}
	ks = append(ks, metricWords()...)
	for i := range ks {
		ks[i].Effect = ks[i].Name != "as" // which keepalived ignores too
	}
	if static {
		ks = append(ks, Keyword{Name: "track_group", Args: "GROUP", Need: 1, Effect: true, word: func(d *decoder, _ *Keyword, c *cursor) bool {
			d.route.TrackGroup = d.trackGroupNamed(c)
			return true
		}, Doc: "track_group whose instances depend on the route"})
	}
	return ks
}

func (d *decoder) routeType(w *Keyword, c *cursor) bool {
	d.route.Type = w.Name
	return d.destination(c)
}

func (d *decoder) routeVia(w *Keyword, c *cursor) bool {
	if w.Name == "gw" {
		d.fault("deprecated", c.at(), "gw is deprecated; keepalived reads it as via").Hint = "write via"
	}
	a, ok := d.takeAddress(c)
	d.route.Via = a
	return ok
}

// routeOr makes a route with two routers of one that has a via.
func (d *decoder) routeOr(w *Keyword, c *cursor) bool {
	d.fault("deprecated", c.at(), "or is deprecated; keepalived reads it as nexthop").Hint = "write nexthop via ADDRESS nexthop via ADDRESS"
	a, ok := d.takeAddress(c)
	if ok {
		d.route.NextHops = append(d.route.NextHops, iproute.NextHop{Via: d.route.Via}, iproute.NextHop{Via: a})
		d.route.Via = netip.Addr{}
	}
	return ok
}

func (d *decoder) routeDevice(_ *Keyword, c *cursor) bool {
	d.route.Device = c.take()
	d.interfaceExists(c.at(), d.route.Device)
	return true
}

func (d *decoder) routeVRF(_ *Keyword, c *cursor) bool {
	d.route.VRF = c.take()
	if d.host != nil && !d.host.InterfaceExists(d.route.VRF) {
		return d.drop(c, "unknown-interface", "no VRF %s", clip(d.route.VRF))
	}
	return true
}

func (d *decoder) routeSource(_ *Keyword, c *cursor) bool {
	a, ok := d.takeAddress(c)
	d.route.Source = a
	return ok
}

func (d *decoder) routeFrom(_ *Keyword, c *cursor) bool {
	text := c.take()
	addr, _, _ := strings.Cut(text, "/")
	switch a, ok := address(addr); {
	case !ok:
		return d.drop(c, "address", "%s is not an IP address", clip(text))
	case a.Is4():
		return d.drop(c, "address-family", "from is for IPv6 routes alone")
	}
	d.route.From = d.prefix(c, text)
	return d.routeFamily(c, d.route.From.Addr())
}

func (d *decoder) routeAs(_ *Keyword, c *cursor) bool {
	d.fault("extra-words", c.at(), "as is for MPLS, which a route here is not; keepalived ignores it")
	if c.peek() == "to" {
		c.take()
	}
	_, ok := d.takeAddress(c)
	return ok
}

func (d *decoder) routeTable(w *Keyword, c *cursor) bool {
	text := c.take()
	n, ok := d.routeName("rt_tables", text, 1<<32-1)
	if !ok {
		return d.drop(c, "value", "unknown routing table %s", clip(text))
	}
	d.route.Table = n
	return true
}

func (d *decoder) routeTOS(_ *Keyword, c *cursor) bool {
	text := c.take()
	n, ok := d.routeName("rt_dsfield", text, 255)
	if !ok {
		return d.drop(c, "value", "type of service %s is not 0 to 255", clip(text))
	}
	d.route.TOS = uint8(n)
	return true
}

func (d *decoder) routeProtocol(_ *Keyword, c *cursor) bool {
	text := c.take()
	n, ok := d.routeName("rt_protos", text, 255)
	if !ok {
		return d.drop(c, "value", "unknown protocol %s", clip(text))
	}
	d.route.Protocol = uint8(n)
	return true
}

func (d *decoder) routeScope(_ *Keyword, c *cursor) bool {
	text := c.take()
	n, ok := d.routeName("rt_scopes", text, 255)
	if !ok {
		return d.drop(c, "value", "unknown scope %s", clip(text))
	}
	d.route.Scope = ptr(uint8(n))
	return true
}

func (d *decoder) routeRealms(_ *Keyword, c *cursor) bool {
	if d.route.family == 6 {
		return d.drop(c, "address-family", "realms are for IPv4 routes alone")
	}
	r, ok := d.realms(c)
	d.route.Realms = r
	return ok
}

// realms reads [FROM/]TO.
func (d *decoder) realms(c *cursor) (r iproute.Realms, ok bool) {
	text := c.take()
	from, to, both := strings.Cut(text, "/")
	if !both {
		from, to = "0", from
	}
	f, ok1 := d.routeName("rt_realms", from, 255)
	t, ok2 := d.routeName("rt_realms", to, 255)
	if !ok1 || !ok2 {
		return r, d.drop(c, "value", "unknown realms %s", clip(text))
	}
	return iproute.Realms{From: uint8(f), To: uint8(t)}, true
}

func (d *decoder) routeFeatures(_ *Keyword, c *cursor) bool {
	if text := c.take(); text != "ecn" {
		d.fault("value", c.at(), "unknown feature %s; keepalived ignores it", clip(text)).Hint = "write ecn"
		return true
	}
	d.route.ECN = true
	return true
}

func (d *decoder) routeCongestion(_ *Keyword, c *cursor) bool {
	name := c.take()
	if d.route.CongestionLocked = name == "lock"; d.route.CongestionLocked {
		name = c.take()
	}
	d.route.Congestion = name
	return true
}

var preferences = []string{"low", "medium", "high"}

func (d *decoder) routePreference(_ *Keyword, c *cursor) bool {
	text := c.take()
	switch {
	case d.route.family != 6:
		return d.drop(c, "address-family", "pref is for IPv6 routes alone")
	case !slices.Contains(preferences, text):
		return d.drop(c, "value", "unknown preference %s", clip(text))
	}
	d.route.Preference = text
	return true
}

func (d *decoder) routeExpires(w *Keyword, c *cursor) bool {
	n, ok := d.wordNumber(w, c)
	if ok && d.route.family != 6 {
		return d.drop(c, "address-family", "expires is for IPv6 routes alone")
	}
	d.route.Expires = time.Duration(n) * time.Second
	return ok
}

func (d *decoder) routeTTL(_ *Keyword, c *cursor) bool {
	text := c.take()
	if d.route.TTLPropagate = ptr(text == "enabled"); text != "enabled" && text != "disabled" {
		d.fault("value", c.at(), "unknown value %s of ttl-propagate; keepalived uses disabled", clip(text)).Hint = "write enabled or disabled"
	}
	return true
}

func (d *decoder) routeMetric(w *Keyword, c *cursor) bool {
	n, ok := d.wordNumber(w, c)
	d.route.Metric = uint32(n)
	return ok
}

// inet6 sets the family. keepalived 2.2.7 passes over the word behind it.
func (d *decoder) inet6(c *cursor, set *bool) bool {
	*set = true
	if c.more() {
		d.warn("extra-words", c.at(), "keepalived 2.2.7 passes over the word behind inet6, %s", strconv.Quote(clip(c.peek()))).Hint = "leave inet6 out where an address shows the family"
		c.take()
	}
	return true
}
