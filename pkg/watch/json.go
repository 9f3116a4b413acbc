package watch

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/vrrp"
)

// JSON is one object a line. That of an event has the key "event", that of an
// advert has not. It is for one goroutine at a time.
type JSON struct{ clock clockText }

const jsonLayout = "2006-01-02T15:04:05"

// Advert writes an advert as an object that always has the same keys, but for
// hmac and ah. What a message says that cannot be read is null. It allocates
// nothing.
func (j *JSON) Advert(b []byte, p *Packet, r Remark) []byte {
	a := &p.Advert
	b = append(b, `{"time":"`...)
	b = j.clock.append(b, p.Time.UTC(), jsonLayout, time.Nanosecond)
	b = append(b, `Z","interface":`...)
	b = appendString(b, p.Interface)
	b = append(b, `,"vlans":[`...)
	for i, v := range p.VLANs {
		b = strconv.AppendUint(comma(b, i), uint64(v), 10)
	}
	b = append(b, `],"mac":"`...)
	b = appendMAC(b, p.SourceMAC)
	b = append(b, `","source":"`...)
	b = p.Source.AppendTo(b)
	b = append(b, `","destination":"`...)
	b = p.Destination.AppendTo(b)
	b = append(b, `","ttl":`...)
	b = strconv.AppendUint(b, uint64(p.TTL), 10)
	b = append(b, `,"version":`...)
	b = strconv.AppendUint(b, uint64(a.Version), 10)
	b = append(b, `,"vrid":`...)
	b = strconv.AppendUint(b, uint64(a.VRID), 10)
	if p.Fault == vrrp.Accepted {
		b = appendContentJSON(b, p)
	} else {
		b = append(b, `,"priority":null,"interval":null,"auth":null,"addresses":null,"checksum":`...)
		if p.Fault == vrrp.RejectChecksum {
			b = append(b, `"wrong"`...)
		} else {
			b = append(b, "null"...)
		}
	}
	b = append(b, `,"verdict":"`...)
	b = append(b, verdictWord(p, r)...)
	b = append(b, '"')
	if h := p.HMAC; h != nil {
		b = append(b, `,"hmac":{"key":`...)
		b = strconv.AppendUint(b, uint64(h.KeyID), 10)
		b = append(b, `,"verdict":"`...)
		b = append(append(b, h.Verdict.word()...), `"}`...)
	}
	if p.AH != nil {
		b = append(b, `,"ah":{"spi":`...)
		b = strconv.AppendUint(b, uint64(p.AH.SPI), 10)
		b = append(b, `,"sequence":`...)
		b = append(strconv.AppendUint(b, uint64(p.AH.Sequence), 10), '}')
	}
	return append(b, "}\n"...)
}

// appendContentJSON writes what an advert says.
func appendContentJSON(b []byte, p *Packet) []byte {
	a := &p.Advert
	b = append(b, `,"priority":`...)
	b = strconv.AppendUint(b, uint64(a.Priority), 10)
	b = append(b, `,"interval":`...)
	b = appendSeconds(b, a.Interval)
	b = append(b, `,"auth":"`...)
	if w := authWord(a.AuthType); w != "" {
		b = append(b, w...)
	} else {
		b = strconv.AppendUint(b, uint64(a.AuthType), 10)
	}
	b = append(b, `","addresses":[`...)
	for i, vip := range a.Addresses {
		b = append(comma(b, i), '"')
		b = append(vip.AppendTo(b), '"')
	}
	b = append(b, `],"checksum":"`...)
	if p.Source.Is4() && a.Version == 3 {
		b = append(b, checksumWord(a.Checksum)...)
	} else {
		b = append(b, "right"...)
	}
	return append(b, '"')
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

const hexDigits = "0123456789abcdef"

func appendMAC(b []byte, mac []byte) []byte {
	for i, c := range mac {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&0xf])
	}
	return b
}

// appendString writes a string of JSON. The name of an interface may hold
// nearly anything.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		default:
			b = escape.AppendRuneJSON(b, r)
		}
	}
	return append(b, '"')
}

// jsonEvent is an event in JSON; durations are in seconds.
type jsonEvent struct {
	Event     string      `json:"event"`
	Severity  string      `json:"severity"`
	Time      string      `json:"time"`
	Interface string      `json:"interface"`
	VLANs     []uint16    `json:"vlans"`
	Family    string      `json:"family"`
	VRID      uint8       `json:"vrid"`
	Message   string      `json:"message"`
	From      *jsonParty  `json:"from,omitempty"`
	To        *jsonParty  `json:"to,omitempty"`
	Sender    *jsonParty  `json:"sender,omitempty"`
	Masters   []jsonParty `json:"masters,omitempty"`
	By        string      `json:"by,omitempty"`
	Gap       *float64    `json:"gap,omitempty"`
	Since     string      `json:"since,omitempty"`
	Duration  *float64    `json:"duration,omitempty"`
	Count     int         `json:"count,omitempty"`
	Differs   []string    `json:"differs,omitempty"`
	Address   string      `json:"address,omitempty"`
}

type jsonParty struct {
	Address  string `json:"address,omitempty"`
	MAC      string `json:"mac,omitempty"`
	Priority uint8  `json:"priority,omitempty"` // 0 is not known
}

func (p *Party) json() *jsonParty {
	if p == nil {
		return nil
	}
	j := &jsonParty{Priority: p.Priority}
	if p.Address.IsValid() {
		j.Address = p.Address.String()
	}
	if p.MAC != (MAC{}) {
		j.MAC = p.MAC.String()
	}
	return j
}

// Event writes an event. Of what it may say besides there is what applies.
func (j *JSON) Event(b []byte, e *Event) []byte {
	o := jsonEvent{
		Event: e.String(), Severity: e.Severity.String(), Time: stamp(e.Time),
		Interface: e.Router.Interface, VLANs: []uint16{}, Family: e.Router.Family(), VRID: e.Router.VRID, Message: e.Message,
		From: e.From.json(), To: e.To.json(), Sender: e.Sender.json(), By: e.By, Count: e.Count, Differs: e.Differs,
	}
	if e.Name == InterfaceDown {
		o.Family = ""
	}
	for _, v := range e.Router.VLANs {
		if v != 0 {
			o.VLANs = append(o.VLANs, v)
		}
	}
	for i := range e.Masters {
		o.Masters = append(o.Masters, *e.Masters[i].json())
	}
	if e.Gap > 0 || e.Name == TakeOver {
		o.Gap = seconds(e.Gap)
	}
	if !e.Since.IsZero() {
		o.Since = stamp(e.Since)
	}
	if e.End {
		o.Duration = seconds(e.Duration)
	}
	if e.Address.IsValid() {
		o.Address = e.Address.String()
	}
	text, err := json.Marshal(o)
	if err != nil {
		panic(fmt.Sprintf("write an event: %v", err)) // it has nothing that JSON lacks
	}
	return append(escape.AppendJSON(b, text), '\n')
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }

func seconds(d time.Duration) *float64 { s := d.Seconds(); return &s }
