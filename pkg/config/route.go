package config

import (
	"net/netip"
	"strings"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/syntax"
)

const routeSynopsis = "[TYPE] DESTINATION [via ADDRESS] [dev INTERFACE] [table TABLE] [src ADDRESS] [metric NUMBER], and more"

// route is a route that is being read.
type route struct {
	iproute.Route
	family int  // 4 or 6; 0 is not known yet
	known  bool // has a destination
	inet6  bool
}

func (d *decoder) virtualRoutes(k *Keyword, s *syntax.Statement) {
	for _, l := range s.Body() {
		if r, ok := d.readRoute(k, l); ok {
			d.instance.Routes = append(d.instance.Routes, r)
		}
	}
}

// readRoute reads one line. It reports false if keepalived drops it.
func (d *decoder) readRoute(k *Keyword, l *syntax.Statement) (iproute.Route, bool) {
	r := &route{Route: iproute.Route{Type: "unicast", Order: "prepend", Protocol: iproute.Protocol}}
	d.route = r
	c := &cursor{line: l, what: "route", stops: true}
	if !d.words(k, c, func(c *cursor) bool { return d.routeDestination(k, c) }) {
		return r.Route, false
	}
	switch {
	case !r.known:
		d.fault("address", l.Range(), "the route has no destination; keepalived drops it")
		return r.Route, false
	case r.inet6 && r.family == 4:
		d.fault("address-family", l.Range(), "inet6 in a route of IPv4 addresses; keepalived drops it")
		return r.Route, false
	}
	d.finishRoute(r, l)
	d.place(l.AtName(), k.Name, l.Name())
	return r.Route, true
}

func (d *decoder) finishRoute(r *route, l *syntax.Statement) {
	if !r.Destination.IsValid() { // "default"
		r.Destination = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		if r.family == 6 || r.inet6 {
			r.Destination = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		}
	}
	if r.NoTrack {
		return
	}
	if r.Protocol != iproute.Protocol {
		d.fault("protocol", l.Range(), "a route of another protocol cannot be tracked; keepalived resets the protocol").Hint = "write no_track"
		r.Protocol = iproute.Protocol
	}
	if r.Device == "" {
		d.fault("no-track", l.Range(), "keepalived does not track a route without dev; kactl does").Hint = "write dev INTERFACE, or no_track"
	}
}

// routeDestination takes a word that is no keyword for the destination.
func (d *decoder) routeDestination(k *Keyword, c *cursor) bool {
	c.next--
	text := c.peek()
	if addr, _, _ := strings.Cut(text, "/"); !wholeRoute(text) {
		if _, ok := address(addr); !ok {
			c.next++
			d.fault("extra-words", c.at(), "%q is neither an address nor a word of a route; keepalived drops the route", clip(text)).Hint = wordHint(k, text)
			return false
		}
	}
	return d.destination(c)
}

// wholeRoute reports whether text is a destination that stands for all.
func wholeRoute(text string) bool {
	return text == "default" || text == "any" || text == "all" || text == "default6"
}

// destination reads where the route leads to.
func (d *decoder) destination(c *cursor) bool {
	text, r := c.take(), d.route
	r.known = true
	switch {
	case text == "default6":
		r.Destination = netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	case wholeRoute(text):
		r.Destination = netip.Prefix{} // its family is that of the other addresses
		return true
	default:
		addr, _, _ := strings.Cut(text, "/")
		if _, ok := address(addr); !ok {
			return d.drop(c, "address", "%s is not an IP address", clip(text))
		}
		r.Destination = d.prefix(c, text)
	}
	return d.routeFamily(c, r.Destination.Addr())
}

// prefix reads an address with or without a mask; address has found the address
// good.
func (d *decoder) prefix(c *cursor, text string) netip.Prefix {
	text, mask, masked := strings.Cut(text, "/")
	a, _ := address(text)
	bits := a.BitLen()
	if masked {
		bits = d.mask(c.at(), mask, bits)
	}
	return netip.PrefixFrom(a, bits)
}

// routeFamily notes the family of a. It reports false if it is not that of the
// addresses before.
func (d *decoder) routeFamily(c *cursor, a netip.Addr) bool {
	n := 4
	if a.Is6() {
		n = 6
	}
	if d.route.family != 0 && d.route.family != n {
		return d.drop(c, "address-family", "the route mixes IPv4 and IPv6")
	}
	d.route.family = n
	return true
}

// takeAddress reads an address of the route's family, with inet or inet6 before
// it or not.
func (d *decoder) takeAddress(c *cursor) (netip.Addr, bool) {
	text := c.take()
	if (text == "inet" || text == "inet6") && c.more() {
		text = c.take()
	}
	a, ok := address(text)
	if !ok {
		return a, d.drop(c, "address", "%s is not an IP address", clip(text))
	}
	return a, d.routeFamily(c, a)
}
