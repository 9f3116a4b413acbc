package vrrpd

import (
	"fmt"
	"net/netip"
)

// A port is an interface that instances run on, and the socket there. Without
// a socket the interface is not there, or could not be used.
type port struct {
	name      string
	index     int
	socket    Socket
	instances [256]*instance // by VRID
	groups    map[netip.Addr]int

	unreadable limiter
}

// attach puts an instance on its port and opens the socket if it can be opened.
func (l *loop) attach(i *instance) error {
	p := l.ports[i.cfg.Interface]
	if p == nil {
		p = &port{name: i.cfg.Interface, groups: map[netip.Addr]int{}}
		l.ports[p.name] = p
	}
	if other := p.instances[i.cfg.VRID]; other != nil {
		return fmt.Errorf("virtual_router_id %d is already in use on %s by %s", i.cfg.VRID, p.name, other.cfg.Name)
	}
	p.instances[i.cfg.VRID] = i
	i.port = p
	if len(i.cfg.Peers) == 0 {
		p.groups[i.cfg.Group]++
		if p.socket != nil && p.groups[i.cfg.Group] == 1 {
			return p.join(i.cfg.Group)
		}
	}
	return l.open(p)
}

// detach takes an instance off its port, and closes a port that nobody uses.
func (l *loop) detach(i *instance) {
	p := i.port
	i.port = nil
	p.instances[i.cfg.VRID] = nil
	if len(i.cfg.Peers) == 0 {
		if p.groups[i.cfg.Group]--; p.groups[i.cfg.Group] == 0 {
			delete(p.groups, i.cfg.Group)
			if p.socket != nil {
				// An interface that is gone has left by itself.
				_ = p.socket.Leave(i.cfg.Group)
			}
		}
	}
	for _, other := range p.instances {
		if other != nil {
			return
		}
	}
	l.closePort(p)
	delete(l.ports, p.name)
}

// open opens the socket of a port whose interface is there.
func (l *loop) open(p *port) error {
	state, ok := l.links[p.name]
	if p.socket != nil || !ok {
		return nil
	}
	s, err := l.sys.OpenSocket(p.name, state.index)
	if err != nil {
		return err
	}
	if err := l.poll.watch(s.FD()); err != nil {
		s.Close()
		return err
	}
	p.socket, p.index = s, state.index
	l.sockets[s.FD()] = p
	for group := range p.groups {
		if err := p.join(group); err != nil {
			return err
		}
	}
	return nil
}

func (p *port) join(group netip.Addr) error {
	if err := p.socket.Join(group); err != nil {
		return fmt.Errorf("join %v on %s: %w", group, p.name, err)
	}
	return nil
}

// closePort closes the socket; the interface may come back.
func (l *loop) closePort(p *port) {
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
