package machine

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/lint"
)

// A firewall is the part of a machine's packet filter that sees what comes in
// for the machine itself.
type firewall struct {
	// chains by name, "inet filter input".
	chains map[string]*chain
	// hooks are the chains that incoming packets run through. One that drops a
	// packet has the last word, one that accepts it has not.
	hooks []*chain
}

// A chain is a list of rules.
type chain struct {
	name   string
	family string // ip, ip6 or inet
	policy verdict
	rules  []rule
}

// A verdict is what becomes of a packet.
type verdict uint8

const (
	goOn    verdict = iota // with the next rule
	accept                 // out of this hook's chain
	drop                   // or reject
	jump                   // to the target, and back
	leave                  // the chain, to where it was called
	unknown                // not to be told
)

// A rule is a verdict for packets that all its conditions hold for.
type rule struct {
	conditions []condition
	verdict    verdict
	target     string // of a jump
	tail       bool   // does not come back from it (goto)
}

// A condition compares a field of the packet with values, of which one must be
// it, or none if not is set.
type condition struct {
	field  field
	values []string
	not    bool
}

// A field is what a condition looks at. The zero field is one that we cannot
// judge.
type field uint8

const (
	other    field = iota
	protocol       // of IP: number or name
	device         // that it came in on; a * at the end stands for any rest
	source         // address, network or range
	dest
	port   // of UDP and TCP: number or range
	family // ipv4 or ipv6
	state  // of the connection: new, established ...
)

// Drops names the chain that drops p as it comes in. It reports false where none
// does, and where a rule that may accept p cannot be judged.
func (m *Machine) Drops(p lint.Packet) (string, bool) {
	f := m.firewall()
	for _, c := range f.hooks {
		if !c.sees(p) {
			continue
		}
		v := f.walk(c, p, nil)
		if v == goOn || v == leave {
			v = c.policy
		}
		if v == drop {
			return c.name, true
		}
	}
	return "", false
}

// sees reports whether the chain gets packets of p's family.
func (c *chain) sees(p lint.Packet) bool {
	return c.family == "inet" || (c.family == "ip6") == p.Dest.Is6()
}

// walk runs p through a chain. What may match counts as matching where it could
// save p, and as not where it could drop it.
// Callers are the chains on the way to c.
func (f *firewall) walk(c *chain, p lint.Packet, callers []*chain) verdict {
	if slices.Contains(callers, c) {
		return unknown // a loop, which no kernel has
	}
	callers = append(callers, c)
	for _, r := range c.rules {
		matches := r.matches(p)
		if matches == no {
			continue
		}
		v := r.verdict
		if v == jump {
			target := f.chains[r.target]
			if target == nil {
				return unknown
			}
			v = f.walk(target, p, callers)
			if v == leave {
				v = goOn
			}
			if v == goOn && r.tail {
				v = leave
			}
		}
		switch {
		case v == goOn:
		case matches == yes:
			return v
		case v != drop:
			return unknown
		}
	}
	return goOn
}

// A truth is yes, no, or not to be told.
type truth uint8

const (
	no truth = iota
	maybe
	yes
)

func (r *rule) matches(p lint.Packet) truth {
	t := yes
	for _, c := range r.conditions {
		t = min(t, c.holds(p))
	}
	return t
}

func (c condition) holds(p lint.Packet) truth {
	t := no
	for _, v := range c.values {
		t = max(t, c.field.is(v, p))
	}
	if len(c.values) == 0 {
		t = maybe
	}
	if c.not {
		t = yes - t
	}
	return t
}

// is reports whether the field of p has the value.
func (f field) is(value string, p lint.Packet) truth {
	switch f {
	case protocol:
		n, ok := protocols[value]
		if !ok {
			k, err := strconv.ParseUint(value, 10, 8)
			if err != nil {
				return maybe
			}
			n = uint8(k)
		}
		return truthOf(n == p.Protocol)
	case device:
		if rest, ok := strings.CutSuffix(value, "*"); ok {
			return truthOf(strings.HasPrefix(p.Device, rest))
		}
		if _, err := strconv.Atoi(value); err == nil {
			return maybe // an index
		}
		return truthOf(value == p.Device)
	case source:
		return addressIs(value, p.Source)
	case dest:
		return addressIs(value, p.Dest)
	case port:
		return portIs(value, p)
	case family:
		return truthOf((value == "ipv6") == p.Dest.Is6())
	case state:
		// Nothing answers a multicast address: no connection comes of it.
		if p.Dest.IsMulticast() && (value == "established" || value == "related" || value == "dnat") {
			return no
		}
	}
	return maybe
}

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// protocols are the names of /etc/protocols that filters use.
var protocols = map[string]uint8{
	"icmp": 1, "igmp": 2, "ipencap": 4, "tcp": 6, "udp": 17, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51,
	"icmpv6": 58, "ipv6-icmp": 58, "ospf": 89, "pim": 103, "vrrp": 112, "l2tp": 115, "sctp": 132, "udplite": 136,
}

// addressIs reports whether a is value, or in it: ADDRESS, NETWORK/MASK or
// FIRST-LAST.
func addressIs(value string, a netip.Addr) truth {
	if !a.IsValid() {
		return maybe
	}
	if first, last, ok := strings.Cut(value, "-"); ok {
		lo, errLo := netip.ParseAddr(first)
		hi, errHi := netip.ParseAddr(last)
		if errLo != nil || errHi != nil {
			return maybe
		}
		return truthOf(lo.Compare(a) <= 0 && a.Compare(hi) <= 0)
	}
	if p, err := netip.ParsePrefix(value); err == nil {
		return truthOf(p.Contains(a))
	}
	b, err := netip.ParseAddr(value)
	if err != nil {
		return maybe
	}
	return truthOf(a == b)
}

func portIs(value string, p lint.Packet) truth {
	if !slices.Contains([]uint8{6, 17}, p.Protocol) {
		return no
	}
	first, last, isRange := strings.Cut(value, "-")
	if !isRange {
		last = first
	}
	lo, errLo := strconv.ParseUint(first, 10, 16)
	hi, errHi := strconv.ParseUint(last, 10, 16)
	if errLo != nil || errHi != nil {
		return maybe
	}
	return truthOf(lo <= uint64(p.Port) && uint64(p.Port) <= hi)
}
