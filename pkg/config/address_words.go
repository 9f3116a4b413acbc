package config

import (
	"net/netip"
	"time"
)

// maxLabel is the longest interface label (IFNAMSIZ less its NUL).
const maxLabel = 15

// scopes are the kernel's numbers for the names of rt_scopes.
var scopes = map[string]uint8{"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}

const scopeArgs = "global|site|link|host|nowhere|NUMBER"

// addressWords are those behind an address. Static ones and those of an
// instance differ in what they depend on.
func addressWords(static bool) []Keyword {
	effective := func(k Keyword) Keyword { k.Effect = true; return k }
	ks := []Keyword{
		effective(Keyword{Name: "dev", Args: "INTERFACE", Need: 1, Default: "the instance's interface", word: (*decoder).addressDevice,
			Doc: "interface to put the address on"}),
		effective(Keyword{Name: "scope", Args: scopeArgs, Need: 1, Default: "global", Limits: whole(0, 255), word: (*decoder).addressScope,
			Doc: "how far the address is valid; IPv4 only"}),
		effective(Keyword{Name: "label", Args: "LABEL", Need: 1, word: (*decoder).addressLabel,
			Doc: "name of the alias, 15 characters at most; IPv4 only"}),
		effective(Keyword{Name: "brd", Args: "ADDRESS|+|-", Need: 1, word: (*decoder).addressBroadcast,
			Doc: "broadcast address; + sets and - clears the bits behind the mask"}),
		effective(Keyword{Name: "broadcast", Args: "ADDRESS|+|-", Need: 1, word: (*decoder).addressBroadcast,
			Doc: "the same as brd"}),
		{Name: "peer", Args: "ADDRESS", Need: 1, word: (*decoder).addressPeer,
			Doc: "other end of a point-to-point link, instead of a mask"},
		effective(Keyword{Name: "preferred_lft", Args: "SECONDS|forever", Need: 1, Default: "forever, or 0 for a mask of 128 bits", Unit: "s", Limits: whole(0, 4294967295), word: (*decoder).addressLifetime,
			Doc: "time that the address is preferred as source; IPv6 only"}),
		effective(wordFlag("home", "home address of mobile IPv6", func(d *decoder) { d.address.Home = true })),
		effective(wordFlag("-nodad", "look for the address on the link before it is used", func(d *decoder) { d.address.DAD = true })),
		effective(wordFlag("mngtmpaddr", "let the kernel make temporary addresses of it", func(d *decoder) { d.address.ManageTemporary = true })),
		effective(wordFlag("noprefixroute", "add no route to the network of the address", func(d *decoder) { d.address.NoPrefixRoute = true })),
		wordFlag("autojoin", "join a multicast group on the link", func(d *decoder) { d.address.AutoJoin = true }),
		effective(wordFlag("no_track", "go on when somebody else deletes the address", func(d *decoder) { d.address.NoTrack = true })),
	}
	if static {
		return append(ks, Keyword{Name: "track_group", Args: "GROUP", Need: 1, Effect: true, word: func(d *decoder, _ *Keyword, c *cursor) bool {
			d.address.TrackGroup = d.trackGroupNamed(c)
			return true
		}, Doc: "track_group whose instances depend on the address"})
	}
	return append(ks, effective(wordFlag("use_vmac", "put the address on a VMAC on its device", func(d *decoder) { d.address.VMAC = true })))
}

func (d *decoder) addressDevice(_ *Keyword, c *cursor) bool {
	value := c.take()
	if d.address.Device != "" {
		return d.drop(c, "duplicate-keyword", "dev is given twice")
	}
	d.address.Device = value
	d.interfaceExists(c.at(), value)
	return true
}

func (d *decoder) addressLabel(_ *Keyword, c *cursor) bool {
	value := c.take()
	switch {
	case d.address.Prefix.Addr().Is6():
		d.fault("label", c.at(), "an IPv6 address has no label; keepalived ignores it")
	case len(value) > maxLabel:
		return d.drop(c, "label", "label is longer than %d characters", maxLabel)
	default:
		d.address.Label = value
	}
	return true
}

func (d *decoder) addressScope(w *Keyword, c *cursor) bool {
	value := c.take()
	n, ok := scopes[value]
	if !ok {
		var wide uint64
		wide, ok = cNumber(value, 255)
		n = uint8(wide)
	}
	switch {
	case d.address.Prefix.Addr().Is6():
		d.fault("value", c.at(), "an IPv6 address has its scope from its bits; keepalived ignores scope")
	case !ok:
		d.fault("value", c.at(), "unknown scope %s; keepalived ignores it", clip(value)).Hint = "write global, site, link, host or nowhere"
	default:
		d.address.Scope = n
	}
	return true
}

// addressBroadcast reads an address, or + and - for the host bits all one or
// all zero.
func (d *decoder) addressBroadcast(w *Keyword, c *cursor) bool {
	value, a := c.take(), d.address
	if a.Prefix.Addr().Is6() {
		return d.drop(c, "broadcast", "IPv6 has no broadcast address")
	}
	if value == "+" || value == "-" {
		if bits := a.Prefix.Bits(); bits > 30 {
			d.fault("broadcast", c.at(), "a mask of /%d leaves no broadcast address; keepalived sets none", bits)
			return true
		}
		a.Broadcast = lastAddress(a.Prefix, value == "+")
		return true
	}
	b, ok := address(value)
	if !ok || b.Is6() {
		return d.drop(c, "address", "%s is not a broadcast address", clip(value))
	}
	a.Broadcast = b
	return true
}

// lastAddress sets or clears the host bits of p.
func lastAddress(p netip.Prefix, ones bool) netip.Addr {
	b := p.Masked().Addr().As4()
	if ones {
		for i := p.Bits(); i < 32; i++ {
			b[i/8] |= 0x80 >> (i % 8)
		}
	}
	return netip.AddrFrom4(b)
}

func (d *decoder) addressPeer(_ *Keyword, c *cursor) bool {
	value, a := c.take(), d.address
	peer, ok := address(value)
	switch own := a.Prefix.Addr(); {
	case !ok:
		d.fault("address", c.at(), "%s is not an IP address; keepalived ignores peer", clip(value)).Hint = "write the peer without a mask"
	case peer.Is6() != own.Is6():
		d.fault("address-family", c.at(), "the peer is not of the address's family; keepalived ignores it")
	default:
		if a.masked && a.Prefix.Bits() < own.BitLen() {
			d.fault("mask", c.at(), "an address with a peer has no mask; keepalived ignores it")
		}
		a.Peer, a.Prefix = peer, netip.PrefixFrom(own, own.BitLen())
	}
	return true
}

func (d *decoder) addressLifetime(w *Keyword, c *cursor) bool {
	value, a := c.take(), d.address
	n := 0.0
	if value != "forever" {
		var ok bool
		if n, ok = d.numberAt(w.Limits, c.at(), w.Name, value, "uses 0"); !ok {
			n = 0
		}
		if n == w.Limits.Max {
			value = "forever"
		}
	}
	a.lifetime = true
	if !a.Prefix.Addr().Is6() {
		return true
	}
	a.Preferred, a.Deprecated = time.Duration(n)*time.Second, n == 0
	if value == "forever" {
		a.Preferred, a.Deprecated = 0, false
	}
	return true
}
