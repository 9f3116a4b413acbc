package config

import (
	"slices"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/iproute"
)

const nextHopSynopsis = "[via ADDRESS] [dev INTERFACE] [weight NUMBER] [onlink] [realms REALM] [encap WORDS]"

// nextHops reads the rest of a route, from the first nexthop on.
func (d *decoder) nextHops(_ *Keyword, c *cursor) bool {
	for {
		h, ok := d.nextHop(c)
		if ok {
			d.route.NextHops = append(d.route.NextHops, h)
		}
		if d.stop || !c.more() {
			return !d.stop
		}
		if word := c.take(); word != "nexthop" {
			d.fault("extra-words", c.at(), "unknown word %q behind nexthop; keepalived ignores the rest", clip(word)).Hint = "the words are " + nextHopSynopsis
			c.next = len(c.line.Words)
			return true
		}
	}
}

// nextHop reads up to a word that is none of it. It reports false if keepalived
// drops this router, and with it the rest of the line.
func (d *decoder) nextHop(c *cursor) (h iproute.NextHop, ok bool) {
	for c.more() {
		word := c.peek()
		switch word {
		case "via", "dev", "oif", "weight", "realms", "encap":
			c.take()
			if !c.more() {
				d.lacksWord(&Keyword{Name: word, Args: "VALUE"}, c)
				return h, false
			}
		case "onlink":
			c.take()
		default:
			return h, true
		}
		switch word {
		case "via":
			text := c.take()
			if (text == "inet" || text == "inet6") && c.more() {
				text = c.take()
			}
			a, good := address(text)
			if !good || d.route.family != 0 && a.Is6() != (d.route.family == 6) {
				return h, d.dropHop(c, "address", clip(text)+" is not an address of the route's family")
			}
			h.Via = a
		case "dev", "oif":
			h.Device = c.take()
			d.interfaceExists(c.at(), h.Device)
		case "weight":
			text := c.take()
			n, message := parseNumber(text, whole(1, 256))
			if message != "" {
				return h, d.dropHop(c, "number", "weight "+message)
			}
			h.Weight = int(n)
		case "onlink":
			h.OnLink = true
		case "realms":
			r, good := d.realms(c)
			if !good {
				c.next = len(c.line.Words)
				return h, false
			}
			h.Realms = r
		case "encap":
			h.Encap = d.encap(c)
		}
	}
	return h, true
}

// dropHop reports a router that keepalived ignores, with the rest of the line.
func (d *decoder) dropHop(c *cursor, rule, message string) bool {
	d.fault(rule, c.at(), "%s; keepalived ignores this nexthop and the rest", message)
	c.next = len(c.line.Words)
	return false
}

// encapWords are the pairs that may follow the type of an encap.
var encapWords = map[string]string{
	"ip": "id dst src tos ttl flags", "ip6": "id dst src tc tos hoplimit ttl flags",
}

// encap reads the type of a tunnel's header, and its words.
func (d *decoder) encap(c *cursor) []string {
	kind := c.take()
	words := []string{kind}
	switch kind {
	case "mpls", "ila":
		if c.more() {
			words = append(words, c.take())
		}
	case "ip", "ip6":
		known := strings.Fields(encapWords[kind])
		for c.next+1 < len(c.line.Words) && slices.Contains(known, c.peek()) {
			words = append(words, c.take(), c.take())
		}
	default:
		d.fault("value", c.at(), "unknown encap %s; keepalived passes over the word behind it", clip(kind)).Hint = "write mpls, ip, ip6 or ila"
		c.take()
		return nil
	}
	return words
}

// metricWords are the properties of a route that are numbers.
func metricWords() []Keyword {
	metric := func(name, unit, doc string, most float64, lock bool) Keyword {
		k := Keyword{Name: name, Args: "NUMBER", Need: 1, Unit: unit, Limits: whole(0, most), Doc: doc}
		if lock {
			k.Args = "[lock] NUMBER"
		}
		if unit == "ms" {
			k.Args = "[lock] TIME[s|ms]"
		}
		k.word = func(d *decoder, w *Keyword, c *cursor) bool {
			m := iproute.Metric{Name: w.Name}
			if lock && c.peek() == "lock" {
				c.take()
				m.Locked = true
			}
			if !c.more() {
				d.lacksWord(w, c)
				return false
			}
			var ok bool
			m.Value, ok = d.metricValue(w, c)
			d.route.Metrics = append(d.route.Metrics, m)
			return ok
		}
		return k
	}
	const all = 4294967295
	return []Keyword{
		metric("mtu", "", "longest packet", all, true),
		metric("hoplimit", "", "TTL that packets leave with", 255, false),
		metric("advmss", "", "segment size to announce", all, true),
		metric("rtt", "ms", "round trip time to start with", 960000, true),
		metric("rttvar", "ms", "variation of the round trip time to start with", 480000, true),
		metric("rto_min", "ms", "least time before a segment is sent again", 120000, true),
		metric("reordering", "", "how far packets may be out of order", all, true),
		metric("window", "", "largest window to announce", all, false),
		metric("cwnd", "", "clamp of the congestion window", all, true),
		metric("ssthresh", "", "slow start threshold", all, true),
		metric("initcwnd", "", "congestion window to start with", all, false),
		metric("initrwnd", "", "receive window to start with", all, false),
		metric("quickack", "", "1 acknowledges at once", 1, false),
		metric("fastopen_no_cookie", "", "1 opens fast without a cookie", 1, false),
	}
}

// metricValue reads a number, or a time in s or ms.
func (d *decoder) metricValue(w *Keyword, c *cursor) (uint32, bool) {
	if w.Unit == "" {
		n, ok := d.wordNumber(w, c)
		return uint32(n), ok
	}
	text := c.take()
	digits, sec := strings.CutSuffix(strings.TrimSuffix(text, "ms"), "s")
	limits := w.Limits
	if sec {
		limits = decimal(limits.Min/1000, limits.Max/1000)
	}
	n, message := parseNumber(digits, limits)
	if message != "" {
		d.fault("number", c.at(), "%s %s; keepalived drops the route", w.Name, message).Hint = "write a number of milliseconds, or 1.5s"
		return 0, false
	}
	if sec {
		return uint32(seconds(n) / time.Millisecond), true
	}
	return uint32(n), true
}
