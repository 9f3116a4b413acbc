package netio

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/nlconn"
)

// A LinkEvent is what happened to an interface that is captured on.
type LinkEvent struct {
	Interface string
	State     LinkState
}

// LinkState is what an interface can be.
type LinkState uint8

// The states.
const (
	// LinkGone: it is not there any more. One of the same name may come.
	LinkGone LinkState = iota
	// LinkDown: nothing passes it.
	LinkDown
	LinkUp
)

// String is the state in one word.
func (s LinkState) String() string { return [...]string{"gone", "down", "up"}[s] }

// links are the interfaces that are captured on.
type links struct {
	heard  *nlconn.Listener // has something when an interface has changed
	handle *netlink.Handle
	byID   map[int]*link
	last   *link // of the frame before
}

type link struct {
	index int
	name  string
	state LinkState
}

func (l *links) open() (err error) {
	if l.handle, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	if l.heard, err = nlconn.Listen(unix.NETLINK_ROUTE, unix.RTMGRP_LINK, 0); err != nil {
		return fmt.Errorf("listen to changes of interfaces: %w", err)
	}
	return nil
}

func (l *links) close() {
	if l.handle != nil {
		l.handle.Close()
		l.handle = nil
	}
	if l.heard != nil {
		l.heard.Close()
		l.heard = nil
	}
}

// changed says whether an interface may have changed. What has is asked for
// afterwards: of many changes some messages may be lost.
func (l *links) changed() (yes bool) {
	for {
		_, err := l.heard.Receive()
		if err == unix.EAGAIN {
			return yes
		}
		yes = true
		if err != nil && err != unix.ENOBUFS {
			return yes
		}
	}
}

// of returns the interface with an index, nil if it is not captured on.
func (l *links) of(index int) *link {
	if l.last == nil || l.last.index != index {
		l.last = l.byID[index]
	}
	return l.last
}

// list asks for the interfaces that are wanted, all with no names.
func (l *links) list(names []string) (map[int]*link, error) {
	all, err := l.handle.LinkList()
	for tries := 0; errors.Is(err, netlink.ErrDumpInterrupted) && tries < 5; tries++ {
		all, err = l.handle.LinkList()
	}
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return nil, fmt.Errorf("list the interfaces: %w", err)
	}
	found := map[int]*link{}
	for _, i := range all {
		a := i.Attrs()
		if len(names) > 0 && !slices.Contains(names, a.Name) {
			continue
		}
		state := LinkDown
		if a.RawFlags&unix.IFF_UP != 0 && a.RawFlags&unix.IFF_RUNNING != 0 {
			state = LinkUp
		}
		found[a.Index] = &link{a.Index, a.Name, state}
	}
	return found, nil
}

// missing says which of the names no interface has.
func (l *links) missing(names []string) error {
	for _, name := range names {
		found := false
		for _, i := range l.byID {
			found = found || i.name == name
		}
		if found {
			continue
		}
		there, err := l.list(nil)
		if err != nil {
			return err
		}
		var others []string
		for _, i := range there {
			others = append(others, i.name)
		}
		slices.Sort(others)
		return fmt.Errorf("there is no interface %s, but %s: %w", name, strings.Join(others, ", "), unix.ENODEV)
	}
	return nil
}

// updateLinks captures on the interfaces that there are now, and tells of what
// has changed.
func (c *Capture) updateLinks(tell func(LinkEvent)) error {
	before := c.links.byID
	now, err := c.links.list(c.options.Interfaces)
	if err != nil {
		return err
	}
	if tell == nil {
		tell = func(LinkEvent) {}
	}
	var indexes []int
	for index := range now {
		indexes = append(indexes, index)
	}
	slices.Sort(indexes)
	var gone []int
	for index, was := range before {
		if is := now[index]; is == nil || is.name != was.name {
			gone = append(gone, index)
		}
	}
	slices.Sort(gone)
	c.links.byID, c.links.last = now, nil
	for _, index := range gone {
		tell(LinkEvent{before[index].name, LinkGone})
	}
	fresh := before == nil || len(gone) > 0
	for _, index := range indexes {
		was, is := before[index], now[index]
		if was == nil {
			fresh = true
			c.join(index)
		}
		if was == nil || was.state != is.state || was.name != is.name {
			tell(LinkEvent{is.name, is.state})
		}
	}
	if !fresh {
		return nil
	}
	return c.bind(indexes)
}

// join takes what the interface's hardware would keep from us. An interface
// that has gone again, or has nothing to set, is no error.
func (c *Capture) join(index int) {
	kind := unix.PACKET_MR_ALLMULTI // and not two groups: adverts can have any
	if c.options.Promiscuous {
		kind = unix.PACKET_MR_PROMISC
	}
	_ = unix.SetsockoptPacketMreq(c.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP,
		&unix.PacketMreq{Ifindex: int32(index), Type: uint16(kind)})
}

// bind receives the frames of the interfaces. For one alone the others' are not
// even filtered.
func (c *Capture) bind(indexes []int) error {
	const all = unix.ETH_P_ALL>>8 | unix.ETH_P_ALL<<8&0xffff // in network order
	to := &unix.SockaddrLinklayer{Protocol: all}
	var wanted []int
	if len(c.options.Interfaces) > 0 {
		if len(indexes) == 0 {
			return nil // until one comes, the socket has nothing
		}
		wanted = indexes
	}
	if len(c.options.Interfaces) == 1 {
		to.Ifindex = indexes[0]
	}
	if err := attach(c.fd, captureFilter(wanted)); err != nil {
		return fmt.Errorf("attach the filter: %w", err)
	}
	if err := unix.Bind(c.fd, to); err != nil && err != unix.ENODEV {
		return fmt.Errorf("bind: %w", err)
	}
	return nil
}
