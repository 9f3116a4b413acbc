package lab

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A Host is a machine on the lab's network: a namespace with an interface on
// one segment or more.
type Host struct {
	*Namespace
	Name string

	lab   *Lab
	ports []*Port
}

// A Port is a host's interface and the cable to its segment.
type Port struct {
	Interface string
	MAC       net.HardwareAddr

	host *Host
	seg  *Segment
	link netlink.Link // the host's end
	peer netlink.Link // the bridge's end
}

// Host makes a host whose first interface, named eth0, is on a segment with
// the given addresses ("198.51.100.11/24").
func (l *Lab) Host(name string, s *Segment, addrs ...string) *Host {
	l.t.Helper()
	return l.HostOn(name, s, "eth0", addrs...)
}

// HostOn is Host with a name for the first interface.
func (l *Lab) HostOn(name string, s *Segment, iface string, addrs ...string) *Host {
	l.t.Helper()
	h := &Host{Namespace: l.namespace(name), Name: name, lab: l}
	l.hosts = append(l.hosts, h)
	h.Sysctl("net/ipv4/conf/all/rp_filter", "0")
	h.Sysctl("net/ipv4/conf/default/rp_filter", "0")
	_ = h.Namespace.Sysctl("net/ipv6/conf/default/accept_dad", "0") // where there is IPv6
	h.Attach(s, iface, addrs...)
	return h
}

// Sysctl sets a value below /proc/sys in the host's namespace.
func (h *Host) Sysctl(name, value string) {
	h.lab.t.Helper()
	h.lab.check(h.Namespace.Sysctl(name, value), "%s: set %s to %s", h.Name, name, value)
}

// Attach gives the host one more interface on a segment.
func (h *Host) Attach(s *Segment, iface string, addrs ...string) *Port {
	l := h.lab
	l.t.Helper()
	p := &Port{Interface: iface, MAC: l.mac(0x01), host: h, seg: s}
	l.mu.Lock()
	l.names[p.MAC.String()] = h.Name
	l.mu.Unlock()

	attrs := netlink.NewLinkAttrs()
	attrs.Name = iface
	attrs.HardwareAddr = p.MAC
	attrs.TxQLen = 1000
	peer := h.Name + "." + iface
	peer = peer[:min(len(peer), unix.IFNAMSIZ-1)]
	veth := &netlink.Veth{LinkAttrs: attrs, PeerName: peer, PeerNamespace: netlink.NsFd(int(l.bridge.fd))}
	l.check(h.handle.LinkAdd(veth), "%s: make %s", h.Name, iface)
	var err error
	p.link, err = h.handle.LinkByName(iface)
	l.check(err, "%s: find %s", h.Name, iface)
	p.peer, err = l.bridge.handle.LinkByName(peer)
	l.check(err, "%s: find the bridge's end of %s", h.Name, iface)
	_ = l.bridge.Sysctl("net/ipv6/conf/"+peer+"/disable_ipv6", "1")
	l.check(l.bridge.handle.LinkSetMaster(p.peer, s.bridge), "%s: plug %s in", h.Name, iface)
	l.check(l.bridge.handle.LinkSetUp(p.peer), "%s: set the bridge's end of %s up", h.Name, iface)
	l.check(h.handle.LinkSetUp(p.link), "%s: set %s up", h.Name, iface)
	h.ports = append(h.ports, p)
	for _, a := range addrs {
		h.AddAddr(iface, a)
	}
	Eventually(l.t, 5*time.Second, "carrier on "+iface, func() bool {
		link, err := h.handle.LinkByName(iface)
		return err == nil && link.Attrs().OperState == netlink.OperUp
	})
	return p
}

// Ports are the host's interfaces in the order they were made.
func (h *Host) Ports() []*Port { return slices.Clone(h.ports) }

// Port is the host's first interface.
func (h *Host) Port() *Port { return h.ports[0] }

// AddAddr gives an interface an address.
func (h *Host) AddAddr(iface, addr string) {
	h.lab.t.Helper()
	link, err := h.handle.LinkByName(iface)
	h.lab.check(err, "%s: find %s", h.Name, iface)
	a, err := netlink.ParseAddr(addr)
	h.lab.check(err, "%s: address %s", h.Name, addr)
	if a.IP.To4() == nil {
		a.Flags = unix.IFA_F_NODAD
	}
	h.lab.check(h.handle.AddrAdd(link, a), "%s: add %s to %s", h.Name, addr, iface)
}

// DelAddr takes an address off an interface.
func (h *Host) DelAddr(iface, addr string) {
	h.lab.t.Helper()
	link, err := h.handle.LinkByName(iface)
	h.lab.check(err, "%s: find %s", h.Name, iface)
	a, err := netlink.ParseAddr(addr)
	h.lab.check(err, "%s: address %s", h.Name, addr)
	h.lab.check(h.handle.AddrDel(link, a), "%s: remove %s from %s", h.Name, addr, iface)
}

// Route adds a route ("0.0.0.0/0") by a gateway, or over an interface if the
// gateway is the zero Addr.
func (h *Host) Route(dst string, via netip.Addr, iface string) {
	h.lab.t.Helper()
	_, to, err := net.ParseCIDR(dst)
	h.lab.check(err, "%s: route %s", h.Name, dst)
	r := &netlink.Route{Dst: to}
	if via.IsValid() {
		r.Gw = via.AsSlice()
	} else {
		link, err := h.handle.LinkByName(iface)
		h.lab.check(err, "%s: find %s", h.Name, iface)
		r.LinkIndex = link.Attrs().Index
		r.Scope = netlink.SCOPE_LINK
	}
	h.lab.check(h.handle.RouteReplace(r), "%s: add route %s", h.Name, dst)
}

// Addrs are the addresses of all the host's interfaces.
func (h *Host) Addrs() []netip.Addr {
	h.lab.t.Helper()
	list, err := h.handle.AddrList(nil, netlink.FAMILY_ALL)
	h.lab.check(err, "%s: list addresses", h.Name)
	var out []netip.Addr
	for _, a := range list {
		if ip, ok := netip.AddrFromSlice(a.IP); ok {
			out = append(out, ip.Unmap())
		}
	}
	return out
}

// HasAddr tells whether one of the host's interfaces has an address.
func (h *Host) HasAddr(a netip.Addr) bool {
	h.lab.t.Helper()
	return slices.Contains(h.Addrs(), a)
}

// Neighbour is the hardware address under which the host knows a neighbour, or empty.
func (h *Host) Neighbour(a netip.Addr) string {
	h.lab.t.Helper()
	family := netlink.FAMILY_V4
	if a.Is6() {
		family = netlink.FAMILY_V6
	}
	list, err := h.handle.NeighList(0, family)
	h.lab.check(err, "%s: list neighbours", h.Name)
	for _, n := range list {
		if ip, ok := netip.AddrFromSlice(n.IP); ok && ip.Unmap() == a.WithZone("") && len(n.HardwareAddr) > 0 {
			return n.HardwareAddr.String()
		}
	}
	return ""
}

// Dial connects from the host; laddr may be the zero Addr.
func (h *Host) Dial(ctx context.Context, network string, laddr netip.Addr, to netip.AddrPort) (net.Conn, error) {
	var conn net.Conn
	err := h.Do(func() error {
		d := net.Dialer{FallbackDelay: -1}
		if laddr.IsValid() && network == "tcp" {
			d.LocalAddr = &net.TCPAddr{IP: laddr.AsSlice()}
		} else if laddr.IsValid() {
			d.LocalAddr = &net.UDPAddr{IP: laddr.AsSlice()}
		}
		var err error
		conn, err = d.DialContext(ctx, network, to.String())
		return err
	})
	return conn, err
}

// Listen opens a listening stream socket on the host.
func (h *Host) Listen(addr string) (net.Listener, error) {
	var l net.Listener
	err := h.Do(func() error {
		var err error
		l, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
		return err
	})
	return l, err
}
