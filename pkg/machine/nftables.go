package machine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// readFirewall asks the programs that know the packet filter. Without them, or
// without the right to ask, there are no rules to speak of.
func (m *Machine) readFirewall() *firewall {
	f := &firewall{chains: map[string]*chain{}}
	if text, err := m.run("nft", "-j", "list", "ruleset"); err == nil {
		f.addNFTables(text)
	}
	for _, p := range []struct{ program, family string }{{"iptables-save", "ip"}, {"ip6tables-save", "ip6"}} {
		if text, err := m.run(p.program, "-t", "filter"); err == nil {
			f.addIPTables(p.family, string(text))
		}
	}
	return f
}

// nftObject is a line of libnftables-json(5).
type nftObject struct {
	Chain *struct {
		Family, Table, Name, Type, Hook, Policy string
	}
	Rule *struct {
		Family, Table, Chain string
		Expr                 []nftExpr
	}
}

// addNFTables reads what "nft -j list ruleset" prints. A text that cannot be
// read adds nothing.
func (f *firewall) addNFTables(text []byte) {
	var set struct{ NFTables []nftObject }
	if json.Unmarshal(text, &set) != nil {
		return
	}
	for _, o := range set.NFTables {
		switch {
		case o.Chain != nil:
			c := &chain{name: nftName(o.Chain.Family, o.Chain.Table, o.Chain.Name), family: o.Chain.Family, policy: accept}
			if o.Chain.Policy == "drop" {
				c.policy = drop
			}
			f.chains[c.name] = c
			ip := c.family == "ip" || c.family == "ip6" || c.family == "inet"
			if o.Chain.Hook == "input" && o.Chain.Type == "filter" && ip {
				f.hooks = append(f.hooks, c)
			}
		case o.Rule != nil:
			r := o.Rule
			if c := f.chains[nftName(r.Family, r.Table, r.Chain)]; c != nil {
				c.rules = append(c.rules, nftRules(r.Expr, func(target string) string { return nftName(r.Family, r.Table, target) })...)
			}
		}
	}
}

func nftName(family, table, chain string) string { return family + " " + table + " " + chain }

// An nftExpr is one expression of a rule: its kind, and what it says.
type nftExpr = map[string]json.RawMessage

// nftRules reads the expressions of a rule. A verdict map makes a rule of each of
// its elements. An expression that is not known may have any verdict.
func nftRules(expr []nftExpr, chainName func(string) string) []rule {
	var r rule
	for _, e := range expr {
		for what, body := range e {
			switch what {
			case "match":
				r.conditions = append(r.conditions, nftMatch(body)...)
			case "limit", "quota", "ct count":
				r.conditions = append(r.conditions, condition{})
			case "counter", "log", "comment", "mangle", "notrack":
			case "vmap":
				return nftMap(r, body, chainName)
			case "accept", "drop", "reject", "return", "continue", "jump", "goto":
				r.decide(what, body, chainName)
			default: // of an extension, which may end the rule or not
				r.conditions, r.verdict = append(r.conditions, condition{}), unknown
			}
		}
	}
	return []rule{r}
}

// decide gives r the verdict of a statement.
func (r *rule) decide(what string, body json.RawMessage, chainName func(string) string) {
	var to struct{ Target string }
	switch what {
	case "accept":
		r.verdict = accept
	case "drop", "reject":
		r.verdict = drop
	case "return":
		r.verdict = leave
	case "continue":
		r.verdict = goOn
	case "jump", "goto":
		r.verdict, r.tail = jump, what == "goto"
		if json.Unmarshal(body, &to) == nil {
			r.target = chainName(to.Target)
		}
	default:
		r.verdict = unknown
	}
}

// nftMap reads a verdict map behind the conditions of r.
func nftMap(r rule, body json.RawMessage, chainName func(string) string) (rules []rule) {
	var m struct {
		Key  nftLeft
		Data struct{ Set [][2]json.RawMessage }
	}
	r.verdict = unknown
	if json.Unmarshal(body, &m) != nil || len(m.Data.Set) == 0 {
		return []rule{r}
	}
	for _, e := range m.Data.Set {
		var v nftExpr
		if json.Unmarshal(e[1], &v) != nil || len(v) != 1 {
			return []rule{r}
		}
		one := rule{conditions: append(slices.Clone(r.conditions), m.Key.compare(e[0], false)...)}
		for what, body := range v {
			one.decide(what, body, chainName)
		}
		rules = append(rules, one)
	}
	return rules
}

// nftMatch reads a match. What it does not know may hold or not.
func nftMatch(body json.RawMessage) []condition {
	var m struct {
		Op    string
		Left  nftLeft
		Right json.RawMessage
	}
	if json.Unmarshal(body, &m) != nil || !slices.Contains([]string{"==", "!=", "in"}, m.Op) {
		return []condition{{}}
	}
	return m.Left.compare(m.Right, m.Op == "!=")
}

// nftLeft is what a match looks at.
type nftLeft struct {
	Meta, CT *struct{ Key string }
	Payload  *struct{ Protocol, Field string }
}

// compare returns the conditions that a match with right stands for: itself and,
// where it looks into a header of IP, the family.
func (l nftLeft) compare(right json.RawMessage, not bool) (out []condition) {
	c := condition{not: not}
	switch {
	case l.Meta != nil:
		c.field = map[string]field{"l4proto": protocol, "iifname": device, "iif": device, "nfproto": family}[l.Meta.Key]
	case l.CT != nil && (l.CT.Key == "state" || l.CT.Key == "status"):
		c.field = state
	case l.Payload != nil:
		switch l.Payload.Field {
		case "protocol", "nexthdr":
			c.field = protocol
		case "saddr":
			c.field = source
		case "daddr":
			c.field = dest
		case "dport":
			c.field = port
		}
		switch l.Payload.Protocol {
		case "ip":
			out = append(out, condition{field: family, values: []string{"ipv4"}})
		case "ip6":
			out = append(out, condition{field: family, values: []string{"ipv6"}})
		case "tcp":
			out = append(out, condition{field: protocol, values: []string{"tcp"}})
		case "udp":
			out = append(out, condition{field: protocol, values: []string{"udp"}})
		case "th":
		default: // arp, ether and others have fields of these names too
			return []condition{{}}
		}
	}
	var ok bool
	if c.values, ok = nftValues(right); !ok || c.field == other {
		c = condition{}
	}
	return append(out, c)
}

// nftValues reads one value, or those of a set. Named sets are not known.
func nftValues(raw json.RawMessage) (values []string, ok bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil, false
	}
	return nftValue(v)
}

func nftValue(v any) ([]string, bool) {
	switch v := v.(type) {
	case string:
		return []string{v}, !strings.HasPrefix(v, "@")
	case json.Number:
		return []string{v.String()}, true
	case []any:
		var all []string
		for _, e := range v {
			one, ok := nftValue(e)
			if !ok {
				return nil, false
			}
			all = append(all, one...)
		}
		return all, true
	case map[string]any:
		if set, ok := v["set"]; ok {
			return nftValue(set)
		}
		if p, ok := v["prefix"].(map[string]any); ok {
			return []string{fmt.Sprintf("%v/%v", p["addr"], p["len"])}, true
		}
		if r, ok := v["range"].([]any); ok && len(r) == 2 {
			return []string{fmt.Sprintf("%v-%v", r[0], r[1])}, true
		}
	}
	return nil, false
}
