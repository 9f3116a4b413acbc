// Package link is what the kernel knows of network interfaces and their IPv4 and
// IPv6 addresses: reading it, putting virtual addresses there, and hearing of
// changes (rtnetlink(7)).
//
// What is opened belongs to the network namespace of the thread that opened it,
// whatever thread uses it later.
package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/nlconn"
)

// An Interface is one network interface.
type Interface struct {
	Index int
	Name  string
	// Up says that the interface is switched on and has a carrier (IFF_UP and
	// IFF_RUNNING).
	Up bool
	// MAC is empty where there is none.
	MAC net.HardwareAddr
	// MTU is the size of the largest packet in bytes.
	MTU int
	// Addrs are the IPv4 addresses and then the IPv6 ones, each in the kernel's
	// order: primary IPv4 addresses come before secondary ones, IPv6 ones of a wide
	// scope before those of a narrow one, new ones before old ones. An IPv6 address
	// that the kernel still looks for on the link, or that it found there, is not
	// among them: nothing can be sent from it.
	Addrs []netip.Prefix
}

// A Conn reads and changes interfaces. Its methods may be called from several
// goroutines, but take turns: give each that must not wait its own.
type Conn struct {
	nl   *nlconn.Conn
	ctrl *os.File // for ioctl(2)
}

// Open opens a connection to the kernel.
func Open() (*Conn, error) {
	c, err := nlconn.Dial(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("open a socket to find interfaces: %w", err)
	}
	return &Conn{nl: c, ctrl: os.NewFile(uintptr(fd), "control")}, nil
}

// Close closes the connection; what is under way fails.
func (c *Conn) Close() error { return errors.Join(c.nl.Close(), c.ctrl.Close()) }

// Interfaces returns all interfaces, in the order of their indices.
func (c *Conn) Interfaces(ctx context.Context) ([]Interface, error) {
	t, err := c.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return t.interfaces(), nil
}

// Addresses returns the addresses of all interfaces in the form in which
// AddAddresses takes them. Of one interface they are in the order of
// [Interface.Addrs].
func (c *Conn) Addresses(ctx context.Context) ([]iproute.Address, error) {
	t, err := c.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	var list []iproute.Address
	for _, n := range t.sorted() {
		for _, a := range n.addrs {
			va := iproute.Address{Prefix: a.prefix, Broadcast: a.broadcast, Device: n.name, Scope: a.scope}
			if a.label != n.name {
				va.Label = a.label
			}
			list = append(list, va)
		}
	}
	return list, nil
}

// snapshot reads the interfaces and then their addresses. An address whose
// interface came between the two is left out.
func (c *Conn) snapshot(ctx context.Context) (table, error) {
	t, err := c.dumpLinks(ctx)
	if err != nil {
		return nil, err
	}
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		addrs, err := c.dumpAddresses(ctx, family, 0)
		if err != nil {
			return nil, err
		}
		for _, a := range addrs {
			if n := t[a.index]; n != nil {
				n.addrs = append(n.addrs, a)
			}
		}
	}
	return t, nil
}

// dumpLinks reads the interfaces.
func (c *Conn) dumpLinks(ctx context.Context) (table, error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, 0)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	links, err := c.nl.Dump(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	t := table{}
	for _, b := range links {
		if l, ok := parseLink(b); ok {
			t[l.index] = &node{linkInfo: l}
		}
	}
	return t, nil
}

// dumpAddresses returns the addresses of one family of an interface, of all if index
// is 0, in the kernel's order. A kernel without IPv6 has none of that.
func (c *Conn) dumpAddresses(ctx context.Context, family, index int) ([]address, error) {
	req := nl.NewNetlinkRequest(unix.RTM_GETADDR, 0)
	msg := nl.NewIfAddrmsg(family)
	msg.Index = uint32(index) // heeded by strict sockets only
	req.AddData(msg)
	dump, err := c.nl.Dump(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	list := make([]address, 0, len(dump))
	for _, b := range dump {
		if a, ok := parseAddress(b); ok && (index == 0 || a.index == index) && a.ipv6() == (family == unix.AF_INET6) {
			list = append(list, a)
		}
	}
	return list, nil
}

// indexOf returns the index of the interface that has the name now. It asks by
// ioctl, which takes a tenth of the time that netlink does: a new master's first
// address waits for it.
func (c *Conn) indexOf(name string) (int, error) {
	req, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(int(c.ctrl.Fd()), unix.SIOCGIFINDEX, req)
	}
	if err != nil {
		return 0, fmt.Errorf("find interface %s: %w", name, err)
	}
	return int(req.Uint32()), nil
}

// Find returns the interface that has the name now, without its addresses.
func Find(ctx context.Context, name string) (Interface, error) {
	c, err := nlconn.Dial(unix.NETLINK_ROUTE)
	if err != nil {
		return Interface{}, err
	}
	defer c.Close()
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, 0)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	req.AddData(nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	answer, err := c.Query(ctx, req)
	if err != nil {
		return Interface{}, fmt.Errorf("find interface %s: %w", name, err)
	}
	for _, b := range answer {
		if l, ok := parseLink(b); ok {
			return l.exported(), nil
		}
	}
	return Interface{}, fmt.Errorf("find interface %s: %w", name, unix.ENODEV)
}
