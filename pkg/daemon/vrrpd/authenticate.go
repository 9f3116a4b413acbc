package vrrpd

import (
	"net/netip"
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// An authenticator makes what the adverts of an instance are authenticated by.
type authenticator struct {
	ah     *vrrp.AHSigner   // nil without
	signer *vrrp.HMACSigner // nil without
	stamp  vrrp.Timestamp   // of the last signature
	sealed []byte           // room that is used again and again

	// window is how far a stamp may be ahead of the clock, unless monotonic is set.
	window    time.Duration
	monotonic bool
}

// configure takes what is made from the settings. Signatures go on to follow the last
// one.
func (a *authenticator) configure(cfg *vrrp.Instance) {
	a.ah, a.signer = nil, nil
	a.window, a.monotonic = cfg.HMAC.Window, cfg.HMAC.Monotonic
	if cfg.Auth.Type == vrrp.AuthAH {
		a.ah = vrrp.NewAHSigner(cfg.Auth)
	}
	n := slices.IndexFunc(cfg.HMAC.Keys, func(k vrrp.HMACKey) bool { return k.ID == cfg.HMAC.Active })
	if n >= 0 && cfg.HMAC.Mode != vrrp.HMACReceiveOnly {
		a.signer = vrrp.NewHMACSigner(cfg.HMAC.Keys[n])
	}
}

// next is the stamp of the next signature.
func (a *authenticator) next(now time.Time) vrrp.Timestamp {
	if a.monotonic {
		return a.stamp.Next(now)
	}
	return a.stamp.NextWithin(now, a.window)
}

// sendSealed sends a message with what authenticates it.
func (i *instance) sendSealed(s Socket, message []byte, sequence uint32, src, dst netip.Addr) error {
	a, ttl := &i.authenticator, i.cfg.TTL
	switch {
	case a.ah != nil:
		ip := vrrp.IPHeader{ID: vrrp.AHIdentification(sequence), TTL: ttl, Src: src, Dst: dst}
		a.sealed = a.ah.Append(a.sealed[:0], message, sequence, ip)
		return s.SendIdentified(ip.ID, src, dst, ttl, a.sealed)
	case a.signer != nil:
		a.stamp = a.next(time.Now())
		a.sealed = a.signer.Append(append(a.sealed[:0], message...), src, a.stamp)
		return s.Send(src, dst, ttl, a.sealed)
	}
	return s.Send(src, dst, ttl, message)
}
