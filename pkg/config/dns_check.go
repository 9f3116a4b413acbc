package config

import (
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/syntax"
)

// recordTypes are those that keepalived can ask for.
var recordTypes = []string{"A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA"}

func dnsKeywords() []Keyword {
	return append([]Keyword{
		{Name: "type", Args: strings.Join(recordTypes, "|"), Need: 1, Default: "SOA", decode: (*decoder).dnsType,
			Doc: "type of the record to ask for"},
		{Name: "name", Args: "DOMAIN", Need: 1, Default: ".", decode: (*decoder).dnsName,
			Doc: "domain to ask for"},
	}, connectKeywords()...)
}

func (d *decoder) dnsCheck(k *Keyword, s *syntax.Statement) {
	d.query = &health.DNSQuery{Type: "SOA", Name: "."}
	c := d.beginCheck(health.DNS, k, s)
	c.DNS = d.query
	d.endCheck(c)
}

func (d *decoder) dnsType(k *Keyword, s *syntax.Statement) {
	t := strings.ToUpper(s.Arg(0))
	if !slices.Contains(recordTypes, t) {
		d.fault("value", s.AtArg(0), "unknown type of record %s; keepalived ignores it", clip(s.Arg(0))).Hint = "write " + strings.Join(recordTypes, ", ")
		return
	}
	d.query.Type = t
}

func (d *decoder) dnsName(k *Keyword, s *syntax.Statement) {
	name := s.Arg(0)
	labels := strings.Split(name, ".")
	if name != "." && slices.Contains(labels, "") {
		d.fault("value", s.AtArg(0), "domain %s has an empty label; keepalived ignores it", clip(name)).Hint = "write the name without a dot at its end"
		return
	}
	if len(name) > 253 || slices.ContainsFunc(labels, func(l string) bool { return len(l) > 63 }) {
		d.warn("domain-name", s.AtArg(0), "domain %s is too long for a question; no server answers it", clip(name))
	}
	d.query.Name = name
}
