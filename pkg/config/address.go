package config

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/syntax"
)

const addressSynopsis = "ADDRESS[/MASK] [brd ADDRESS|+|-] [dev INTERFACE] [scope SCOPE] [label LABEL]"

// addressLine is an address that is being read.
type addressLine struct {
	iproute.Address
	masked   bool // a mask is given
	lifetime bool // preferred_lft is given
}

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
		x.Addresses = append(x.Addresses, a)
	}
}

func (d *decoder) excludedAddresses(k *Keyword, s *syntax.Statement) {
	for _, l := range s.Body() {
		if a, ok := d.virtualAddress(k, l); ok {
			d.instance.Excluded = append(d.instance.Excluded, a)
		}
	}
}

// virtualAddress reads one line. It reports false if keepalived drops it.
func (d *decoder) virtualAddress(k *Keyword, l *syntax.Statement) (iproute.Address, bool) {
	text, mask, masked := strings.Cut(l.Name(), "/")
	addr, ok := address(text)
	if !ok {
		d.fault("address", l.AtName(), "%s is not an IP address; keepalived skips it", clip(l.Name()))
		return iproute.Address{}, false
	}
	bits := addr.BitLen()
	if masked {
		bits = d.mask(l.AtName(), mask, bits)
	}
	a := &addressLine{masked: masked}
	a.Prefix = netip.PrefixFrom(addr, bits)
	d.address = a
	if !d.words(k, &cursor{line: l, next: 1, what: "address"}, func(c *cursor) bool { d.unknownAddressWord(k, c); return true }) {
		return iproute.Address{}, false
	}
	if !a.lifetime {
		a.Deprecated = addr.Is6() && bits == 128
	}
	key := []string{k.Name, l.Name()}
	d.duplicateAddress(l, key)
	d.place(l.AtName(), key...)
	return a.Address, true
}

// mask reads what is behind the slash; an empty mask is 0.
func (d *decoder) mask(at diag.Range, text string, most int) int {
	if text == "" {
		d.warn("mask", at, "nothing behind the slash: keepalived takes it for /0").Hint = "write the length of the mask"
		return 0
	}
	n, ok := d.numberAt(whole(0, float64(most)), at, "mask", text, "uses "+strconv.Itoa(most))
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

func (d *decoder) unknownAddressWord(k *Keyword, c *cursor) {
	word := c.line.Arg(c.next - 2)
	x := d.fault("extra-words", c.at(), "unknown word %q behind the address; keepalived ignores it", clip(word))
	if x.Hint = wordHint(k, word); strings.HasPrefix(word, "/") {
		x.Hint = "write the mask without a blank before it"
		return
	}
	meant := k.block.meant(word)
	if meant == nil || meant.Need > 0 && !c.more() {
		return
	}
	x.Fix = rewrite(c.line, c.line.Words[c.next-1], meant.Name)
	if d.policy == syntax.Intent {
		c.next += meant.Need // its value is no mistake of its own
	}
}
