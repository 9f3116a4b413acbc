package config

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// parseNumber reads a number as keepalived writes them: decimal digits, and a
// fraction if one is allowed. The message says what is wrong, if anything is.
func parseNumber(text string, l *Limits) (n float64, message string) {
	digits := text
	if text != "" && (text[0] == '+' || text[0] == '-') {
		digits = text[1:]
	}
	ip, frac, point := strings.Cut(digits, ".")
	if text == "" || text == "." && l.Fraction {
		ip = "0" // as keepalived has it
	}
	if point && !l.Fraction || ip+frac == "" || strings.Trim(ip+frac, "0123456789") != "" || len(text) > 40 {
		if l.Fraction {
			return 0, strconv.Quote(clip(text)) + " is not a number"
		}
		return 0, strconv.Quote(clip(text)) + " is not a whole number"
	}
	if len(frac) > 6 {
		return 0, text + " has more than six decimals"
	}
	n, err := strconv.ParseFloat(ip+"."+frac, 64)
	if err != nil {
		return 0, strconv.Quote(clip(text)) + " is not a number"
	}
	if strings.HasPrefix(text, "-") {
		n = -n
	}
	if n < l.Min || n > l.Max {
		return 0, quoteEmpty(text) + " is outside " + l.String()
	}
	return n, ""
}

// leading is what keepalived makes of a text that parseNumber refuses: it takes
// the digits at its start, or none for 0, and reports false only where that is
// not within the limits. In a number with a fraction it leaves out the point and
// appends zeros for what lacks of six decimals before it reads, so that "6s" is
// six microseconds; it rounds more decimals than six.
func (l *Limits) leading(text string) (float64, bool) {
	if l.Exact {
		return 0, false
	}
	text = strings.TrimLeft(text, " \t")
	negative := strings.HasPrefix(text, "-")
	if negative || strings.HasPrefix(text, "+") {
		text = text[1:]
	}
	unit, more := 1.0, 0.0
	if l.Fraction {
		const decimals = 6
		ip, frac, _ := strings.Cut(text, ".")
		if len(frac) > decimals && '5' <= frac[decimals] && frac[decimals] <= '9' {
			more = 1
		}
		frac = frac[:min(len(frac), decimals)]
		text, unit = ip+frac+strings.Repeat("0", decimals-len(frac)), 1e6
	}
	n := 0.0
	if digits := text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]; digits != "" {
		var err error
		if n, err = strconv.ParseFloat(digits, 64); err != nil {
			return 0, false
		}
	}
	if n = (n + more) / unit; negative {
		n = -n
	}
	return n, l.Min <= n && n <= l.Max
}

// quoteEmpty is text, or what stands for none.
func quoteEmpty(text string) string {
	if text == "" {
		return `""`
	}
	return text
}

// number prints n without an exponent.
func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// number reads the value of s. If it is not within the keyword's limits, it
// reports that, with what keepalived does then.
func (d *decoder) number(k *Keyword, s *syntax.Statement, otherwise string) (float64, bool) {
	n, ok := d.numberAt(k.Limits, s.AtArg(0), k.Name, s.Arg(0), otherwise)
	none := k.Default == "0" || strings.HasSuffix(k.Default, "off without the keyword")
	if x := d.lastReport(); !ok && x != nil && x.Range == s.AtArg(0) && none && strings.Trim(s.Arg(0), "0.") == "" {
		x.Hint = "remove it: there is none without it"
	}
	return n, ok
}

// numberAt reads a number. It reports false where keepalived does not use it.
func (d *decoder) numberAt(l *Limits, at diag.Range, name, text, otherwise string) (float64, bool) {
	n, message := parseNumber(text, l)
	if message == "" {
		if text == "" || text == "." {
			d.warn("number", at, "%s without a number; keepalived takes it for 0", name)
		}
		return n, true
	}
	n, ok := l.leading(text)
	if ok {
		otherwise = "takes it for " + number(n)
	} else {
		n = 0
	}
	x := d.fault("number", at, "%s %s; keepalived %s", name, message, otherwise)
	x.Hint = "write a number from " + l.String()
	return n, ok
}

// integer is number for a whole one.
func (d *decoder) integer(k *Keyword, s *syntax.Statement, otherwise string) (int, bool) {
	n, ok := d.number(k, s, otherwise)
	return int(n), ok
}

// seconds is number for a time.
func (d *decoder) seconds(k *Keyword, s *syntax.Statement, otherwise string) (time.Duration, bool) {
	n, ok := d.number(k, s, otherwise)
	return seconds(n), ok
}

// seconds turns a number of seconds into a Duration of whole microseconds.
func seconds(n float64) time.Duration {
	us := math.Round(n * 1e6)
	if us > math.MaxInt64/1000 {
		return math.MaxInt64
	}
	return time.Duration(us) * time.Microsecond
}

// boolean reads the optional value of s: nothing is true.
func (d *decoder) boolean(k *Keyword, s *syntax.Statement) (bool, bool) {
	if len(s.Args()) == 0 {
		return true, true
	}
	switch value := s.Arg(0); {
	case value == "true", value == "on", value == "yes":
		return true, true
	case slices.Contains(falseWords, value):
		return false, true
	}
	x := d.fault("value", s.AtArg(0), "%s is neither true nor false; keepalived ignores %s", clip(s.Arg(0)), k.Name)
	x.Hint = "write on, true or yes, or off, false or no"
	return false, false
}

// address reads an IP address. Those with a zone are none.
func address(text string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(text)
	return a, err == nil && a.Zone() == ""
}

// hostAddress reads the address of one host, or group of them. What is behind it
// does not count, be it a range ("-9") or, where there is none, a mask ("/24").
func hostAddress(text string) (a netip.Addr, ok bool) {
	host, _, ranged := strings.Cut(text, "-")
	if !ranged {
		host, _, _ = strings.Cut(text, "/")
	}
	return address(host)
}

// hostAddress is the function of that name for an argument of what, and warns of
// what does not count.
func (d *decoder) hostAddress(at diag.Range, what, text string) (netip.Addr, bool) {
	a, ok := hostAddress(text)
	if ok && strings.ContainsAny(text, "/-") {
		d.warn("address", at, "%s %s is one address: keepalived takes %s and ignores what is behind it", what, clip(text), a).Hint = "write " + a.String()
	}
	return a, ok
}

var (
	ports = whole(1, 65535)
	marks = whole(0, 4294967295) // of packets, for the firewall
)

// lastReport returns the last diagnostic, or nil.
func (d *decoder) lastReport() *diag.Diagnostic {
	if n := len(d.diagnostics); n > 0 {
		return &d.diagnostics[n-1]
	}
	return nil
}
