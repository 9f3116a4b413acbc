package vrrpd

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/kactl/kactl/pkg/link"
	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Linux is the machine that the process runs on, in the network namespace of
// the threads that open its parts.
type Linux struct{}

// OpenSocket implements System.
func (Linux) OpenSocket(ifname string, ifindex int) (Socket, error) {
	s, err := netio.OpenVRRP4(ifname, ifindex)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// OpenAnnouncer implements System.
func (Linux) OpenAnnouncer(ifname string) (Announcer, error) {
	i, err := net.InterfaceByName(ifname)
	if err != nil {
		return nil, fmt.Errorf("open %s for gratuitous ARP: %w", ifname, err)
	}
	a, err := netio.OpenARP(i.Name, i.Index, i.HardwareAddr)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// OpenAddresses implements System.
func (Linux) OpenAddresses() (Addresses, error) {
	c, err := link.Open()
	if err != nil {
		return nil, err
	}
	return linuxAddresses{c}, nil
}

// OpenLinks implements System.
func (Linux) OpenLinks() (Links, error) {
	m, err := link.OpenMonitor(context.Background())
	if err != nil {
		return nil, err
	}
	return &linuxLinks{monitor: m, links: map[int]Link{}}, nil
}

type linuxAddresses struct{ conn *link.Conn }

func (a linuxAddresses) AddAddresses(ctx context.Context, addrs []vrrp.Address, ack func(int, error)) error {
	return a.conn.AddAddresses(ctx, addrs, func(i int, _ bool, err error) { ack(i, err) })
}

func (a linuxAddresses) RemoveAddresses(ctx context.Context, addrs []vrrp.Address, ack func(int, error)) error {
	return a.conn.RemoveAddresses(ctx, addrs, func(i int, _ bool, err error) { ack(i, err) })
}

func (a linuxAddresses) Close() error { return a.conn.Close() }

// linuxLinks turns the monitor's changes into states.
type linuxLinks struct {
	monitor *link.Monitor
	links   map[int]Link // by index
}

func (l *linuxLinks) Run(ctx context.Context, report func(Link)) error {
	for _, i := range l.monitor.Interfaces() {
		report(l.state(i, i.Addrs))
	}
	report(Link{Synced: true})
	return l.monitor.Run(ctx, func(e link.Event) { report(l.follow(e)) })
}

// follow returns the state after a change.
func (l *linuxLinks) follow(e link.Event) Link {
	addrs := l.links[e.Interface.Index].Addrs
	switch e.Kind {
	case link.LinkRemoved:
		delete(l.links, e.Interface.Index)
		return Link{Name: e.Interface.Name, Index: e.Interface.Index, Gone: true}
	case link.LinkAdded:
		addrs = e.Interface.Addrs
	case link.AddressAdded:
		addrs = append(without(addrs, e.Addr), e.Addr)
	case link.AddressRemoved:
		addrs = without(addrs, e.Addr)
	}
	return l.state(e.Interface, addrs)
}

func (l *linuxLinks) state(i link.Interface, addrs []netip.Prefix) Link {
	k := Link{Name: i.Name, Index: i.Index, Up: i.Up, MAC: string(i.MAC), Addrs: addrs}
	l.links[i.Index] = k
	return k
}

// without returns a new list that lacks addr: the old one may still be read on
// the loop's thread.
func without(addrs []netip.Prefix, addr netip.Prefix) []netip.Prefix {
	rest := make([]netip.Prefix, 0, len(addrs)+1)
	for _, a := range addrs {
		if a != addr {
			rest = append(rest, a)
		}
	}
	return rest
}

func (l *linuxLinks) Close() error { return l.monitor.Close() }
