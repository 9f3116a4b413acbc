package vrrp

import (
	"net/netip"
	"time"
)

// A Proof is what an advert is authenticated by beside its own fields: parts of the
// IP packet that it came in, and the time of day.
type Proof struct {
	// Protocol is the IP protocol of the packet: Protocol, which 0 means too, or
	// ProtocolAH.
	Protocol uint8
	// ID is the identification in its header, To its destination.
	ID uint16
	To netip.Addr
	// Payload is all behind the IP header, Trailer the end of it, which is no part of
	// the message: a signature, or nothing.
	Payload, Trailer []byte
	// Wall is the time of day.
	Wall time.Time
}

// authentication is what a machine verifies adverts with, and what it knows of those
// before. What was overheard counts for what is overheard alone: the socket may
// have it too.
type authentication struct {
	ah *AHSigner // nil without
	// sequence is the number in the last authentication header that was sent or
	// accepted. All routers count on from the last one that any of them has sent: a
	// new master from its predecessor's, and who begins at 0 hears first.
	sequence uint32
	// sequenceAccepted and sequenceOverheard are the last numbers of others.
	sequenceAccepted, sequenceOverheard uint32

	signers                 []*HMACSigner // none without
	stamps, stampsOverheard stamps
}

// lastSequence is the number that a sender stays at, as keepalived does: after 136
// years, for whoever verifies takes no number again.
const lastSequence = 1<<32 - 2

// configure takes what is made from the settings; what was accepted stays.
func (a *authentication) configure(cfg *Instance) {
	a.ah, a.signers = nil, nil
	if cfg.Auth.Type == AuthAH {
		a.ah = NewAHSigner(cfg.Auth)
	}
	for _, k := range cfg.HMAC.Keys {
		a.signers = append(a.signers, NewHMACSigner(k))
	}
}

// nextSequence returns the number for an authentication header that is to be sent, 0
// without.
func (m *Machine) nextSequence() uint32 {
	a := &m.authentication
	if a.ah == nil {
		return 0
	}
	a.sequence = max(a.sequence, a.sequenceOverheard)
	if a.sequence < lastSequence {
		a.sequence++
	}
	return a.sequence
}

// authenticate says whether an advert was made by who shares the secret, and is
// none of those before. One that is takes its place among them, whatever else is
// wrong with it.
func (m *Machine) authenticate(ev *Event) Reject {
	switch {
	case m.ah != nil:
		return m.authenticateAH(ev)
	case ev.Proof.Protocol == ProtocolAH:
		return Reject{Reason: RejectAuthType, Got: int(AuthAH), Want: int(m.cfg.Auth.Type)}
	case len(m.signers) > 0:
		return m.authenticateHMAC(ev)
	}
	return Reject{}
}

// authenticateAH is authenticate for authentication headers (RFC 2402 section 3.4).
func (m *Machine) authenticateAH(ev *Event) Reject {
	p := &ev.Proof
	if ev.Advert.AuthType != AuthAH {
		return Reject{Reason: RejectAuthType, Got: int(ev.Advert.AuthType), Want: int(AuthAH)}
	}
	var h AuthHeader
	if _, err := h.DecodeFromBytes(p.Payload); p.Protocol != ProtocolAH || err != nil {
		return Reject{Reason: RejectNoAH}
	}
	last, seen := &m.sequenceAccepted, m.sequenceAccepted
	if ev.Kind == Overheard {
		last, seen = &m.sequenceOverheard, max(m.sequenceAccepted, m.sequenceOverheard)
	}
	switch {
	case h.SPI != spi(ev.From):
		return Reject{Reason: RejectSPI, Got: int(h.SPI), Want: int(spi(ev.From))}
	case !m.ah.Verify(p.Payload, IPHeader{p.ID, ev.TTL, ev.From, p.To}):
		return Reject{Reason: RejectICV} // before the number: of two passwords that says more
	case h.Sequence <= seen, h.Sequence < m.sequence, h.Sequence == lastSequence && m.sequence == lastSequence:
		return Reject{Reason: RejectSequence, Got: int(h.Sequence), Want: int(max(seen, m.sequence))}
	}
	// It may be the number that we have just sent ourselves: of two masters that send
	// at the same moment each would refuse all that the other sends.
	if *last = h.Sequence; ev.Kind != Overheard {
		m.sequence = h.Sequence
	}
	return Reject{}
}

// authenticateHMAC is authenticate for signatures.
func (m *Machine) authenticateHMAC(ev *Event) Reject {
	p, cfg := &ev.Proof, &m.cfg.HMAC
	if len(p.Trailer) == 0 {
		if cfg.Mode == HMACEnforce {
			return Reject{Reason: RejectUnsigned}
		}
		return Reject{}
	}
	var t HMACTrailer
	if t.DecodeFromBytes(p.Trailer) != nil {
		return Reject{Reason: RejectTrailer}
	}
	signer := m.signer(t.KeyID)
	if signer == nil {
		return Reject{Reason: RejectKey, Got: int(t.KeyID)}
	}
	if !cfg.Monotonic {
		if apart := t.Timestamp.apart(p.Wall); max(apart, -apart) > cfg.Window {
			return Reject{Reason: RejectTime, Got: int(apart / time.Second), Want: int(cfg.Window / time.Second)}
		}
	}
	if !signer.Verify(p.Payload[:len(p.Payload)-len(p.Trailer)], p.Trailer, ev.From) {
		return Reject{Reason: RejectSignature, Got: int(t.KeyID)}
	}
	if !cfg.Monotonic {
		m.stamps.takeBack(p.Wall, cfg.Window)
		m.stampsOverheard.takeBack(p.Wall, cfg.Window)
	}
	if ev.Kind == Overheard {
		if !m.stamps.newer(ev.From, t.Timestamp) || !m.stampsOverheard.accept(ev.From, t.Timestamp) {
			return Reject{Reason: RejectReplay}
		}
		return Reject{}
	}
	if !m.stamps.accept(ev.From, t.Timestamp) {
		return Reject{Reason: RejectReplay}
	}
	return Reject{}
}

func (m *Machine) signer(id uint8) *HMACSigner {
	for _, s := range m.signers {
		if s.KeyID() == id {
			return s
		}
	}
	return nil
}
