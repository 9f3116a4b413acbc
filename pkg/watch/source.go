package watch

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A source is one machine as a sender of adverts of one virtual router, as its
// last sound one shows it.
type source struct {
	Party
	version  uint8
	interval time.Duration
	checksum vrrp.Checksum
	authType vrrp.AuthType
	key      [8]byte
	signed   bool
	// sent are the addresses as they were sent, addresses the same in order.
	sent, addresses []netip.Addr
	ttl             uint8

	on       string // the interface of the last
	last     time.Time
	resigned bool
	// late is how late its adverts are on average.
	late time.Duration
}

// learn takes in what p says. It tells whether the addresses are others than
// before, and whether the password is.
func (s *source) learn(p *Packet) (moved, password bool) {
	a := &p.Advert
	known := !s.last.IsZero()
	password = known && a.AuthType == vrrp.AuthPassword && s.authType == a.AuthType && s.key != a.Key
	s.version, s.checksum, s.authType, s.key = a.Version, a.Checksum, a.AuthType, a.Key
	s.signed, s.ttl, s.on, s.last = p.HMAC != nil, p.TTL, p.Interface, p.Time
	if a.Priority != vrrp.PriorityResign {
		s.Priority, s.interval = a.Priority, a.Interval
	} else if !known {
		s.interval = cmp.Or(a.Interval, time.Second)
	}
	if !known || !slices.Equal(s.sent, a.Addresses) {
		s.sent = append(s.sent[:0], a.Addresses...)
		s.addresses = append(s.addresses[:0], a.Addresses...)
		slices.SortFunc(s.addresses, netip.Addr.Compare)
		s.addresses = slices.Compact(s.addresses)
		moved = true
	}
	return moved, password
}

// repeated says whether p is an advert of s that was seen on another interface
// before.
func (s *source) repeated(p *Packet) bool {
	return s.on != p.Interface && !s.last.IsZero() && p.Time.Sub(s.last) <= sameAdvert &&
		(p.Advert.Priority == vrrp.PriorityResign) == s.resigned
}

// down is the longest time after an advert of s that a backup waits.
func (s *source) down() time.Duration { return 3*s.interval + skew(s.version, s.interval) }

// fadesAt is when s is taken to announce no more, where that decides between
// two: half an interval after the second advert that it left out.
func (s *source) fadesAt() time.Time { return s.last.Add(s.interval * 5 / 2) }

// lostAt is when nobody can be expected any more to follow s.
func (s *source) lostAt() time.Time {
	if s.resigned {
		return s.last.Add(skew(s.version, s.interval) + s.interval)
	}
	return s.last.Add(s.down() + s.interval/2)
}

// goneAt is when s is no master by anybody's reckoning.
func (s *source) goneAt() time.Time { return s.last.Add(s.down()) }

// A difference is a set of what two senders differ in.
type difference uint8

const (
	differAddresses difference = 1 << iota
	differAuthType
	differPassword
	differSignature
	differInterval
	differVersion
	differChecksum

	differAuthentication = differAuthType | differPassword | differSignature
)

// differenceWords are the bits in words, from the lowest.
var differenceWords = [...]string{"addresses", "authentication type", "password", "signature", "interval", "version", "checksum"}

// words lists what is in the set.
func (d difference) words() []string {
	var out []string
	for i, w := range differenceWords {
		if d&(1<<i) != 0 {
			out = append(out, w)
		}
	}
	return out
}

// differences compares what two senders sent last.
func differences(a, b *source) (d difference) {
	if !slices.Equal(a.sent, b.sent) && !slices.Equal(a.addresses, b.addresses) {
		d |= differAddresses
	}
	if a.interval != b.interval {
		d |= differInterval
	}
	switch {
	case a.version != b.version:
		return d | differVersion
	case a.authType != b.authType:
		d |= differAuthType
	case a.authType == vrrp.AuthPassword && a.key != b.key:
		d |= differPassword
	}
	if a.signed != b.signed {
		d |= differSignature
	}
	if a.version == 3 && a.checksum&b.checksum == 0 {
		d |= differChecksum
	}
	return d
}

// share says whether both announce an address in common; two that announce none
// are taken to.
func share(a, b *source) bool {
	if len(a.addresses) == 0 && len(b.addresses) == 0 {
		return true
	}
	return slices.ContainsFunc(a.addresses, func(x netip.Addr) bool {
		_, found := slices.BinarySearchFunc(b.addresses, x, netip.Addr.Compare)
		return found
	})
}
