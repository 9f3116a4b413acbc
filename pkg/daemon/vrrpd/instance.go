package vrrpd

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"

	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// An instance is one virtual router at run time: its machine and what the loop
// keeps beside it. It belongs to the loop's thread.
type instance struct {
	cfg     *vrrp.Instance
	machine *vrrp.Machine
	port    *port
	log     *slog.Logger

	// advert is what is sent. message is it, encoded for the route that it last
	// went: most adverts are the one before once more.
	advert  vrrp.Advert
	message []byte
	route   route
	// held are all addresses of the configuration, by interface.
	held []netstate.Part

	now       vrrp.Time // of the last event
	deadline  vrrp.Time
	heapIndex int

	// room is how many addresses the adverts have room for.
	room int
	// listening says that the instance counts among its port's listeners.
	listening bool
	// tried and sent are of the last time that an advert was to go out: not told
	// to the machine yet, and whether it did. lastError is why it did not.
	tried, sent bool
	unsent      bool // the time before, it did not
	lastError   error
	// unrouted says that no peer is reached through the interface.
	unrouted bool
	// lacking is why the addresses could not be had.
	lacking error

	flaps flaps
	// quiet says that what follows from the last event is not logged.
	quiet      bool
	limits     [vrrp.Reasons]limiter
	rejects    [vrrp.RejectReasons]limiter
	refused    [vrrp.RejectReasons]uint64 // how many, by reason
	unsendable limiter
}

// A route is all of an advert that is not in the settings.
type route struct {
	priority uint8
	src, dst netip.Addr
}

func newInstance(cfg *vrrp.Instance, log *slog.Logger) *instance {
	i := &instance{machine: vrrp.NewMachine(cfg), log: log, heapIndex: notInHeap, room: vrrp.MaxAddresses}
	i.configure(cfg)
	return i
}

// configure takes the parts that are made from the settings.
func (i *instance) configure(cfg *vrrp.Instance) {
	i.cfg = cfg
	i.compose()
	i.held = netstate.ByDevice(addresses(cfg))
}

// send sends an advert to the group, or to every peer, and says whether any
// went out.
func (i *instance) send(priority uint8, source netip.Addr) bool {
	return i.each(source, func(dst netip.Addr) error { return i.sendTo(route{priority, source, dst}) })
}

// probe sends, where adverts go, a message of the VRID 0: no router has that.
func (i *instance) probe(source netip.Addr) {
	a := vrrp.Advert{Version: i.cfg.Version, Interval: i.cfg.AdvertInterval, Checksum: i.advert.Checksum}
	i.each(source, func(dst netip.Addr) error {
		msg, err := a.Append(nil, source, dst)
		if err != nil {
			return err
		}
		return i.port.socket.Send(source, dst, i.cfg.TTL, msg)
	})
}

// each sends something to the group, or to every peer, and says whether any of
// it went out.
func (i *instance) each(source netip.Addr, send func(dst netip.Addr) error) (sent bool) {
	if i.port == nil || i.port.socket == nil || !source.IsValid() {
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
	if err != nil {
		i.limited(&i.unsendable, slog.LevelWarn, func() string { return fmt.Sprintf("advert not sent: %v", err) })
	}
	return sent
}

// compose makes the advert anew.
func (i *instance) compose() {
	i.advert, i.route = vrrp.NewAdvert(i.cfg), route{}
	i.advert.Addresses = i.advert.Addresses[:min(i.room, len(i.advert.Addresses))]
}

// carry makes the adverts carry as many addresses as there is room for in a
// packet of mtu bytes, and returns that number.
func (i *instance) carry(mtu int) int {
	room := i.cfg.Room(mtu)
	if room == i.room {
		return room
	}
	i.room = room
	i.compose()
	all := len(i.cfg.Addresses)
	if left := all - len(i.advert.Addresses); left > 0 {
		i.log.Warn(fmt.Sprintf("(%s) %d of %d addresses do not fit into an advert at the MTU %d of %s: they are held, but not announced in adverts; every router of the instance needs the same MTU",
			i.cfg.Name, left, all, mtu, i.cfg.Interface))
	}
	return room
}

func (i *instance) sendTo(r route) error {
	if i.route != r {
		i.advert.Priority = r.priority
		msg, err := i.advert.Append(i.message[:0], r.src, r.dst)
		if err != nil {
			i.route = route{}
			return err
		}
		i.message, i.route = msg, r
	}
	return i.port.socket.Send(r.src, r.dst, i.cfg.TTL, i.message)
}

// listensTo says whether a message can be for the instance. Several instances
// may have one VRID on an interface if what they listen to is not the same.
func (i *instance) listensTo(src, dst netip.Addr, alone bool) bool {
	if len(i.cfg.Peers) == 0 {
		return dst == i.cfg.Group
	}
	if dst.IsMulticast() {
		return false
	}
	// With a peer in common, the address that it sends to tells them apart.
	source := i.machine.Source()
	return alone || i.hasPeer(src) && (!source.IsValid() || dst == source)
}

func (i *instance) hasPeer(a netip.Addr) bool {
	return slices.ContainsFunc(i.cfg.Peers, func(p vrrp.Peer) bool { return p.Addr == a })
}
