package vrrpd

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// retryAfter is the time after which a socket that could not be opened, or not
// be used, is tried again.
const retryAfter = 5 * time.Second

// A socketKey says what a socket is for: an interface, and IPv4 or IPv6.
type socketKey struct {
	name string
	ipv6 bool
}

// An ifaceSocket is what an interface is heard with over one family: the sockets and,
// while it is wanted, the tap.
type ifaceSocket struct {
	socketKey
	// want is what the router wants by now.
	want  *vrrp.Socket
	index int // of the interface that they are on
	// plain is the socket for plain adverts, ah that for those in authentication
	// headers, if there are to be any. All are open or none: they are tried again
	// together.
	plain, ah port
	tap       Tap
	retap     retap
	retrying  bool

	unreadable, untapped limiter
}

// A port is one socket of an interface.
type port struct {
	iface  *ifaceSocket
	socket Socket // nil while it is not open
	joined []netip.Addr
}

// setSocket makes the socket of an interface what the router wants.
func (l *loop) setSocket(key socketKey, want *vrrp.Socket) {
	s := l.sockets[key]
	if want == nil {
		if s != nil {
			l.closeSocket(s)
			delete(l.sockets, key)
		}
		return
	}
	if s == nil {
		s = &ifaceSocket{socketKey: key}
		s.plain.iface, s.ah.iface = s, s
		l.sockets[key] = s
	}
	if s.want != nil && (s.want.Index != want.Index || s.want.Send != want.Send) {
		l.closeSocket(s)
		s.retrying = false // that was about another interface
	}
	s.want = want
	if !s.retrying {
		l.openSocket(s)
	}
}

// openSocket opens a socket, or follows what is wanted of one that is open.
func (l *loop) openSocket(s *ifaceSocket) {
	opened := s.plain.socket == nil
	if err := l.tryOpen(s); err != nil {
		l.socketFailed(s, err)
		return
	}
	if opened {
		l.follow(vrrp.RouterEvent{Kind: vrrp.SocketChanged, Interface: s.name, IPv6: s.ipv6, Index: s.index, Up: true})
	}
	l.followTap(s)
}

func (l *loop) tryOpen(s *ifaceSocket) error {
	s.index = s.want.Index
	if err := l.tryPort(&s.plain, false); err != nil {
		return err
	}
	if !s.want.AH {
		l.closePort(&s.ah)
		return nil
	}
	return l.tryPort(&s.ah, true)
}

// tryPort opens a socket that is not open, and makes its groups those that are wanted.
func (l *loop) tryPort(p *port, ah bool) error {
	s := p.iface
	if p.socket == nil {
		open := l.sys.OpenSocket
		if s.want.Send {
			open = l.sys.OpenSender
		}
		socket, err := open(s.name, s.want.Index, s.ipv6, ah)
		if err != nil {
			return err
		}
		if fd := socket.FD(); fd >= 0 {
			if err := l.poll.watch(fd); err != nil {
				socket.Close()
				return err
			}
			l.byFD[fd] = p
		}
		p.socket, p.joined = socket, nil
	}
	for _, group := range p.joined {
		if !slices.Contains(s.want.Groups, group) {
			// An interface that is gone has left by itself.
			_ = p.socket.Leave(group)
		}
	}
	for _, group := range s.want.Groups {
		if slices.Contains(p.joined, group) {
			continue
		}
		if err := p.socket.Join(group); err != nil {
			return err
		}
	}
	p.joined = s.want.Groups
	return nil
}

// socketFailed gives a socket up for now: an instance that hears only half of what
// is sent must not take part.
func (l *loop) socketFailed(s *ifaceSocket, err error) {
	l.cannotStart(err)
	l.log.Error(fmt.Sprintf("%v; trying again every %v", err, retryAfter))
	l.closeSocket(s)
	l.follow(vrrp.RouterEvent{Kind: vrrp.SocketChanged, Interface: s.name, IPv6: s.ipv6, Index: s.want.Index})
	s.retrying = true
	want := s.want.Index
	time.AfterFunc(retryAfter, func() {
		l.tasks.post(func() {
			if l.sockets[s.socketKey] == s && s.retrying && s.want.Index == want {
				s.retrying = false
				l.openSocket(s)
				l.handleFollowing()
			}
		})
	})
}

// closeSocket closes the sockets; the interface may come back.
func (l *loop) closeSocket(s *ifaceSocket) {
	l.closeTap(s)
	l.closePort(&s.plain)
	l.closePort(&s.ah)
}

func (l *loop) closePort(p *port) {
	if p.socket == nil {
		return
	}
	if fd := p.socket.FD(); fd >= 0 {
		delete(l.byFD, fd)
		l.poll.unwatch(fd)
	}
	p.socket.Close()
	p.socket = nil
}

func (l *loop) closeSockets() {
	for _, s := range l.sockets {
		l.closeSocket(s)
	}
}
