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

// An ifaceSocket is what an interface is heard with: the socket and, while it is
// wanted, the tap.
type ifaceSocket struct {
	name string
	// want is what the router wants by now.
	want *vrrp.Socket
	// socket is nil while it is not to be had; it is tried again then.
	socket   Socket
	index    int // of the interface that it is on
	joined   []netip.Addr
	tap      Tap
	retap    retap
	retrying bool

	unreadable, untapped limiter
}

// setSocket makes the socket of an interface what the router wants.
func (l *loop) setSocket(name string, want *vrrp.Socket) {
	s := l.sockets[name]
	if want == nil {
		if s != nil {
			l.closeSocket(s)
			delete(l.sockets, name)
		}
		return
	}
	if s == nil {
		s = &ifaceSocket{name: name}
		l.sockets[name] = s
	}
	if s.want != nil && s.want.Index != want.Index {
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
	opened := s.socket == nil
	if err := l.tryOpen(s); err != nil {
		l.socketFailed(s, err)
		return
	}
	if opened {
		l.follow(vrrp.RouterEvent{Kind: vrrp.SocketChanged, Interface: s.name, Index: s.index, Up: true})
	}
	l.followTap(s)
}

func (l *loop) tryOpen(s *ifaceSocket) error {
	if s.socket == nil {
		socket, err := l.sys.OpenSocket(s.name, s.want.Index)
		if err != nil {
			return err
		}
		if err := l.poll.watch(socket.FD()); err != nil {
			socket.Close()
			return err
		}
		s.socket, s.index, s.joined = socket, s.want.Index, nil
		l.byFD[socket.FD()] = s
	}
	for _, group := range s.joined {
		if !slices.Contains(s.want.Groups, group) {
			// An interface that is gone has left by itself.
			_ = s.socket.Leave(group)
		}
	}
	for _, group := range s.want.Groups {
		if slices.Contains(s.joined, group) {
			continue
		}
		if err := s.socket.Join(group); err != nil {
			return err
		}
	}
	s.joined = s.want.Groups
	return nil
}

// socketFailed gives a socket up for now: an instance that hears only half of what
// is sent must not take part.
func (l *loop) socketFailed(s *ifaceSocket, err error) {
	l.cannotStart(err)
	l.log.Error(fmt.Sprintf("%v; trying again every %v", err, retryAfter))
	l.closeSocket(s)
	l.follow(vrrp.RouterEvent{Kind: vrrp.SocketChanged, Interface: s.name, Index: s.want.Index})
	s.retrying = true
	want := s.want.Index
	time.AfterFunc(retryAfter, func() {
		l.tasks.post(func() {
			if l.sockets[s.name] == s && s.retrying && s.want.Index == want {
				s.retrying = false
				l.openSocket(s)
				l.handleFollowing()
			}
		})
	})
}

// closeSocket closes the socket; the interface may come back.
func (l *loop) closeSocket(s *ifaceSocket) {
	l.closeTap(s)
	if s.socket == nil {
		return
	}
	delete(l.byFD, s.socket.FD())
	l.poll.unwatch(s.socket.FD())
	s.socket.Close()
	s.socket = nil
}

func (l *loop) closeSockets() {
	for _, s := range l.sockets {
		l.closeSocket(s)
	}
}
