package config

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// The least and the greatest length of a key in bytes.
const minKey, maxKey = 32, 64

var keyIDs = whole(1, 255)

// hmacKeyword is the block auth_hmac. No message quotes a key.
func hmacKeyword() Keyword {
	return Keyword{Name: "auth_hmac", Since: "2.4", Shape: syntax.Block, Effect: true, decode: (*decoder).authHMAC,
		Doc: "signatures of adverts, version 3 only", Inside: []Keyword{
			{Name: "key", Args: "ID hex:DIGITS|TEXT|file:PATH", Need: 2, Since: "2.4", Effect: true, Limits: keyIDs, repeats: true, decode: (*decoder).hmacKey,
				Doc: "key of 32 to 64 bytes, and the number that adverts name it by"},
			{Name: "active_key", Args: "ID", Need: 1, Since: "2.4", Effect: true, Default: "the first key", Limits: keyIDs, decode: (*decoder).hmacActive,
				Doc: "key to sign with"},
			{Name: "anti_replay", Args: "time|monotonic", Need: 1, Since: "2.4", Effect: true, Default: "time", decode: (*decoder).hmacReplay,
				Doc: "refuse adverts that are too old, or only those that do not follow the last one"},
			{Name: "time_window", Args: "SECONDS", Need: 1, Since: "2.4", Effect: true, Default: "3 advert intervals, 5 at least", Unit: "s", Limits: whole(1, 4294967295), decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				if t, ok := d.seconds(k, s, "ignores it"); ok {
					d.instance.HMAC.Window = t
				}
			}, Doc: "how far the clocks of the routers may be apart"},
			{Name: "mode", Args: "enforce|permissive|receive-only", Need: 1, Since: "2.4", Effect: true, Default: "enforce", decode: (*decoder).hmacMode,
				Doc: "refuse unsigned adverts, or take them, or take them and sign none"},
		}}
}

func (d *decoder) authHMAC(k *Keyword, s *syntax.Statement) { d.inside(k, s, k.Name) }

func (d *decoder) hmacKey(k *Keyword, s *syntax.Statement) {
	h := &d.instance.HMAC
	id, ok := d.integer(k, s, "ignores the key")
	if !ok {
		return
	}
	if slices.ContainsFunc(h.Keys, func(o vrrp.HMACKey) bool { return int(o.ID) == id }) {
		d.fault("duplicate-keyword", s.AtArg(0), "key %d is given already; keepalived ignores this one", id)
		return
	}
	key, value := vrrp.HMACKey{ID: uint8(id)}, []byte(nil)
	problem, known := "", true
	text := s.Arg(1)
	if path, isFile := strings.CutPrefix(text, "file:"); isFile {
		key.File = path
		if known = d.host != nil; known { // else it is another machine's
			value, problem = d.keyFile(s, id, path)
		}
	} else if digits, isHex := strings.CutPrefix(text, "hex:"); isHex {
		b, err := hex.DecodeString(digits)
		if value = b; err != nil {
			problem = "has other characters than pairs of hexadecimal digits"
		}
	} else {
		value = []byte(text)
	}
	if n := len(value); problem == "" && known && (n < minKey || n > maxKey) {
		problem = "is not 32 to 64 bytes long"
	}
	if problem != "" {
		x := d.fault("hmac-key", s.AtArg(1), "key %d %s; keepalived ignores it", id, problem)
		if key.File == "" {
			x.Hint = "write hex: and 64 to 128 hexadecimal digits"
		}
		return
	}
	key.Secret = secret.New(string(value))
	h.Keys = append(h.Keys, key)
}

func (d *decoder) hmacActive(k *Keyword, s *syntax.Statement) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.instance.HMAC.Active = uint8(n)
	}
}

func (d *decoder) hmacReplay(_ *Keyword, s *syntax.Statement) {
	switch text := s.Arg(0); text {
	case "time", "monotonic":
		d.instance.HMAC.Monotonic = text == "monotonic"
	default:
		d.fault("value", s.AtArg(0), "unknown way %s of anti_replay; keepalived ignores it", clip(text)).Hint = "write time or monotonic"
	}
}

func (d *decoder) hmacMode(_ *Keyword, s *syntax.Statement) {
	for m := vrrp.HMACEnforce; m <= vrrp.HMACReceiveOnly; m++ {
		if m.String() == s.Arg(0) {
			d.instance.HMAC.Mode = m
			return
		}
	}
	d.fault("value", s.AtArg(0), "unknown mode %s; keepalived ignores it", clip(s.Arg(0))).Hint = "write enforce, permissive or receive-only"
}

// finishHMAC checks the keys of x as a whole.
func (d *decoder) finishHMAC(x *instance) {
	h := &x.HMAC
	at := d.result.At("vrrp_instance", x.Name, "auth_hmac")
	if at.Start.Line == 0 {
		return
	}
	switch {
	case x.Version != 3:
		d.fault("auth-version", at, "auth_hmac is for version 3; keepalived ignores it").Hint = "write version 3"
		*h = vrrp.HMAC{Keyless: h.Mode == vrrp.HMACEnforce}
		return
	case len(h.Keys) == 0:
		d.fault("hmac-key", at, "auth_hmac without a key; keepalived ignores it").Hint = "write key ID hex:DIGITS"
		*h = vrrp.HMAC{Keyless: h.Mode == vrrp.HMACEnforce}
		return
	}
	if h.Active == 0 {
		h.Active = h.Keys[0].ID
	}
	if !slices.ContainsFunc(h.Keys, func(k vrrp.HMACKey) bool { return k.ID == h.Active }) {
		d.fault("hmac-key", d.result.At("vrrp_instance", x.Name, "auth_hmac", "active_key"), "there is no key %d to sign with", h.Active)
		h.Active = h.Keys[0].ID
	}
	if h.Window == 0 {
		h.Window = max(3*x.AdvertInterval, 5*time.Second)
	}
}
