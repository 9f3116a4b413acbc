package vrrpd

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

const (
	// drainAtMost bounds how many messages of one socket are read before the timers
	// get their turn: a flood must not stop our adverts.
	drainAtMost = 4096
	// tapAtMost bounds how many messages of a tap are read at a time. What a tap has
	// is of use only if there is little of it: one advert of a master is enough.
	tapAtMost = 256
)

// drain reads what has come on a socket or a tap.
func (l *loop) drain(fd int) {
	if p := l.byFD[fd]; p != nil {
		l.drainSocket(p)
	} else if s := l.tapByFD[fd]; s != nil {
		l.drainTap(s)
	}
}

func (l *loop) drainSocket(p *port) {
	s := p.iface
	for range drainAtMost {
		if p.socket == nil {
			return
		}
		switch err := p.socket.Receive(&l.packet); {
		case err == nil:
			l.coalescer.count++
			l.receive(vrrp.MessageReceived, s, &l.packet)
		case errors.Is(err, unix.EAGAIN):
			return
		default:
			// ENETDOWN is how a socket reports that its interface went down; the
			// monitor reports it as well.
			if errors.Is(err, unix.ENETDOWN) {
				return
			}
			if dropped, ok := s.unreadable.allow(monotonic()); ok {
				l.log.Warn(fmt.Sprintf("receive on %s: %v%s", s.name, err, andMore(dropped)))
			}
			return
		}
	}
}

func (l *loop) drainTap(s *ifaceSocket) {
	for range tapAtMost {
		if s.tap == nil {
			return // what it brought ended the listening
		}
		err := s.tap.Receive(&l.packet)
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ENETDOWN) {
			return
		}
		if err != nil {
			if dropped, ok := s.untapped.allow(monotonic()); ok {
				l.log.Warn(err.Error() + andMore(dropped))
			}
			return
		}
		l.receive(vrrp.MessageOverheard, s, &l.packet)
	}
}

// receive hands a message to the router, at the time at which it arrived.
func (l *loop) receive(kind vrrp.RouterEventKind, s *ifaceSocket, packet *netio.Packet) {
	if !l.router.Expects(s.name, s.ipv6, packet.Protocol, packet.Payload()) {
		if kind == vrrp.MessageReceived {
			l.logUnknown(s, packet)
		}
		return
	}
	l.handleAt(monotonic().Add(-packet.Age), vrrp.RouterEvent{
		Kind: kind, Interface: s.name, From: packet.Src, To: packet.Dst, TTL: packet.TTL, Message: packet.Payload(),
		Protocol: packet.Protocol, ID: packet.ID, Wall: time.Now(),
	})
}
