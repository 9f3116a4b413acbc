package watch

import (
	"net/netip"
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// What is kept at most, whatever is sent.
const (
	maxRouters   = 4096
	maxKeys      = 1 << 16 // of them, with all interfaces
	maxSources   = 16      // of one virtual router
	maxEpisodes  = 16
	maxClaims    = 4
	maxAddresses = 1 << 16 // in all
)

const (
	// quiet is how long a fault must not show for it to be over.
	quiet = 30 * time.Second
	// forgotten is how long a virtual router without a master is remembered.
	forgotten = time.Hour
)

// never is a deadline that is not there.
var never = time.Unix(1<<40, 0)

// An Observer follows virtual routers through the packets that it is shown. It
// has no clock: time comes with the packets, and from Tick where there are none.
type Observer struct {
	routers map[Router]*virtual
	peers   map[peer]netip.Addr // the Unicast of their router
	order   []*virtual          // as they appeared
	vips    map[place]*virtual
	now     time.Time
	next    time.Time // nothing is due before
	events  []Event
	remark  Remark
	full    bool // said that there are too many
	sound   bool // there was a sound advert
	// down are the interfaces that are, and since when.
	down map[string]time.Time
}

// A place is an address on a network segment.
type place struct {
	name  string
	vlans [2]uint16
	addr  netip.Addr
}

// NewObserver returns one that has seen nothing.
func NewObserver() *Observer {
	return &Observer{
		routers: map[Router]*virtual{}, peers: map[peer]netip.Addr{}, vips: map[place]*virtual{},
		down: map[string]time.Time{}, next: never,
	}
}

// A Remark is what there is to say of an advert in its line: what is wrong with
// it, in itself or beside those of another machine.
type Remark uint8

// The remarks. What the decoder found is in the packet.
const (
	Sound Remark = iota
	BrokenChecksum
	BrokenMessage
	Fragmented
	ZeroVRID
	ZeroInterval
	LowTTL
	BadSignature
	PasswordChanged
	PasswordDiffers
	// Unjudged is what the capture cut short.
	Unjudged
)

// Remark is what there is to say of the packet that was seen last.
func (o *Observer) Remark() Remark { return o.remark }

// See takes in a packet and returns what happened: by it, and by the time that
// it tells. The events are good until the next call.
func (o *Observer) See(p *Packet) []Event {
	o.events, o.remark = o.events[:0], Sound
	o.pass(p.Time)
	switch p.Kind {
	case Advert:
		o.advert(p)
	case GratuitousARP, UnsolicitedNA:
		o.claim(p)
	}
	return o.events
}

// Deadline is when to call Tick, if no packet comes before.
func (o *Observer) Deadline() (at time.Time, ok bool) { return o.next, o.next.Before(never) }

// Tick tells the time and returns what happened by it. Packets are not set back
// by it. The events are good until the next call.
func (o *Observer) Tick(now time.Time) []Event {
	o.events = o.events[:0]
	if !now.Before(o.now) {
		o.pass(now)
	}
	return o.events
}

// pass lets time go by. Packets of several interfaces may be a little out of
// order; what is far from it is a clock that was set back.
func (o *Observer) pass(now time.Time) {
	switch back := o.now.Sub(now); {
	case back > time.Second:
		for _, v := range o.order {
			v.setBack(now)
		}
		for name, since := range o.down {
			o.down[name] = earlier(since, now)
		}
		o.next = now // all deadlines are new
	case back > 0:
		return
	}
	o.now = now
	if !now.Before(o.next) {
		o.sweep()
	}
}

// sweep does what is due, each at its time.
func (o *Observer) sweep() {
	now, seen := o.now, len(o.events)
	defer func() { o.now = now }()
	o.next = never
	o.order = slices.DeleteFunc(o.order, func(v *virtual) bool {
		d := v.deadline()
		for ; !d.After(now); d = v.deadline() {
			o.now = d
			if v.expire() {
				v.unindex()
				o.forget(v)
				o.full = false
				return true
			}
		}
		o.due(d)
		return false
	})
	slices.SortStableFunc(o.events[seen:], func(a, b Event) int { return a.Time.Compare(b.Time) })
}

func (o *Observer) due(at time.Time) {
	if at.Before(o.next) {
		o.next = at
	}
}

// advert takes in a message of VRRP.
func (o *Observer) advert(p *Packet) {
	if o.leftover(p) {
		if _, _, o.remark = fault(p); p.CutShort && p.Fault != vrrp.Accepted {
			o.remark = Unjudged
		}
		return
	}
	key := o.clusterOf(p)
	v := o.router(key, p)
	if v == nil {
		return
	}
	o.meet(key, p)
	v.seen = p.Time
	if p.CutShort && p.Fault != vrrp.Accepted {
		o.remark = Unjudged
	} else if name, why, remark := fault(p); remark != Sound {
		o.remark = remark
		v.touch(name, partyOf(p), why, 1)
	} else {
		v.hear(p)
	}
	o.due(v.deadline())
}

// fault says what makes everybody refuse a message.
func fault(p *Packet) (Name, string, Remark) {
	switch {
	case p.Fragment:
		return Malformed, "fragmented", Fragmented
	case p.Fault == vrrp.RejectChecksum:
		return WrongChecksum, "checksum", BrokenChecksum
	case p.Fault != vrrp.Accepted:
		return Malformed, p.Fault.String(), BrokenMessage
	case p.Advert.VRID == 0: // RFC 9568 section 5.2.3: 1 to 255
		return Malformed, "VRID 0", ZeroVRID
	case p.Advert.Interval == 0 && p.Advert.Priority != vrrp.PriorityResign:
		return Malformed, "interval of 0", ZeroInterval
	case p.TTL != multicastTTL && p.Destination.IsMulticast():
		return WrongTTL, "TTL", LowTTL
	case p.HMAC != nil && p.HMAC.Verdict == Forged:
		return WrongSignature, "signature", BadSignature
	}
	return 0, "", Sound
}

// router returns whom an advert is of, nil if that is one too many.
func (o *Observer) router(key Router, p *Packet) *virtual {
	v := o.routers[key]
	if v != nil || len(o.routers) == maxKeys {
		return v
	}
	if v = o.twin(key, p); v == nil {
		v = &virtual{Router: key, o: o, first: o.now}
		if len(o.order) == maxRouters {
			if !o.full {
				o.full = true
				v.emit(TooMany, Details{Count: maxRouters}, "%d virtual routers are followed, this one and further ones are not", maxRouters)
			}
			return nil
		}
		o.order = append(o.order, v)
	}
	o.routers[key] = v
	v.keys = append(v.keys, key)
	if v.master != nil {
		o.index(v)
	}
	return v
}

// sameAdvert is how long an advert may take from one interface to the next.
const sameAdvert = 50 * time.Millisecond

// twin looks for the virtual router that an advert was just seen of on another
// interface: the ports of a bridge and itself, or a VLAN's and the one below.
// They are one network, also when it falls apart later.
func (o *Observer) twin(key Router, p *Packet) *virtual {
	for _, v := range o.order {
		s := v.latest
		if s == nil || v.VRID != key.VRID || v.IPv6 != key.IPv6 || v.Interface == key.Interface ||
			v.VLANs != key.VLANs && v.VLANs != [2]uint16{} && key.VLANs != [2]uint16{} {
			continue
		}
		if s.is(partyOf(p)) && s.interval == p.Advert.Interval && p.Time.Sub(s.last) <= sameAdvert && slices.Equal(s.sent, p.Advert.Addresses) {
			return v
		}
	}
	return nil
}

// index makes the addresses of the master of v known as its.
func (o *Observer) index(v *virtual) {
	v.unindex()
	for _, key := range v.keys {
		for _, a := range v.master.addresses {
			if len(o.vips) == maxAddresses {
				return
			}
			at := place{key.Interface, key.VLANs, a}
			if other := o.vips[at]; other != nil && other.master != nil {
				continue // an address of two virtual routers is the first one's
			}
			o.vips[at] = v
			v.places = append(v.places, at)
		}
	}
}

// unindex undoes index.
func (v *virtual) unindex() {
	for _, at := range v.places {
		if v.o.vips[at] == v {
			delete(v.o.vips, at)
		}
	}
	v.places = v.places[:0]
}
