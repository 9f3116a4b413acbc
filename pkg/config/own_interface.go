package config

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// ownKeywords are about an interface of the instance's own.
func ownKeywords() []Keyword {
	return []Keyword{
		{Name: "use_vmac", Effect: true, Args: "[INTERFACE] [MAC]", Default: "vrrp.VRID, and 00:00:5e:00:01:VRID", decode: (*decoder).useVMAC,
			Doc: "put the addresses on a macvlan interface with the virtual router's hardware address; 5 bytes of one take the VRID for the sixth"},
		{Name: "use_vmac_addr", Effect: true, decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.instance.VMAC.Addresses = true },
			Doc: "make such an interface for addresses on other interfaces too"},
		{Name: "vmac_xmit_base", Effect: true, decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { d.instance.VMAC.BaseTransmits = true },
			Doc: "send adverts on the interface below it"},
		{Name: "use_ipvlan", Effect: true, Args: "[INTERFACE] [ADDRESS] [bridge|private|vepa]", Default: "vrrp.VRID, bridge", Most: 4, decode: (*decoder).useIPVLAN,
			Doc: "put the addresses on an ipvlan interface; that of IPv4 needs an address"},
		{Name: "vrf", Args: "INTERFACE", Need: 1, decode: (*decoder).vrf,
			Doc: "VRF to work in, for unicast without an interface"},
	}
}

func (d *decoder) useVMAC(_ *Keyword, s *syntax.Statement) {
	v := &d.instance.VMAC
	v.On = true
	for i := range min(2, len(s.Args())) {
		text, at := s.Arg(i), s.AtArg(i)
		if strings.Contains(text, ":") {
			d.vmacAddress(text, at)
			continue
		}
		d.ownInterface(text, at, &v.Interface)
	}
}

// ownInterface takes the name of an interface to make.
func (d *decoder) ownInterface(text string, at diag.Range, name *string) {
	switch {
	case *name != "":
		d.fault("duplicate-keyword", at, "the interface is named already; keepalived ignores %s", clip(text))
	case len(text) > maxLabel || strings.Contains(text, "/"):
		d.fault("value", at, "%s cannot be an interface; keepalived ignores it", clip(text)).Hint = "write at most 15 characters, without a slash"
	default:
		for _, x := range d.instances {
			if x != d.instance && (x.VMAC.Interface == text || x.IPVLAN.Interface == text) {
				d.fault("vmac", at, "vrrp_instance %s has the interface %s already; keepalived ignores the name", x.Name, text)
				return
			}
		}
		*name = text
	}
}

// vmacAddress takes a hardware address of 5 or 6 bytes.
func (d *decoder) vmacAddress(text string, at diag.Range) {
	v := &d.instance.VMAC
	parts := strings.Split(text, ":")
	good := len(parts) >= 5
	for _, p := range parts {
		_, err := strconv.ParseUint(p, 16, 8)
		good = good && err == nil && len(p) <= 2
	}
	first, _ := strconv.ParseUint(parts[0], 16, 8)
	switch {
	case v.MAC != "":
		d.fault("duplicate-keyword", at, "the hardware address is given already; keepalived ignores %s", clip(text))
	case !good:
		d.fault("address", at, "%s is no hardware address; keepalived ignores it", clip(text)).Hint = "write 6 bytes, or 5 and the VRID is the sixth"
	case first&1 != 0:
		d.fault("address", at, "%s is a multicast address; keepalived ignores it", clip(text)).Hint = "write an even first byte"
	default:
		v.MAC = strings.Join(parts[:min(6, len(parts))], ":")
	}
}

func (d *decoder) useIPVLAN(_ *Keyword, s *syntax.Statement) {
	v := &d.instance.IPVLAN
	if v.On {
		d.fault("duplicate-keyword", s.AtName(), "use_ipvlan is given already; keepalived ignores this one")
		return
	}
	v.On, v.Mode = true, ""
	for i := range s.Args() {
		text, at := s.Arg(i), s.AtArg(i)
		a, isAddress := maskedAddress(text)
		switch _, err := netip.ParseAddr(strings.Split(text, "/")[0]); {
		case text == "bridge" || text == "private" || text == "vepa":
			if v.Mode != "" {
				d.fault("duplicate-keyword", at, "the mode is given already; keepalived ignores %s", text)
				break
			}
			v.Mode = text
		case !isAddress && err == nil: // a mask that is none: keepalived has no address
		case isAddress && v.Address.IsValid():
			d.fault("duplicate-keyword", at, "the address is given already; keepalived ignores %s", a)
		case isAddress && !d.family(a):
			d.fault("address-family", at, "%s is not of the instance's family; keepalived ignores it", a)
		case isAddress:
			v.Address = a
		default:
			d.ownInterface(text, at, &v.Interface)
		}
	}
	fillString(&v.Mode, "bridge")
}

// maskedAddress reads an address with or without a mask, which does not count.
func maskedAddress(text string) (netip.Addr, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Addr(), true
	}
	return address(text)
}

func (d *decoder) vrf(_ *Keyword, s *syntax.Statement) {
	if d.instance.Interface != "" {
		d.fault("value", s.AtArg(0), "vrf is for an instance without an interface; keepalived ignores it")
		return
	}
	d.interfaceExists(s.AtArg(0), s.Arg(0))
	d.instance.VRF = s.Arg(0)
}

// finishOwn checks what x says of interfaces of its own.
func (d *decoder) finishOwn(x *instance) {
	at := func(name string) diag.Range { return d.result.At("vrrp_instance", x.Name, name) }
	if x.VRF != "" && x.Interface != "" {
		d.fault("value", at("vrf"), "vrf is for an instance without an interface; keepalived ignores it")
		x.VRF = ""
	}
	for _, own := range []struct {
		name    *string
		keyword string
	}{{&x.VMAC.Interface, "use_vmac"}, {&x.IPVLAN.Interface, "use_ipvlan"}} {
		if *own.name != "" && *own.name == x.Interface {
			d.fault("value", at(own.keyword), "%s cannot take the name of the interface below; keepalived ignores it", own.keyword)
			*own.name = ""
		}
	}
	d.finishVMAC(x)
	peers := len(x.Peers) > 0
	switch {
	case x.VMAC.BaseTransmits && !x.VMAC.On:
		d.fault("vmac", at("vmac_xmit_base"), "vmac_xmit_base does not work without use_vmac").Hint = "write use_vmac"
		x.VMAC.BaseTransmits = false
	case x.VMAC.On && peers && !x.VMAC.BaseTransmits:
		d.fault("vmac", d.endOf(x.statement), "unicast with use_vmac needs vmac_xmit_base; keepalived sets it").Hint = "write vmac_xmit_base"
		x.VMAC.BaseTransmits = true
	}
	if x.IPVLAN.On && x.family != 6 && !x.IPVLAN.Address.IsValid() {
		d.fault("vmac", at("use_ipvlan"), "use_ipvlan without an address; keepalived goes to FAULT").Hint = "write use_ipvlan INTERFACE ADDRESS"
	}
}

// finishVMAC checks that the hardware address of x is not that of an interface for the
// other family: the kernel has no two with one address on one interface.
func (d *decoder) finishVMAC(x *instance) {
	if !x.VMAC.On {
		return
	}
	key := x.Interface + " " + net.HardwareAddr(vmacOf(x.VMAC.MAC, uint8(x.VRID), x.Family == 6)).String()
	y := d.ownMACs[key]
	switch {
	case y == nil:
		if d.ownMACs == nil {
			d.ownMACs = map[string]*instance{}
		}
		d.ownMACs[key] = x
	case y.Family != x.Family:
		d.fault("vmac", d.result.At("vrrp_instance", x.Name, "use_vmac"),
			"vrrp_instance %s, of the other family, has this hardware address on %s already; the usual one is taken", y.Name, x.Interface)
		x.VMAC.MAC = ""
	}
}
