package vrrpd

import (
	"context"
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/firewall"
	"github.com/kactl/kactl/pkg/link"
	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/netstate"
)

// Linux is the machine that the process runs on, in the network namespace of
// the threads that open its parts.
type Linux struct{}

// OpenSocket implements System.
func (Linux) OpenSocket(ifname string, ifindex int, ipv6, ah bool) (Socket, error) {
	if ipv6 {
		s, err := netio.OpenVRRP6(ifname, ifindex)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	s, err := netio.OpenVRRP4(ifname, ifindex, ah)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// OpenSender implements System.
func (Linux) OpenSender(ifname string, ifindex int, ipv6, ah bool) (Socket, error) {
	if ipv6 {
		s, err := netio.OpenVRRP6Sender(ifname, ifindex)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	s, err := netio.OpenVRRP4Sender(ifname, ifindex, ah)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// OpenTap implements System.
func (Linux) OpenTap(ifname string, ifindex int, ipv6 bool) (Tap, error) {
	t, err := netio.OpenTap(ifname, ifindex, ipv6)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// OpenRoutes implements System.
func (Linux) OpenRoutes() (Routes, error) {
	c, err := link.Open()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// OpenAnnouncer implements netstate.System.
func (Linux) OpenAnnouncer(ifname string) (netstate.Announcer, error) {
	i, err := link.Find(context.Background(), ifname)
	if err != nil {
		return nil, fmt.Errorf("open %s to announce addresses: %w", ifname, err)
	}
	a, err := netio.OpenAnnouncer(i.Name, i.Index, i.MAC)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// OpenAddresses implements netstate.System.
func (Linux) OpenAddresses() (netstate.Addresses, error) {
	c, err := link.Open()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// SetSysctl implements System.
func (Linux) SetSysctl(path, value string) (before string, err error) {
	return link.SetSysctl(path, value)
}

// Uptime implements System.
func (Linux) Uptime() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return math.MaxInt64 // as if long ago
	}
	return time.Duration(t.Nano())
}

// OpenTables implements netstate.System.
func (Linux) OpenTables() (netstate.Tables, error) {
	c, err := link.Open()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// OpenFilter implements netstate.System.
func (Linux) OpenFilter() (netstate.Filter, error) { return firewall.Open(), nil }

// OpenLinks implements System.
func (Linux) OpenLinks() (Links, error) {
	m, err := link.OpenMonitor(context.Background())
	if err != nil {
		return nil, err
	}
	return linuxLinks{m}, nil
}

// linuxLinks turns the monitor's changes into states.
type linuxLinks struct{ monitor *link.Monitor }

func (l linuxLinks) Run(ctx context.Context, report func(Link)) error {
	for _, i := range l.monitor.Interfaces() {
		report(stateOf(i))
	}
	report(Link{Synced: true})
	return l.monitor.Run(ctx, func(e link.Event) { report(linkOf(e)) })
}

func linkOf(e link.Event) Link {
	k := stateOf(e.Interface)
	switch e.Kind {
	case link.LinkRemoved:
		k.Gone = true
	case link.AddressAdded:
		k.Grown = true
	case link.AddressRemoved:
		k.Lost, k.WithPrimary = e.Addr, e.WithPrimary
	case link.RouteRemoved:
		k.Route = &e.Route
	case link.RuleRemoved:
		k.Rule = &e.Rule
	}
	return k
}

func stateOf(i link.Interface) Link {
	return Link{Name: i.Name, Index: i.Index, Up: i.Up, MAC: string(i.MAC), MTU: i.MTU, Addrs: i.Addrs}
}

func (l linuxLinks) Close() error { return l.monitor.Close() }
