package watch

import (
	"strconv"
	"time"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A Format writes what is seen. Both append a line to b, its end included, and
// return the result.
type Format interface {
	Advert(b []byte, p *Packet, r Remark) []byte
	Event(b []byte, e *Event) []byte
}

// Text is a line for a reader, of the time of day where he is. It is for one
// goroutine at a time.
type Text struct {
	// Color colours it for a terminal.
	Color bool
	clock clockText
}

// The colours of a terminal.
const (
	plain  = "\x1b[0m"
	bold   = "\x1b[1m"
	faint  = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
)

// paint begins a colour, or ends one.
func (t *Text) paint(b []byte, color string) []byte {
	if t.Color {
		b = append(b, color...)
	}
	return b
}

// Advert writes an advert: time, place, who to whom, what it says, and whether
// that is right. What a message says that cannot be read is not shown: it may be
// anything. It allocates nothing.
func (t *Text) Advert(b []byte, p *Packet, r Remark) []byte {
	a := &p.Advert
	b = t.paint(b, faint)
	b = t.clock.append(b, p.Time, "15:04:05", time.Microsecond)
	b = append(b, ' ')
	b = appendPlace(b, p.Interface, p.VLANs)
	b = t.paint(b, plain)
	b = t.paint(b, bold)
	b = p.Source.AppendTo(b)
	b = t.paint(b, plain)
	b = append(b, " > "...)
	b = p.Destination.AppendTo(b)
	b = append(b, " v"...)
	b = strconv.AppendUint(b, uint64(a.Version), 10)
	b = append(b, " vrid "...)
	b = t.paint(b, bold)
	b = strconv.AppendUint(b, uint64(a.VRID), 10)
	b = t.paint(b, plain)
	if p.Fault == vrrp.Accepted {
		b = appendContent(b, p)
	}
	b = append(b, ' ')
	b = t.verdict(b, p, r)
	return append(b, '\n')
}

// appendContent writes what an advert says.
func appendContent(b []byte, p *Packet) []byte {
	a := &p.Advert
	b = append(b, " priority "...)
	b = strconv.AppendUint(b, uint64(a.Priority), 10)
	b = append(b, " interval "...)
	b = appendSeconds(b, a.Interval)
	b = append(b, "s "...)
	b = appendAuth(b, p)
	b = append(b, " vips "...)
	for i, vip := range a.Addresses {
		if i > 0 {
			b = append(b, ',')
		}
		b = vip.AppendTo(b)
	}
	if len(a.Addresses) == 0 {
		b = append(b, "none"...)
	}
	return b
}

// appendSeconds writes an interval as a number of seconds.
func appendSeconds(b []byte, d time.Duration) []byte {
	b = strconv.AppendInt(b, int64(d/time.Second), 10)
	if cs := int64(d % time.Second / (10 * time.Millisecond)); cs > 0 {
		b = append(b, '.', byte('0'+cs/10))
		if cs%10 > 0 {
			b = append(b, byte('0'+cs%10))
		}
	}
	return b
}

// appendAuth writes how an advert is authenticated. The password is secret.
func appendAuth(b []byte, p *Packet) []byte {
	switch {
	case p.HMAC != nil:
		b = append(b, "hmac key "...)
		b = strconv.AppendUint(b, uint64(p.HMAC.KeyID), 10)
		b = append(b, ' ')
		return append(b, p.HMAC.Verdict.word()...)
	case p.AH != nil:
		return append(b, "ah"...)
	}
	if w := authWord(p.Advert.AuthType); w != "" {
		return append(b, w...)
	}
	return strconv.AppendUint(append(b, "auth "...), uint64(p.Advert.AuthType), 10)
}

// authWord is a type of authentication in a word, empty for an unknown one.
func authWord(t vrrp.AuthType) string {
	switch t {
	case vrrp.AuthNone:
		return "noauth"
	case vrrp.AuthPassword:
		return "password"
	case vrrp.AuthAH:
		return "ah"
	}
	return ""
}

// word is the verdict on a signature.
func (v Verdict) word() string { return [...]string{"unverified", "valid", "forged"}[v] }

// verdict writes what is to be said of the advert.
func (t *Text) verdict(b []byte, p *Packet, r Remark) []byte {
	color := red
	switch r {
	case Sound:
		color = green
	case PasswordChanged, Unjudged:
		color = yellow
	}
	b = t.paint(b, color)
	b = append(b, verdictWord(p, r)...)
	switch {
	case r == LowTTL:
		b = strconv.AppendUint(append(b, ' '), uint64(p.TTL), 10)
		b = append(b, ", expected 255"...)
	case p.Advert.Version == 3 && p.Source.Is4() && p.Advert.Checksum != 0:
		b = append(append(b, ", checksum "...), checksumWord(p.Advert.Checksum)...)
	}
	return t.paint(b, plain)
}

// verdictWord is the verdict in short.
func verdictWord(p *Packet, r Remark) string {
	switch r {
	case Sound:
		return "ok"
	case BrokenChecksum:
		return "wrong checksum"
	case BrokenMessage:
		return malformedWord(p.Fault)
	case Fragmented:
		return "malformed: fragmented"
	case ZeroVRID:
		return "malformed: VRID 0"
	case ZeroInterval:
		return "malformed: interval of 0"
	case LowTTL:
		return "wrong TTL"
	case BadSignature:
		return "wrong signature"
	case PasswordChanged:
		return "password changed"
	case PasswordDiffers:
		return "password differs"
	}
	return "cut short by the capture"
}

// malformedWord says why a message cannot be read.
func malformedWord(r vrrp.RejectReason) string {
	switch r {
	case vrrp.RejectShort:
		return "malformed: too short"
	case vrrp.RejectLong:
		return "malformed: too long"
	case vrrp.RejectVersion:
		return "malformed: unknown version"
	case vrrp.RejectType:
		return "malformed: unknown type"
	}
	return "malformed"
}

// checksumWord names the kind of checksum of version 3 over IPv4.
func checksumWord(c vrrp.Checksum) string {
	switch c {
	case vrrp.ChecksumMessage:
		return "without pseudo-header"
	case vrrp.ChecksumPseudoHeader:
		return "with pseudo-header"
	}
	return "with or without pseudo-header"
}

// Event writes an event: time, severity, name, router and message.
func (t *Text) Event(b []byte, e *Event) []byte {
	b = t.paint(b, faint)
	b = t.clock.append(b, e.Time, "15:04:05", time.Microsecond)
	b = append(b, ' ')
	b = t.paint(b, plain)
	b = t.paint(b, severityColor(e.Severity))
	b = append(append(b, e.Severity.String()...), ' ')
	b = append(b, e.String()...)
	b = t.paint(b, plain)
	b = append(b, ' ')
	b = e.where(b)
	b = append(b, ": "...)
	b = escape.Append(b, e.Message)
	return append(b, '\n')
}

func severityColor(s diag.Severity) string {
	switch s {
	case diag.Error:
		return red
	case diag.Warning:
		return yellow
	}
	return cyan
}

// A clockText writes times of which many are in one second.
type clockText struct {
	second int64
	text   []byte
}

// append writes a time by a layout that ends in seconds, and what is below them
// in a unit.
func (c *clockText) append(b []byte, t time.Time, layout string, unit time.Duration) []byte {
	if s := t.Unix(); s != c.second || len(c.text) == 0 {
		c.second, c.text = s, t.AppendFormat(c.text[:0], layout)
	}
	b = append(append(b, c.text...), '.')
	n := int64(t.Nanosecond()) / int64(unit)
	for place := int64(time.Second/unit) / 10; place > 0; place /= 10 {
		b = append(b, byte('0'+n/place%10))
	}
	return b
}
