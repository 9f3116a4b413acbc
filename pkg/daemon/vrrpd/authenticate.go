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
}

// configure takes what is made from the settings. Signatures go on to follow the last
// one.
func (a *authenticator) configure(cfg *vrrp.Instance) {
	a.ah, a.signer = nil, nil
	if cfg.Auth.Type == vrrp.AuthAH {
		a.ah = vrrp.NewAHSigner(cfg.Auth)
	}
	n := slices.IndexFunc(cfg.HMAC.Keys, func(k vrrp.HMACKey) bool { return k.ID == cfg.HMAC.Active })
	if n >= 0 && cfg.HMAC.Mode != vrrp.HMACReceiveOnly {
		a.signer = vrrp.NewHMACSigner(cfg.HMAC.Keys[n])
	}
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
		a.stamp = a.stamp.Next(time.Now())
		a.sealed = a.signer.Append(append(a.sealed[:0], message...), src, a.stamp)
		return s.Send(src, dst, ttl, a.sealed)
	}
	return s.Send(src, dst, ttl, message)
}
