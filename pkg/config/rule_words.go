package config

import (
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/iproute"
)

// ruleWords are those of a line of virtual_rules or static_rules.
func ruleWords(static bool) []Keyword {
	const all = 4294967295
	ks := []Keyword{
		{Name: "from", Args: "ADDRESS[/MASK]|all", Need: 1, Default: "all", word: (*decoder).ruleAddress, Doc: "source of the packets"},
		{Name: "to", Args: "ADDRESS[/MASK]|all", Need: 1, Default: "all", word: (*decoder).ruleAddress, Doc: "destination of the packets"},
		wordFlag("not", "select what the other words do not", func(d *decoder) { d.rule.Not = true }),
		{Name: "inet6", word: func(d *decoder, _ *Keyword, c *cursor) bool { return d.inet6(c, &d.rule.inet6) }, Doc: "the rule is of IPv6"},
		{Name: "fwmark", Args: "NUMBER[/MASK]", Need: 1, Limits: whole(0, all), word: (*decoder).ruleMark, Doc: "firewall mark of the packets"},
		{Name: "realms", Args: "[REALM/]REALM", Need: 1, Limits: whole(0, 255), word: (*decoder).ruleRealms, Doc: "realms to give to the packets"},
		{Name: "ipproto", Args: "NUMBER|NAME", Need: 1, Limits: whole(0, 255), word: (*decoder).ruleIPProtocol, Doc: "transport protocol of the packets"},
		{Name: "sport", Args: "FIRST-LAST", Need: 1, Limits: whole(0, 65535), word: (*decoder).rulePorts, Doc: "source ports of the packets"},
		{Name: "dport", Args: "FIRST-LAST", Need: 1, Limits: whole(0, 65535), word: (*decoder).rulePorts, Doc: "destination ports of the packets"},
		{Name: "uidrange", Args: "FIRST-LAST", Need: 1, Limits: whole(0, all), word: (*decoder).ruleUIDs, Doc: "users of the sockets"},
		{Name: "tunnel-id", Args: "NUMBER", Need: 1, Limits: whole(0, 18446744073709551615), word: (*decoder).ruleTunnel, Doc: "key of the tunnel that the packets came by"},
		{Name: "suppress_prefixlength", Args: "NUMBER", Need: 1, Limits: whole(0, 2147483647), word: (*decoder).ruleSuppress, Doc: "take no route with a mask of that length or less"},
		{Name: "suppress_ifgroup", Args: "NUMBER|NAME", Need: 1, Limits: whole(0, all), word: (*decoder).ruleSuppressGroup, Doc: "take no route to an interface of that group"},
		{Name: "protocol", Args: "NUMBER", Need: 1, Default: "18", Limits: whole(0, 255), word: (*decoder).ruleProtocol, Doc: "mark of who put the rule there"},
		{Name: "goto", Args: "NUMBER", Need: 1, Limits: whole(0, all), word: (*decoder).ruleGoto, Doc: "preference of the rule to go on at"},
		{Name: "type", Args: "blackhole|prohibit|unreachable|nop", Need: 1, word: (*decoder).ruleType, Doc: "what becomes of the packets"},
		wordFlag("no_track", "go on when somebody else deletes the rule", func(d *decoder) { d.rule.NoTrack = true }),
	}
	alias := func(k Keyword, names ...string) {
		for _, name := range names {
			k.Name = name
			ks = append(ks, k)
		}
	}
	alias(Keyword{Args: tableArgs, Need: 1, Limits: whole(1, all), word: (*decoder).ruleTable, Doc: "routing table of the packets"}, "table", "lookup")
	alias(Keyword{Args: "NUMBER", Need: 1, Default: "16384 for the first, and one less for each further", Limits: whole(0, all), word: (*decoder).rulePreference,
		Doc: "place among the rules: the least comes first"}, "preference", "priority", "order")
	alias(Keyword{Args: "INTERFACE", Need: 1, word: (*decoder).ruleInterface, Doc: "interface that the packets came in on"}, "iif", "dev")
	alias(Keyword{Args: "INTERFACE", Need: 1, word: (*decoder).ruleInterface, Doc: "interface that the packets were bound to"}, "oif")
	alias(Keyword{Args: "NUMBER", Need: 1, Limits: whole(0, 255), word: (*decoder).ruleTOS, Doc: "type of service of the packets"}, "tos", "dsfield")
	alias(Keyword{word: func(d *decoder, w *Keyword, c *cursor) bool { return d.act(c, w.Name) }, Doc: "what becomes of the packets"},
		"l3mdev", "nop", "blackhole", "prohibit", "unreachable")
	for i := range ks {
		ks[i].Effect = true
	}
	if static {
		ks = append(ks, Keyword{Name: "track_group", Args: "GROUP", Need: 1, Effect: true, word: func(d *decoder, _ *Keyword, c *cursor) bool {
			d.rule.TrackGroup = d.trackGroupNamed(c)
			return true
		}, Doc: "track_group whose instances depend on the rule"})
	}
	return ks
}

func (d *decoder) ruleTable(_ *Keyword, c *cursor) bool {
	text := c.take()
	n, ok := d.routeName("rt_tables", text, 1<<32-1)
	switch {
	case !ok:
		return d.drop(c, "value", "unknown routing table %s", clip(text))
	case n == 0 && d.host != nil:
		return d.drop(c, "value", "there is no routing table 0")
	}
	d.rule.Table = n
	return d.act(c, "table")
}

func (d *decoder) ruleGoto(w *Keyword, c *cursor) bool {
	n, ok := d.wordNumber(w, c)
	d.rule.Goto = uint32(n)
	return ok && d.act(c, "goto")
}

func (d *decoder) ruleType(_ *Keyword, c *cursor) bool {
	switch text := c.take(); text {
	case "blackhole", "prohibit", "unreachable", "nop":
		return d.act(c, text)
	default:
		return d.drop(c, "value", "a rule cannot be %s", clip(text))
	}
}

func (d *decoder) rulePreference(w *Keyword, c *cursor) bool {
	n, ok := d.wordNumber(w, c)
	d.rule.Preference, d.rule.placed = uint32(n), true
	return ok
}

func (d *decoder) ruleInterface(w *Keyword, c *cursor) bool {
	name := c.take()
	d.interfaceExists(c.at(), name)
	if w.Name == "oif" {
		d.rule.Out = name
	} else {
		d.rule.In = name
	}
	return true
}

func (d *decoder) ruleTOS(_ *Keyword, c *cursor) bool {
	text := c.take()
	n, ok := d.routeName("rt_dsfield", text, 255)
	if !ok {
		return d.drop(c, "value", "type of service %s is not 0 to 255", clip(text))
	}
	d.rule.TOS = uint8(n)
	return true
}

func (d *decoder) ruleMark(_ *Keyword, c *cursor) bool {
	text := c.take()
	value, mask, masked := strings.Cut(text, "/")
	v, ok := cNumber(value, 1<<32-1)
	m := uint64(1<<32 - 1)
	if masked && ok {
		m, ok = cNumber(mask, 1<<32-1)
	}
	if !ok {
		return d.drop(c, "number", "%s is no firewall mark", clip(text))
	}
	d.rule.Mark = &iproute.Mark{Value: uint32(v), Mask: uint32(m)}
	return true
}

func (d *decoder) ruleRealms(_ *Keyword, c *cursor) bool {
	r, ok := d.realms(c)
	d.rule.Realms = r
	return ok
}

// ipProtocols are the names of protocols(5) that rules are written with.
var ipProtocols = map[string]uint8{"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "dccp": 33, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58, "vrrp": 112, "sctp": 132, "udplite": 136}

func (d *decoder) ruleIPProtocol(_ *Keyword, c *cursor) bool {
	text := c.take()
	n, ok := cNumber(text, 255)
	if p, named := ipProtocols[strings.ToLower(text)]; named {
		n, ok = uint64(p), true
	}
	if !ok {
		return d.drop(c, "value", "unknown protocol %s", clip(text))
	}
	d.rule.IPProtocol = uint8(n)
	return true
}

// span reads FIRST-LAST. Like keepalived, it takes no notice of what is behind
// the last digit.
func span(text string) (*iproute.Span, bool) {
	first, last, ok := strings.Cut(text, "-")
	a, ok1 := leadingNumber(first)
	b, ok2 := leadingNumber(last)
	return &iproute.Span{First: a, Last: b}, ok && ok1 && ok2
}

func leadingNumber(text string) (uint32, bool) {
	digits := text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
	n, err := strconv.ParseUint(digits, 10, 64)
	return uint32(n), err == nil
}

func (d *decoder) rulePorts(w *Keyword, c *cursor) bool {
	text := c.take()
	p, ok := span(text)
	if !ok {
		d.fault("number", c.at(), "%s is no range of ports; keepalived ignores %s", clip(text), w.Name).Hint = "write " + w.Name + " FIRST-LAST"
		return true
	}
	if p.First > p.Last || p.Last > 65535 {
		d.warn("number", c.at(), "no port is in %s", clip(text))
	}
	if w.Name == "sport" {
		d.rule.SourcePorts = p
	} else {
		d.rule.DestinationPorts = p
	}
	return true
}

func (d *decoder) ruleUIDs(_ *Keyword, c *cursor) bool {
	text := c.take()
	p, ok := span(text)
	if !ok {
		return d.drop(c, "number", "%s is no range of user ids", clip(text))
	}
	if p.First > p.Last {
		d.warn("number", c.at(), "no user is in %s", clip(text))
	}
	d.rule.UIDs = p
	return true
}

func (d *decoder) ruleTunnel(_ *Keyword, c *cursor) bool {
	text := c.take()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return d.drop(c, "number", "%s is no tunnel id", clip(text))
	}
	d.rule.TunnelID = n
	return true
}

func (d *decoder) ruleSuppress(w *Keyword, c *cursor) bool {
	n, ok := d.wordNumber(w, c)
	d.rule.SuppressPrefixLength = ptr(uint32(n))
	return ok
}

func (d *decoder) ruleSuppressGroup(_ *Keyword, c *cursor) bool {
	text := c.take()
	n, ok := d.routeName("group", text, 1<<64-1)
	if !ok {
		return d.drop(c, "value", "unknown group %s of interfaces", clip(text))
	}
	d.rule.SuppressGroup = ptr(n)
	return true
}

func (d *decoder) ruleProtocol(w *Keyword, c *cursor) bool {
	if n, ok := d.numberAt(w.Limits, c.line.AtArg(c.next-1), w.Name, c.take(), "ignores it"); ok {
		d.rule.Protocol = uint8(n)
	}
	return true
}
