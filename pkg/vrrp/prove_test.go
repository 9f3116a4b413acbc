package vrrp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/kactl/kactl/pkg/secret"
)

// wall is the time of day in a scenario.
func (s *routerScenario) wall() time.Time {
	return time.Unix(1_700_000_000, 0).Add(s.now.Sub(Time(time.Hour)))
}

// prove authenticates an advert: ah=PASSWORD number=N [id=N covered-ttl=N index=ADDR], or
// key=ID:LETTER [stamp=DURATION plus=N] [wall=DURATION], the time of the stamp and that of
// its arrival from now, and damage=N, which changes the Nth byte from the end.
func (s *routerScenario) prove(t *testing.T, d *datadriven.TestData, ev *RouterEvent) {
	var password, key string
	switch {
	case d.HasArg("ah"):
		d.ScanArgs(t, "ah", &password)
		sequence := uint32(number(t, d, "number", 1))
		ip := IPHeader{uint16(number(t, d, "id", 7)), uint8(number(t, d, "covered-ttl", int(ev.TTL))), ev.From, ev.To}
		if d.HasArg("index") {
			ip.Src = addr(t, d, "index")
		}
		ev.Protocol, ev.ID = ProtocolAH, ip.ID
		ev.Message = NewAHSigner(ahAuth(password)).Append(nil, ev.Message, sequence, ip)
	case d.HasArg("key"):
		d.ScanArgs(t, "key", &key)
		at := s.wall()
		if d.HasArg("stamp") {
			at = at.Add(duration(t, d, "stamp"))
		}
		stamp := TimestampAt(at) + Timestamp(number(t, d, "plus", 0))
		ev.Message = NewHMACSigner(parseKey(key)).Append(ev.Message, ev.From, stamp)
	}
	if d.HasArg("wall") {
		ev.Wall = ev.Wall.Add(duration(t, d, "wall"))
	}
	if n := number(t, d, "damage", 0); n > 0 {
		ev.Message[len(ev.Message)-n] ^= 1
	}
}

// parseHMAC reads MODE[,monotonic],ID:LETTER...: keys of one letter each, of which the
// first is active.
func parseHMAC(text string) HMAC {
	h := HMAC{Window: 5 * time.Second}
	for word := range strings.SplitSeq(text, ",") {
		switch word {
		case "enforce", "monotonic":
			h.Monotonic = h.Monotonic || word == "monotonic"
		case "permissive":
			h.Mode = HMACPermissive
		case "receive-only":
			h.Mode = HMACReceiveOnly
		default:
			h.Keys = append(h.Keys, parseKey(word))
		}
	}
	h.Active = h.Keys[0].ID
	return h
}

// parseKey reads ID:LETTER.
func parseKey(text string) HMACKey {
	var id uint8
	number, letter, _ := strings.Cut(text, ":")
	_, _ = fmt.Sscan(number, &id)
	return HMACKey{ID: id, Secret: secret.New(strings.Repeat(letter, 32))}
}
