package vrrpd

import (
	"fmt"
	"log/slog"
	"net/netip"
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

	// advert is what is sent, encoded into packet.
	advert vrrp.Advert
	packet [vrrp.MaxLen]byte

	deadline  vrrp.Time
	heapIndex int

	// generation counts what was decided about the addresses. The executors
	// compare it with that of a job, and drop a job that was overtaken.
	generation atomic.Uint64

	limits      [vrrp.ReasonRejected + 1]limiter
	rejects     [vrrp.RejectAddress + 1]limiter
	undecodable limiter
	unsendable  limiter
}

func newInstance(cfg *vrrp.Instance, log *slog.Logger) *instance {
	return &instance{
		cfg:       cfg,
		machine:   vrrp.NewMachine(cfg),
		log:       log,
		advert:    vrrp.NewAdvert(cfg),
		heapIndex: notInHeap,
	}
}

// send sends an advert to the group, or to every peer.
func (i *instance) send(now vrrp.Time, priority uint8, source netip.Addr) {
	if i.port == nil || i.port.socket == nil || !source.IsValid() {
		return
	}
	i.advert.Priority = priority
	msg, err := i.advert.Append(i.packet[:0])
	if err != nil {
		i.limited(now, &i.unsendable, slog.LevelError, err.Error())
		return
	}
	if len(i.cfg.Peers) == 0 {
		err = i.port.socket.Send(source, i.cfg.Group, ttl, msg)
	}
	for _, peer := range i.cfg.Peers {
		// One peer that cannot be reached must not cost the others theirs.
		if e := i.port.socket.Send(source, peer, ttl, msg); e != nil {
			err = fmt.Errorf("to %v: %w", peer, e)
		}
	}
	if err != nil {
		i.limited(now, &i.unsendable, slog.LevelWarn, fmt.Sprintf("send advert on %s: %v", i.cfg.Interface, err))
	}
}

// ttl is what adverts are sent with (RFC 3768 section 5.2.3).
const ttl = 255

// addresses returns all that the instance holds as master.
func addresses(cfg *vrrp.Instance) []vrrp.Address {
	all := make([]vrrp.Address, 0, len(cfg.Addresses)+len(cfg.Excluded))
	return append(append(all, cfg.Addresses...), cfg.Excluded...)
}
