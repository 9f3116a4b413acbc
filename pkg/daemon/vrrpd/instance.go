package vrrpd

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// An instance is what the loop keeps of a virtual router: its adverts, and how much
// was reported of it. It belongs to the loop's thread.
type instance struct {
	cfg *vrrp.Instance

	// advert is what is sent. message is it, encoded for the key that it was last
	// sent by: most adverts are the one before once more.
	advert  vrrp.Advert
	message []byte
	key     messageKey
	authenticator
	// held are all addresses of the settings, by interface, and the routes and rules.
	held []netstate.Part

	now   vrrp.Time // of the last event
	state vrrp.State
	// since is when it entered the state, by the transition last, one of so many.
	since       time.Time
	last        vrrp.Effect
	transitions int
	// changed says that the settings are new, and that its addresses follow.
	changed bool
	// tried and sent are of the last time that an advert was to go out: not reported
	// yet, and whether it did. lastError is why it did not.
	tried, sent bool
	unsent      bool // the time before, it did not
	lastError   error
	// lacking is why the addresses could not be had.
	lacking error

	// lowerWaits says that an event of an advert of lower priority waits for the
	// addresses: those that follow it join it.
	lowerWaits atomic.Bool

	flaps flaps
	// quiet says that what follows from the last event is not for the log.
	quiet bool
	// resigned says that an advert of priority 0 was sent, and is no event yet.
	resigned   bool
	limits     [vrrp.Reasons]limiter
	rejects    [vrrp.RejectReasons]limiter
	refused    [vrrp.RejectReasons]uint64 // how many, by reason
	unsendable limiter
}

// A messageKey is all of an advert that is not in the settings.
type messageKey struct {
	priority uint8
	room     int // addresses at most
	src, dst netip.Addr
}

func newInstance(cfg *vrrp.Instance) *instance {
	i := new(instance)
	i.configure(cfg)
	return i
}

// configure takes the parts that are made from the settings.
func (i *instance) configure(cfg *vrrp.Instance) {
	i.cfg = cfg
	i.advert, i.key = vrrp.NewAdvert(cfg), messageKey{}
	i.authenticator.configure(cfg)
	i.held = parts(cfg)
}

// send sends an advert to the group, or to every peer, and says whether any
// went out.
func (i *instance) send(s Socket, e *vrrp.Effect) bool {
	return i.each(s, e.Source, func(dst netip.Addr) error {
		return i.sendTo(s, messageKey{e.Priority, e.Room, e.Source, dst}, e.Sequence)
	})
}

// probe sends, where adverts go, a message of the VRID 0: no router has that.
func (i *instance) probe(s Socket, source netip.Addr) {
	a := vrrp.Advert{Version: i.cfg.Version, Interval: i.cfg.AdvertInterval, Checksum: i.advert.Checksum}
	i.each(s, source, func(dst netip.Addr) error {
		msg, err := a.Append(nil, source, dst)
		if err != nil {
			return err
		}
		return i.sendSealed(s, msg, 0, source, dst)
	})
}

// each sends something to the group, or to every peer, and says whether any of
// it went out.
func (i *instance) each(s Socket, source netip.Addr, send func(dst netip.Addr) error) (sent bool) {
	if s == nil || !source.IsValid() {
		return false
	}
	var err error
	if len(i.cfg.Peers) == 0 {
		err = send(i.cfg.Group)
		sent = err == nil
	}
	for n := range i.cfg.Peers {
		// One peer that cannot be reached must not cost the others theirs.
		if e := send(i.cfg.Peers[n].Addr); e != nil {
			err = e
		} else {
			sent = true
		}
	}
	i.tried, i.sent, i.lastError = true, sent, err
	return sent
}

func (i *instance) sendTo(s Socket, key messageKey, sequence uint32) error {
	if i.key != key {
		a := i.advert
		a.Priority, a.Addresses = key.priority, a.Addresses[:min(key.room, len(a.Addresses))]
		msg, err := a.Append(i.message[:0], key.src, key.dst)
		if err != nil {
			i.key = messageKey{}
			return err
		}
		i.message, i.key = msg, key
	}
	return i.sendSealed(s, i.message, sequence, key.src, key.dst)
}
