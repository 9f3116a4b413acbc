package config

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/syntax"
)

// connection is where a check connects to and from.
type connection struct {
	// target is what connect_ip must be like: the real server's address. It is
	// invalid where that is not known.
	target      netip.Addr
	connectIP   netip.Addr
	connectPort uint16
	bind        netip.AddrPort
	device      string
	mark        uint32
}

// to is where c connects to instead of otherwise.
func (c *connection) to(otherwise netip.AddrPort) netip.AddrPort {
	ip, port := otherwise.Addr(), otherwise.Port()
	if c.connectIP.IsValid() {
		ip = c.connectIP
	}
	if c.connectPort != 0 {
		port = c.connectPort
	}
	return netip.AddrPortFrom(ip, port)
}

// peer is the address that c is known to connect to.
func (c *connection) peer() netip.Addr {
	if c.connectIP.IsValid() {
		return c.connectIP
	}
	return c.target
}

// connectKeywords are those of every check that connects.
func connectKeywords() []Keyword {
	return append([]Keyword{
		{Name: "connect_ip", Args: "ADDRESS", Need: 1, Default: "the real server's", Effect: true, decode: (*decoder).connectIP,
			Doc: "address to connect to"},
		{Name: "connect_port", Args: "PORT", Need: 1, Default: "the real server's", Limits: ports, Effect: true, decode: (*decoder).connectPort,
			Doc: "port to connect to"},
		{Name: "bindto", Args: "ADDRESS", Need: 1, Effect: true, decode: (*decoder).bindTo,
			Doc: "address to connect from"},
		{Name: "bind_port", Args: "PORT", Need: 1, Limits: ports, Effect: true, decode: (*decoder).bindPort,
			Doc: "port to connect from"},
		{Name: "bind_if", Args: "INTERFACE", Need: 1, decode: func(d *decoder, _ *Keyword, s *syntax.Statement) { d.connection.device = s.Arg(0) },
			Doc: "interface to connect through, needed for link-local addresses", Instead: "the check goes the way of the routes, and one of a link-local address fails"},
		{Name: "fwmark", Args: "NUMBER", Need: 1, Default: "0", Limits: marks, Effect: true, decode: (*decoder).connectMark,
			Doc: "firewall mark of what the check sends"},
	}, checkOptions()...)
}

// checkLinkLocal reports a target that needs an interface and has none.
func (d *decoder) checkLinkLocal(c *connection, s *syntax.Statement) {
	a := c.peer()
	if a.Is6() && a.IsLinkLocalUnicast() && c.device == "" {
		d.fault("address", d.endOf(s), "link local address %s needs bind_if", a)
	}
}

func (d *decoder) checkAddress(k *Keyword, s *syntax.Statement) (netip.Addr, bool) {
	a, ok := d.hostAddress(s.AtArg(0), k.Name, s.Arg(0))
	if !ok {
		d.fault("address", s.AtArg(0), "%s is not an IP address; keepalived ignores %s", clip(s.Arg(0)), k.Name)
	}
	return a, ok
}

// sameFamily reports a that is of another family than other, if there is one.
func (d *decoder) sameFamily(k *Keyword, s *syntax.Statement, a, other netip.Addr) bool {
	if other.IsValid() && a.Is4() != other.Is4() {
		d.fault("address-family", s.AtArg(0), "%s %s and %s, the other end, are of different families; keepalived ignores %s", k.Name, a, other, k.Name)
		return false
	}
	return true
}

func (d *decoder) connectIP(k *Keyword, s *syntax.Statement) {
	c := d.connection
	if a, ok := d.checkAddress(k, s); ok && d.sameFamily(k, s, a, c.bind.Addr()) {
		c.connectIP = a
	}
}

func (d *decoder) connectPort(k *Keyword, s *syntax.Statement) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.connection.connectPort = uint16(n)
	}
}

func (d *decoder) bindTo(k *Keyword, s *syntax.Statement) {
	c := d.connection
	if a, ok := d.checkAddress(k, s); ok && d.sameFamily(k, s, a, c.peer()) {
		c.bind = netip.AddrPortFrom(a, c.bind.Port())
	}
}

func (d *decoder) bindPort(k *Keyword, s *syntax.Statement) {
	c := d.connection
	if n, ok := d.integer(k, s, "ignores it"); ok {
		c.bind = netip.AddrPortFrom(c.bind.Addr(), uint16(n))
	}
}

func (d *decoder) connectMark(k *Keyword, s *syntax.Statement) {
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.connection.mark = uint32(n)
	}
}
