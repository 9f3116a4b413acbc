package config

import (
	"time"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// protocol is what global_defs says for all instances, and an instance for
// itself, of how VRRP is spoken. Nil is not set.
type protocol struct {
	version, downAdverts            *int
	lowerNoAdvert, higherSendAdvert *bool
	checksumAsV2, peersOnly         *bool
}

// protocolKeywords are the words of one block for the protocol that of returns.
// Those of global_defs have a prefix, and those of an instance default to them.
func protocolKeywords(prefix string, of func(*decoder) *protocol) []Keyword {
	number := func(name, args, otherwise, doc string, limits *Limits, field func(*protocol) **int) Keyword {
		return Keyword{Name: prefix + name, Args: args, Need: 1, Default: otherwise, Limits: limits, Effect: true, Doc: doc,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				if n, ok := d.integer(k, s, "ignores it"); ok {
					*field(of(d)) = &n
				}
			}}
	}
	flag := func(name, args, doc string, field func(*protocol) **bool) Keyword {
		return Keyword{Name: name, Args: args, Default: "off", Effect: true, Doc: doc,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				b, ok := true, true
				if args != "" {
					b, ok = d.boolean(k, s)
				}
				if ok {
					*field(of(d)) = &b
				}
			}}
	}
	checksum := flag("v3_checksum_as_v2", "", "leave the pseudo-header out of version 3's checksum over IPv4, as RFC 9568 has it",
		func(p *protocol) **bool { return &p.checksumAsV2 })
	checksum.Since = "2.4"
	list := []Keyword{
		number("version", "2|3", "2", "VRRP version", whole(2, 3), func(p *protocol) **int { return &p.version }),
		number("down_timer_adverts", "NUMBER", "3", "advert intervals that a master may be silent", whole(1, 100),
			func(p *protocol) **int { return &p.downAdverts }),
		flag(prefix+"lower_prio_no_advert", "[BOOL]", "as master, do not answer an advert of lower priority with one at once",
			func(p *protocol) **bool { return &p.lowerNoAdvert }),
		flag(prefix+"higher_prio_send_advert", "[BOOL]", "send a last advert before giving way to a master of higher priority",
			func(p *protocol) **bool { return &p.higherSendAdvert }),
		flag(prefix+"check_unicast_src", "", "refuse unicast adverts from others than the peers",
			func(p *protocol) **bool { return &p.peersOnly }),
		checksum,
	}
	if prefix == "" {
		for i, k := range list {
			if k.Name != checksum.Name {
				list[i].Default = "vrrp_" + k.Name
			}
		}
	}
	return list
}

// or returns *p, or what follows from it being nil.
func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

func (d *decoder) unicastTTL(k *Keyword, s *syntax.Statement) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.instance.unicast, d.instance.ttl = k.Name, ptr(uint8(n))
	}
}

func (d *decoder) accept(*Keyword, *syntax.Statement)   { d.instance.accept = ptr(true) }
func (d *decoder) noAccept(*Keyword, *syntax.Statement) { d.instance.accept = ptr(false) }

// finishProtocol settles how x speaks.
func (d *decoder) finishProtocol(x *instance) {
	global, own, strict := &d.globals.protocol, &x.protocol, or(x.strict, d.globals.strict)
	x.Version = uint8(or(own.version, or(global.version, 2)))
	x.DownAdverts = or(own.downAdverts, or(global.downAdverts, 3))
	x.ChecksumAsV2 = or(own.checksumAsV2, or(global.checksumAsV2, false))
	x.PeersOnly = x.PeersOnly || or(own.peersOnly, or(global.peersOnly, false))
	x.LowerPriorityNoAdvert = or(own.lowerNoAdvert, strict || or(global.lowerNoAdvert, false))
	x.HigherPrioritySendAdvert = or(own.higherSendAdvert, !strict && or(global.higherSendAdvert, false))
	x.Accept = or(x.accept, !strict || x.Priority == vrrp.PriorityOwner)
	x.TTL = 255
	if !x.multicast() {
		x.TTL = or(x.ttl, 255)
	}
	if own.peersOnly != nil {
		x.unicast = "check_unicast_src"
	}
	if x.family == 6 {
		x.Version = 3 // whatever is said: version 2 has no IPv6
	}
	d.finishStrict(x)
	if !x.Accept {
		x.Filter = d.config.Global.Firewall.filter()
	}
	d.finishInterval(x)
}

// finishStrict holds x to the RFC where vrrp_strict says so.
func (d *decoder) finishStrict(x *instance) {
	if !or(x.strict, d.globals.strict) {
		return
	}
	against := func(keyword, format string, args ...any) {
		at := d.result.At("vrrp_instance", x.Name, keyword)
		if at == (diag.Range{}) { // global_defs said so
			at = x.statement.Range()
		}
		d.fault("strict", at, format, args...)
	}
	if own := x.protocol.version; own != nil && *own == 2 && x.family == 6 {
		against("version", "IPv6 does not work with vrrp_strict in version 2; keepalived uses version 3")
	}
	if !x.LowerPriorityNoAdvert {
		against("lower_prio_no_advert", "vrrp_strict needs lower_prio_no_advert; keepalived sets it")
		x.LowerPriorityNoAdvert = true
	}
	if x.HigherPrioritySendAdvert {
		against("higher_prio_send_advert", "higher_prio_send_advert does not work with vrrp_strict; keepalived clears it")
		x.HigherPrioritySendAdvert = false
	}
	if x.accept != nil && *x.accept && x.Version == 2 {
		against("accept", "accept does not work with vrrp_strict in version 2; keepalived clears it")
		x.Accept = x.Priority == vrrp.PriorityOwner
	}
	if x.garp.lowerRepeat != nil && *x.garp.lowerRepeat > 0 {
		against("garp_lower_prio_repeat", "garp_lower_prio_repeat does not work with vrrp_strict; keepalived uses 0")
	}
	if x.garp.lowerDelay != nil && *x.garp.lowerDelay > 0 {
		against("garp_lower_prio_delay", "garp_lower_prio_delay does not work with vrrp_strict; keepalived uses 0")
	}
	x.garp.lowerRepeat, x.garp.lowerDelay = ptr(0), ptr(time.Duration(0))
	if owner := x.Priority == vrrp.PriorityOwner; x.state && owner != (x.InitialState == vrrp.Master) {
		against("state", "vrrp_strict wants state MASTER with priority 255, and with no other")
	}
	if x.DownAdverts != 3 {
		against("down_timer_adverts", "down_timer_adverts does not work with vrrp_strict; keepalived uses 3")
		x.DownAdverts = 3
	}
}

// finishInterval fits the advert interval into the field that it is sent in.
func (d *decoder) finishInterval(x *instance) {
	at := d.result.At("vrrp_instance", x.Name, "advert_int")
	t := x.AdvertInterval
	switch x.Version {
	case 2:
		if x.AdvertInterval = max(t.Round(time.Second), time.Second); x.AdvertInterval != t {
			d.fault("advert-interval", at, "version 2 puts whole seconds on the wire; keepalived uses %s", x.AdvertInterval).Hint = "write a whole number of seconds, or version 3"
		}
	case 3:
		const unit, most = 10 * time.Millisecond, 40950 * time.Millisecond
		switch x.AdvertInterval = min(t.Round(unit), most); {
		case t >= most+unit:
			d.fault("advert-interval", at, "version 3 has room for 40.95 s; keepalived uses that").Hint = "write at most 40.95"
		case x.AdvertInterval != t:
			d.fault("advert-interval", at, "version 3 puts hundredths of a second on the wire; keepalived uses %s", x.AdvertInterval)
		}
	}
}
