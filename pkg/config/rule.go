package config

import (
	"strings"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/syntax"
)

const ruleSynopsis = "[not] [from ADDRESS] [to ADDRESS] [iif INTERFACE] table TABLE|goto NUMBER|blackhole preference NUMBER, and more"

// rule is a rule that is being read.
type rule struct {
	iproute.Rule
	family int // 4 or 6; 0 is not known yet
	inet6  bool
	placed bool // has a preference
}

// firstPreference is what the first rule without one gets; each further one
// gets one less.
const firstPreference = 16384

func (d *decoder) virtualRules(k *Keyword, s *syntax.Statement) {
	for _, l := range s.Body() {
		if r, ok := d.readRule(k, l); ok {
			d.instance.Rules = append(d.instance.Rules, r)
		}
	}
}

// readRule reads one line. It reports false if keepalived drops it.
func (d *decoder) readRule(k *Keyword, l *syntax.Statement) (iproute.Rule, bool) {
	r := &rule{Rule: iproute.Rule{Protocol: iproute.Protocol}}
	d.rule = r
	c := &cursor{line: l, what: "rule", stops: true}
	unknown := func(c *cursor) bool {
		word := c.line.Arg(c.next - 2)
		d.fault("extra-words", c.at(), "%q is no word of a rule; keepalived drops the rule", clip(word)).Hint = wordHint(k, word)
		return false
	}
	if !d.words(k, c, unknown) {
		return r.Rule, false
	}
	fail := func(rule, message, hint string) (iproute.Rule, bool) {
		d.fault(rule, l.Range(), "%s; keepalived drops the rule", message).Hint = hint
		return r.Rule, false
	}
	switch {
	case r.Action == "":
		return fail("action", "the rule says not what to do", "write table NUMBER")
	case r.inet6 && r.family == 4:
		return fail("address-family", "inet6 in a rule of IPv4 addresses", "")
	case r.Action == "goto" && !r.placed:
		return fail("preference", "goto without a preference", "write preference NUMBER")
	case r.Action == "goto" && r.Preference >= r.Goto:
		return fail("preference", "goto leads back, to a preference that is not greater", "")
	}
	r.IPv6 = r.inet6 || r.family == 6
	d.finishRule(r, l)
	d.place(l.AtName(), k.Name, l.Name())
	return r.Rule, true
}

func (d *decoder) finishRule(r *rule, l *syntax.Statement) {
	if r.Protocol != iproute.Protocol && !r.NoTrack {
		d.fault("protocol", l.Range(), "a rule of another protocol cannot be tracked; keepalived resets the protocol").Hint = "write no_track"
		r.Protocol = iproute.Protocol
	}
	if r.placed {
		return
	}
	r.Preference = firstPreference - d.static.placed
	d.static.placed++
	d.fault("preference", l.Range(), "a rule without a preference; keepalived uses %d", r.Preference).Hint = "write preference NUMBER"
}

// act settles what the rule does.
func (d *decoder) act(c *cursor, action string) bool {
	if d.rule.Action != "" {
		return d.drop(c, "action", "the rule does two things")
	}
	d.rule.Action = action
	return true
}

// ruleAddress reads an address with or without a mask. All is the zero Prefix.
func (d *decoder) ruleAddress(w *Keyword, c *cursor) bool {
	text, r := c.take(), d.rule
	to := &r.From
	if w.Name == "to" {
		to = &r.To
	}
	if text == "all" || text == "any" || text == "default" {
		return true
	}
	addr, _, _ := strings.Cut(text, "/")
	a, ok := address(addr)
	if !ok {
		return d.drop(c, "address", "%s is not an IP address", clip(text))
	}
	*to = d.prefix(c, text)
	n := 4
	if a.Is6() {
		n = 6
	}
	if r.family != 0 && r.family != n {
		return d.drop(c, "address-family", "the rule mixes IPv4 and IPv6")
	}
	r.family = n
	return true
}
