package vrrpd

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

// tapAtMost bounds how many messages of a tap are read at a time. What a tap has
// is of use only if there is little of it: one advert of a master is enough.
const tapAtMost = 256

// followListening opens the tap of an instance's interface while the instance
// listens, and closes it when none does.
func (l *loop) followListening(i *instance) {
	if i.listening == i.machine.Listening() || i.port == nil {
		return
	}
	i.listening = !i.listening
	p := i.port
	if i.listening {
		p.listeners++
		l.openTap(p)
		return
	}
	if p.listeners--; p.listeners == 0 {
		l.closeTap(p)
	}
}

// openTap opens a tap. Without it the instances know less, and go on.
func (l *loop) openTap(p *port) {
	if p.tap != nil || p.socket == nil || p.listeners == 0 {
		return
	}
	tap, err := l.sys.OpenTap(p.name, p.index)
	if err == nil {
		if err = l.poll.watch(tap.FD()); err != nil {
			tap.Close()
		}
	}
	if err != nil {
		if dropped, ok := p.untapped.allow(monotonic()); ok {
			l.log.Warn(fmt.Sprintf("%v: a packet filter that drops adverts goes unnoticed%s", err, andMore(dropped)))
		}
		return
	}
	p.tap = tap
	l.taps[tap.FD()] = p
}

// closeTap closes a tap beside the loop: the kernel takes its time.
func (l *loop) closeTap(p *port) {
	if p.tap == nil {
		return
	}
	delete(l.taps, p.tap.FD())
	l.poll.unwatch(p.tap.FD())
	tap := p.tap
	p.tap = nil
	l.closing.Go(func() { tap.Close() })
}

// drainTap reads what has come on a tap.
func (l *loop) drainTap(p *port) {
	for range tapAtMost {
		if p.tap == nil {
			return // what it had to say ended the listening
		}
		err := p.tap.Receive(&l.packet)
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ENETDOWN) {
			return
		}
		if err != nil {
			if dropped, ok := p.untapped.allow(monotonic()); ok {
				l.log.Warn(err.Error() + andMore(dropped))
			}
			return
		}
		l.overhear(p, &l.packet)
	}
}

// overhear hands a message to the instance that it is for, if it comes from one of
// the masters that the instance is to know of: by multicast from the interface's
// own networks, where the kernel lets their packets in (rp_filter), by unicast from
// its peers. From others the packet filter may well protect us.
func (l *loop) overhear(p *port, packet *netio.Packet) {
	msg := packet.Payload()
	if len(msg) < 2 {
		return
	}
	for _, i := range p.instances[msg[1]] {
		unicast := len(i.cfg.Peers) > 0
		if unicast && packet.Dst == i.machine.Source() && i.hasPeer(packet.Src) ||
			!unicast && packet.Dst == i.cfg.Group && l.isNeighbour(p.name, packet.Src) {
			l.hear(vrrp.Overheard, i, packet)
			return
		}
	}
}

// isNeighbour says whether an address is of a network that the interface is on,
// and not this host's.
func (l *loop) isNeighbour(ifname string, a netip.Addr) bool {
	return l.local[a] == 0 && slices.ContainsFunc(l.links[ifname].addrs, func(p netip.Prefix) bool { return p.Contains(a) })
}
