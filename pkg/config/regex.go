package config

import (
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/syntax"
)

// regexOptions are PCRE2's, as keepalived names them.
var regexOptions = []string{
	"allow_empty_class", "alt_bsux", "auto_callout", "caseless", "dollar_endonly", "dotall", "dupnames", "extended", "firstline",
	"match_unset_backref", "multiline", "never_ucp", "never_utf", "no_auto_capture", "no_auto_possess", "no_dotstar_anchor",
	"no_start_optimize", "ucp", "ungreedy", "utf", "never_backslash_c", "alt_circumflex", "alt_verbnames", "use_offset_limit",
}

// regexKeywords are about what a page must match. Debian's keepalived is built
// without regular expressions and takes all of them without a look: what is
// wrong is a warning.
func regexKeywords() []Keyword {
	offset := func(name, otherwise, doc string, field func(*health.Regex) *int) Keyword {
		return Keyword{Name: name, Args: "OFFSET", Default: otherwise, Unit: "bytes", Limits: unsigned, Doc: doc,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				if n, ok := d.regexNumber(k, s, 0); ok {
					*field(d.url.regex()) = n
				}
			}}
	}
	return []Keyword{
		{Name: "regex", Args: "REGEX", Doc: "regular expression that the page must match", Instead: "a page with any text will do", decode: (*decoder).regex},
		{Name: "regex_no_match", Doc: "the page must not match",
			decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.url.regex().NoMatch = true }},
		{Name: "regex_options", Args: "OPTION...", Doc: "options of PCRE2: " + strings.Join(regexOptions, ", "), decode: (*decoder).regexOptions},
		{Name: "regex_stack", Args: "START MAX", Unit: "bytes", Limits: whole(1, 4294967295), Doc: "sizes of PCRE2's stack at first and at most", decode: (*decoder).regexStack},
		offset("regex_min_offset", "0", "where in the page the search starts", func(r *health.Regex) *int { return &r.MinOffset }),
		offset("regex_max_offset", "its end", "where in the page a match must start at the latest", func(r *health.Regex) *int { return &r.MaxOffset }),
	}
}

// regex is the expression of u, which its words fill in any order.
func (u *url) regex() *health.Regex {
	if u.Regex == nil {
		u.Regex = new(health.Regex)
	}
	return u.Regex
}

func (d *decoder) regex(k *Keyword, s *syntax.Statement) {
	if s.Arg(0) == "" {
		d.warn("value", s.Range(), "regex without an expression has no effect")
		return
	}
	d.url.regex().Pattern = s.Arg(0)
}

func (d *decoder) regexOptions(k *Keyword, s *syntax.Statement) {
	for i, w := range s.Args() {
		if !slices.Contains(regexOptions, w.Text) {
			d.warn("value", s.AtArg(i), "unknown option %s of regular expressions", clip(w.Text)).Hint = nearestName(d, w.Text, regexOptions, func(s string) string { return s })
			continue
		}
		d.url.regex().Options = append(d.url.regex().Options, w.Text)
	}
}

func (d *decoder) regexStack(k *Keyword, s *syntax.Statement) {
	start, ok1 := d.regexNumber(k, s, 0)
	most, ok2 := d.regexNumber(k, s, 1)
	switch {
	case !ok1 || !ok2:
	case most < start:
		d.warn("number", s.Range(), "regex_stack starts with more than its most; keepalived ignores it")
	default:
		r := d.url.regex()
		r.StackStart, r.StackMax = start, most
	}
}

func (d *decoder) regexNumber(k *Keyword, s *syntax.Statement, i int) (int, bool) {
	n, message := parseNumber(s.Arg(i), k.Limits)
	if message != "" {
		d.warn("number", s.AtArg(i), "%s %s", k.Name, message).Hint = "write a number from " + k.Limits.String()
		return 0, false
	}
	return int(n), true
}
