package vrrpd

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// retryAfter is the time after which a socket that could not be opened, or not
// be used, is tried again.
const retryAfter = 5 * time.Second

// A port is an interface that instances run on, and the socket there.
type port struct {
	name  string
	index int
	// socket is nil while the interface is not there or the port is failing.
	socket Socket
	// failing says that the interface is there but the socket is not to be
	// had. For the instances that is as good as an interface that is down.
	failing   bool
	retrying  bool
	instances [256][]*instance // by VRID
	groups    map[netip.Addr]int
	// tap is open while any of the instances listens, as far as it can be had.
	tap       Tap
	listeners int

	unreadable, untapped limiter
}

// attach puts an instance on its port.
func (l *loop) attach(i *instance) {
	p := l.ports[i.cfg.Interface]
	if p == nil {
		p = &port{name: i.cfg.Interface, groups: map[netip.Addr]int{}}
		l.ports[p.name] = p
	}
	p.instances[i.cfg.VRID] = append(p.instances[i.cfg.VRID], i)
	i.port = p
	if len(i.cfg.Peers) == 0 {
		if p.groups[i.cfg.Group]++; p.groups[i.cfg.Group] == 1 && p.socket != nil {
			if err := p.socket.Join(i.cfg.Group); err != nil {
				l.fail(p, err)
			}
		}
	}
	l.open(p)
}

// detach takes an instance off its port, and closes a port that nobody uses.
func (l *loop) detach(i *instance) {
	p := i.port
	if i.listening {
		i.listening = false
		if p.listeners--; p.listeners == 0 {
			l.closeTap(p)
		}
	}
	i.port = nil
	same := p.instances[i.cfg.VRID]
	p.instances[i.cfg.VRID] = slices.DeleteFunc(same, func(o *instance) bool { return o == i })
	if len(i.cfg.Peers) == 0 {
		if p.groups[i.cfg.Group]--; p.groups[i.cfg.Group] == 0 {
			delete(p.groups, i.cfg.Group)
			if p.socket != nil {
				// An interface that is gone has left by itself.
				_ = p.socket.Leave(i.cfg.Group)
			}
		}
	}
	if slices.ContainsFunc(p.instances[:], func(on []*instance) bool { return len(on) > 0 }) {
		return
	}
	l.closePort(p)
	delete(l.ports, p.name)
}

// open opens the socket of a port whose interface is there.
func (l *loop) open(p *port) {
	state, ok := l.links[p.name]
	if p.socket != nil || !ok {
		return
	}
	s, err := l.sys.OpenSocket(p.name, state.index)
	if err != nil {
		l.fail(p, err)
		return
	}
	if err := l.poll.watch(s.FD()); err != nil {
		s.Close()
		l.fail(p, err)
		return
	}
	p.socket, p.index = s, state.index
	l.sockets[s.FD()] = p
	for group := range p.groups {
		if err := s.Join(group); err != nil {
			l.fail(p, err)
			return
		}
	}
	p.failing = false
	l.openTap(p)
}

// fail gives the socket of a port up for now: an instance that hears only half
// of what is said must not take part.
func (l *loop) fail(p *port, err error) {
	l.cannotStart(err)
	l.log.Error(fmt.Sprintf("%v; trying again every %v", err, retryAfter))
	l.closePort(p)
	p.failing = true
	if p.retrying {
		return
	}
	p.retrying = true
	time.AfterFunc(retryAfter, func() {
		l.mail.post(func() {
			p.retrying = false
			if l.ports[p.name] == p && p.failing {
				l.open(p)
				l.linkChanged(p.name)
			}
		})
	})
}

// closePort closes the socket; the interface may come back.
func (l *loop) closePort(p *port) {
	p.failing = false
	l.closeTap(p)
	if p.socket == nil {
		return
	}
	delete(l.sockets, p.socket.FD())
	l.poll.unwatch(p.socket.FD())
	p.socket.Close()
	p.socket = nil
}

func (l *loop) closePorts() {
	for _, p := range l.ports {
		l.closePort(p)
	}
}
