package vrrpd

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/kactl/kactl/pkg/vrrp"
)

// An instance is one virtual router at run time: its machine and what the loop
// keeps beside it. All but the generation belongs to the loop's thread.
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
	held []deviceAddresses

	now       vrrp.Time // of the last event
	deadline  vrrp.Time
	heapIndex int

	// generation counts what was decided about the addresses. The executors
	// compare it with that of a job, and drop a job that was overtaken.
	generation atomic.Uint64

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
	i := &instance{machine: vrrp.NewMachine(cfg), log: log, heapIndex: notInHeap}
	i.configure(cfg)
	return i
}

// configure takes the parts that are made from the settings.
func (i *instance) configure(cfg *vrrp.Instance) {
	i.cfg = cfg
	i.advert, i.route = vrrp.NewAdvert(cfg), route{}
	i.held = byDevice(addresses(cfg))
}

// send sends an advert to the group, or to every peer, and says whether any
// went out.
func (i *instance) send(priority uint8, source netip.Addr) (sent bool) {
	if i.port == nil || i.port.socket == nil || !source.IsValid() {
		return false
	}
	var err error
	if len(i.cfg.Peers) == 0 {
		err = i.sendTo(route{priority, source, i.cfg.Group})
		sent = err == nil
	}
	for n := range i.cfg.Peers {
		// One peer that cannot be reached must not cost the others theirs.
		if e := i.sendTo(route{priority, source, i.cfg.Peers[n].Addr}); e != nil {
			err = e
		} else {
			sent = true
		}
	}
	if err != nil {
		i.limited(&i.unsendable, slog.LevelWarn, func() string { return fmt.Sprintf("advert not sent: %v", err) })
	}
	return sent
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
	return !dst.IsMulticast() && (alone || i.hasPeer(src))
}

func (i *instance) hasPeer(a netip.Addr) bool {
	return slices.ContainsFunc(i.cfg.Peers, func(p vrrp.Peer) bool { return p.Addr == a })
}

// addresses returns all that an instance holds as master.
func addresses(cfg *vrrp.Instance) []vrrp.Address { return slices.Concat(cfg.Addresses, cfg.Excluded) }

// deviceAddresses are those of some addresses that are on one interface.
type deviceAddresses struct {
	device string
	addrs  []vrrp.Address
}

// byDevice sorts addresses by interface, both in the order in which they come.
func byDevice(addrs []vrrp.Address) []deviceAddresses {
	var parts []deviceAddresses
	for _, a := range addrs {
		n := slices.IndexFunc(parts, func(p deviceAddresses) bool { return p.device == a.Device })
		if n < 0 {
			n = len(parts)
			parts = append(parts, deviceAddresses{device: a.Device})
		}
		parts[n].addrs = append(parts[n].addrs, a)
	}
	return parts
}
