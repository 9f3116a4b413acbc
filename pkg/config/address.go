package config

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

const addressSynopsis = "ADDRESS[/MASK] [brd ADDRESS|+|-] [dev INTERFACE] [scope SCOPE] [label LABEL]"

// maxLabel is the longest interface label (IFNAMSIZ less its NUL).
const maxLabel = 15

// scopes are the kernel's numbers for the names of rt_scopes.
var scopes = map[string]uint8{"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}

func (d *decoder) virtualAddresses(k *Keyword, s *syntax.Statement) {
	x := d.instance
	for _, l := range s.Body() {
		a, ok := d.virtualAddress(k, l)
		if !ok {
			continue
		}
		if !d.family(a.Prefix.Addr()) {
			d.fault("address-family", l.AtName(), "the addresses of an instance must be of one family; keepalived ignores the others").Hint = "move it to virtual_ipaddress_excluded"
			continue
		}
		x.addressed = true
		if a.Prefix.Addr().Is6() {
			d.ipv6(l.AtName())
			continue
		}
		x.Addresses = append(x.Addresses, a)
	}
}

func (d *decoder) excludedAddresses(k *Keyword, s *syntax.Statement) {
	for _, l := range s.Body() {
		a, ok := d.virtualAddress(k, l)
		if !ok {
			continue
		}
		if a.Prefix.Addr().Is6() {
			d.ipv6(l.AtName())
			continue
		}
		d.instance.Excluded = append(d.instance.Excluded, a)
	}
}

// virtualAddress reads one line. It reports false if keepalived drops it.
func (d *decoder) virtualAddress(k *Keyword, l *syntax.Statement) (a vrrp.Address, ok bool) {
	text, mask, masked := strings.Cut(l.Name(), "/")
	addr, ok := address(text)
	if !ok {
		d.fault("address", l.AtName(), "%s is not an IP address; keepalived skips it", clip(l.Name()))
		return a, false
	}
	bits := addr.BitLen()
	if masked {
		bits = d.mask(l, mask, bits)
	}
	a.Prefix = netip.PrefixFrom(addr, bits)
	if !d.addressOptions(l, &a) {
		return a, false
	}
	key := []string{k.Name, l.Name()}
	d.duplicateAddress(l, key)
	d.place(l.AtName(), key...)
	return a, true
}

// mask reads what is behind the slash; an empty mask is 0.
func (d *decoder) mask(l *syntax.Statement, text string, most int) int {
	if text == "" {
		d.warn("mask", l.AtName(), "nothing behind the slash: keepalived takes it for /0").Hint = "write the length of the mask"
		return 0
	}
	n, ok := d.numberAt(whole(0, float64(most)), l.AtName(), "mask", text, "uses "+strconv.Itoa(most))
	if !ok {
		return most
	}
	return int(n)
}

func (d *decoder) duplicateAddress(l *syntax.Statement, key []string) {
	first := d.result.At(append(d.scope[:len(d.scope):len(d.scope)], key...)...)
	if first.Start.Line == 0 {
		return
	}
	x := d.warn("duplicate-address", l.AtName(), "%s is given twice", l.Name())
	x.Related = []diag.Related{{Range: first, Message: "first given here"}}
}

// addressOptions reads the words behind an address. It reports false if
// keepalived drops the address for them.
func (d *decoder) addressOptions(l *syntax.Statement, a *vrrp.Address) bool {
	for i := 0; i < len(l.Args()); i++ {
		word, at := l.Arg(i), l.AtArg(i)
		switch word {
		case "dev", "scope", "label", "brd", "broadcast", "peer", "track_group", "preferred_lft":
			if i++; i >= len(l.Args()) {
				d.fault("missing-value", at, "%s lacks its value; keepalived drops the address", word)
				return false
			}
			if !d.addressOption(l, a, i, word) {
				return false
			}
		case "home", "-nodad", "nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track", "use_vmac":
			d.warn("unsupported", at, "%s is not supported yet and has no effect", word)
		default:
			x := d.fault("extra-words", at, "unknown word %q behind the address; keepalived ignores it", clip(word))
			x.Hint = addressHint(word)
		}
	}
	return true
}

func addressHint(word string) string {
	if strings.HasPrefix(word, "/") {
		return "write the mask without a blank before it"
	}
	options := []string{"dev", "scope", "label", "brd", "peer"}
	if h := nearestName(word, options, func(s string) string { return s }); len(word) > 2 && h != "" {
		return h
	}
	return "write a comment behind #"
}

// addressOption reads the value at i of one option.
func (d *decoder) addressOption(l *syntax.Statement, a *vrrp.Address, i int, option string) bool {
	value, at := l.Arg(i), l.AtArg(i)
	switch option {
	case "dev":
		if a.Device != "" {
			d.fault("duplicate-keyword", at, "dev is given twice; keepalived drops the address")
			return false
		}
		a.Device = value
		d.interfaceExists(at, value)
	case "label":
		if len(value) > maxLabel {
			d.fault("label", at, "label is longer than %d characters; keepalived drops the address", maxLabel)
			return false
		}
		a.Label = value
	case "scope":
		d.scopeOption(a, value, at)
	case "brd", "broadcast":
		return d.broadcast(a, value, at)
	default:
		d.warn("unsupported", at, "%s is not supported yet and has no effect", option)
	}
	return true
}

func (d *decoder) scopeOption(a *vrrp.Address, value string, at diag.Range) {
	if n, ok := scopes[value]; ok {
		a.Scope = n
	} else if n, err := strconv.ParseUint(value, 0, 8); err == nil {
		a.Scope = uint8(n)
	} else {
		d.fault("value", at, "unknown scope %s; keepalived ignores it", clip(value)).Hint = "write global, site, link, host or nowhere"
	}
}

// broadcast reads an address, or + and - for the host bits all one or all zero.
func (d *decoder) broadcast(a *vrrp.Address, value string, at diag.Range) bool {
	bits := a.Prefix.Bits()
	if (value == "+" || value == "-") && a.Prefix.Addr().Is4() {
		if bits > 30 {
			d.fault("broadcast", at, "a mask of /%d leaves no broadcast address; keepalived sets none", bits)
			return true
		}
		a.Broadcast = lastAddress(a.Prefix, value == "+")
		return true
	}
	b, ok := address(value)
	if !ok {
		d.fault("address", at, "%s is not a broadcast address; keepalived drops the address", clip(value))
	}
	a.Broadcast = b
	return ok
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
