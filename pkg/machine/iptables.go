package machine

import "strings"

// addIPTables reads the table filter as iptables-save prints it. family is ip or
// ip6.
func (f *firewall) addIPTables(family, text string) {
	name := func(chain string) string {
		if family == "ip6" {
			return "ip6tables " + chain
		}
		return "iptables " + chain
	}
	filter := false
	for l := range strings.Lines(text) {
		l = strings.TrimSpace(l)
		words := strings.Fields(l)
		switch {
		case len(words) == 0:
		case l[0] == '*':
			filter = l == "*filter"
		case !filter:
		case l[0] == ':' && len(words) > 1:
			c := &chain{name: name(words[0][1:]), family: family, policy: accept}
			if words[1] == "DROP" {
				c.policy = drop
			}
			f.chains[c.name] = c
			if words[0] == ":INPUT" {
				f.hooks = append(f.hooks, c)
			}
		case words[0] == "-A" && len(words) > 1:
			if c := f.chains[name(words[1])]; c != nil {
				c.rules = append(c.rules, iptablesRule(words[2:], name))
			}
		}
	}
}

// iptablesRule reads the options of a rule. One that is not known is a condition
// that may hold or not.
func iptablesRule(words []string, chainName func(string) string) rule {
	var r rule
	not := false
	for i := 0; i < len(words); i++ {
		word := words[i]
		value := ""
		if i+1 < len(words) {
			value = words[i+1]
		}
		var f field
		switch word {
		case "!":
			not = true
			continue
		case "-j", "-g":
			switch value {
			case "ACCEPT":
				r.verdict = accept
			case "DROP", "REJECT":
				r.verdict = drop
			case "RETURN":
				r.verdict = leave
			case "LOG", "NFLOG", "MARK", "CONNMARK", "NOTRACK", "CT":
			default:
				r.verdict, r.target, r.tail = jump, chainName(value), word == "-g"
			}
			return r // the options of the target follow
		case "-m":
			i++ // its options say what it compares
			continue
		case "-p":
			f = protocol
		case "-i":
			f = device
			value = strings.Replace(value, "+", "*", 1)
		case "-s":
			f = source
		case "-d":
			f = dest
		case "--dport", "--dports":
			f = port
			value = strings.ReplaceAll(value, ":", "-")
		case "--ctstate", "--state":
			f = state
			value = strings.ToLower(value)
		case "--comment":
			i = endOfComment(words, i+1)
			continue
		default:
			r.conditions = append(r.conditions, condition{})
			not = false
			continue
		}
		i++
		r.conditions = append(r.conditions, condition{field: f, values: strings.Split(value, ","), not: not})
		not = false
	}
	return r
}

// endOfComment is the index of the last word of a comment, which may be quoted.
func endOfComment(words []string, i int) int {
	if i < len(words) && strings.HasPrefix(words[i], `"`) {
		for j := i; j < len(words); j++ {
			if strings.HasSuffix(words[j], `"`) && (j > i || len(words[j]) > 1) {
				return j
			}
		}
	}
	return i
}
