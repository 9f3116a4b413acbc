package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/vrrp"
)

// An owning gives instances the interfaces of their own that they ask for.
type owning struct {
	Interfaces
	named map[string]bool
	made  []vrrp.OwnLink
}

// own gives the instances their own interfaces, and puts the addresses there that belong
// there. The instances are copies, their lists are not.
func own(instances []vrrp.Instance, x Interfaces) {
	o := owning{Interfaces: x, named: map[string]bool{}}
	for n := range instances {
		i := &instances[n]
		for _, name := range []string{i.Interface, i.VMAC.Interface, i.IPVLAN.Interface} {
			o.named[name] = true
		}
	}
	for n := range instances {
		o.instance(&instances[n])
	}
}

func (o *owning) instance(i *vrrp.Instance) {
	i.Own = nil
	main := ""
	switch {
	case i.VMAC.On:
		main = o.link(i, iproute.Link{Name: i.VMAC.Interface, Below: i.Interface, IPv6: i.IPv6(), MAC: vmacOf(i.VMAC.MAC, i.VRID, i.IPv6())}, o.Prefix)
		if !i.VMAC.BaseTransmits {
			i.Sender = main
		}
	case i.IPVLAN.On:
		main = i.IPVLAN.Interface
		if main == "" {
			main = o.name(o.Prefix, i.VRID, i.IPv6())
		}
		i.Own = append(i.Own, vrrp.OwnLink{Address: i.IPVLAN.Address,
			Link: iproute.Link{Name: main, Below: i.Interface, Kind: "ipvlan", Mode: i.IPVLAN.Mode, IPv6: i.IPv6()}})
		i.Sender = main
		if !i.Source.IsValid() {
			i.Source = i.IPVLAN.Address
		}
	}
	for _, list := range []*[]iproute.Address{&i.Addresses, &i.Excluded} {
		*list = slices.Clone(*list)
		for n := range *list {
			a := &(*list)[n]
			ipv6 := a.Prefix.Addr().Is6()
			switch {
			case main != "" && a.Device == i.Interface && ipv6 == i.IPv6():
				a.Device = main
			case a.VMAC || i.VMAC.Addresses:
				prefix := o.AddressPrefix
				if prefix == "" {
					prefix = o.Prefix
				}
				mac := i.VMAC.MAC
				if ipv6 != i.IPv6() { // both may be on one interface
					mac = ""
				}
				a.Device = o.link(i, iproute.Link{Below: a.Device, IPv6: ipv6, MAC: vmacOf(mac, i.VRID, ipv6)}, prefix)
			}
		}
	}
}

// link gives the instance a macvlan, one that is there for it or for another instance
// or a new one, and returns its name. One that is there keeps its name: the kernel has
// no two with one hardware address on one interface.
func (o *owning) link(i *vrrp.Instance, l iproute.Link, prefix string) string {
	l.Kind, l.Mode = "macvlan", "private"
	n := slices.IndexFunc(o.made, func(m vrrp.OwnLink) bool {
		named := m
		named.Name = l.Name
		return named.Link.Equal(l)
	})
	if n < 0 {
		if l.Name == "" {
			l.Name = o.name(prefix, i.VRID, l.IPv6)
		}
		n = len(o.made)
		o.made = append(o.made, vrrp.OwnLink{Link: l})
	}
	m := o.made[n]
	if !slices.ContainsFunc(i.Own, func(has vrrp.OwnLink) bool { return has.Name == m.Name }) {
		i.Own = append(i.Own, m)
	}
	return m.Name
}

// name returns a name that is not taken: PREFIX.VRID, else PREFIX6.VRID for IPv6, else
// one with a number, as keepalived names them.
func (o *owning) name(prefix string, vrid uint8, ipv6 bool) string {
	if prefix == "" {
		prefix = "vrrp"
	}
	for n := 0; ; n++ {
		infix := ""
		switch {
		case n == 0:
		case ipv6 && n == 1:
			infix = "6"
		case ipv6:
			infix = "6" + strconv.Itoa(n-1)
		default:
			infix = strconv.Itoa(n)
		}
		end := fmt.Sprintf("%s.%d", infix, vrid)
		name := prefix[:min(len(prefix), maxLabel-len(end))] + end
		if !o.named[name] {
			o.named[name] = true
			return name
		}
	}
}

// vmacOf is a hardware address: that of the text, to which the VRID is added if it has
// 5 bytes, or that of the RFC (RFC 9568 section 7.3).
func vmacOf(text string, vrid uint8, ipv6 bool) []byte {
	if text == "" {
		mac := []byte{0, 0, 0x5e, 0, 1, vrid}
		if ipv6 {
			mac[4] = 2
		}
		return mac
	}
	var mac []byte
	for part := range strings.SplitSeq(text, ":") {
		b, _ := strconv.ParseUint(part, 16, 8) // it was checked
		mac = append(mac, byte(b))
	}
	if len(mac) == 5 {
		mac = append(mac, vrid)
	}
	return mac
}
