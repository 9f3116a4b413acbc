package config

import (
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// optionKeywords are words of vrrp_instance that stand alone.
func optionKeywords() []Keyword {
	flag := func(name, doc string, of func(*instance) *bool) Keyword {
		return Keyword{Name: name, Default: "off", Doc: doc,
			decode: func(d *decoder, _ *Keyword, _ *syntax.Statement) { *of(d.instance) = true }}
	}
	boolean := func(name, otherwise, doc string, set func(*instance, bool)) Keyword {
		return Keyword{Name: name, Args: "[BOOL]", Default: otherwise, Doc: doc,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				if b, ok := d.boolean(k, s); ok {
					set(d.instance, b)
				}
			}}
	}
	acted := func(k Keyword) Keyword { k.Effect = true; return k }
	late := func(name, doc string) Keyword {
		return Keyword{Name: name, Args: "[PRIORITY]", Default: "off, and 254 without a number", Limits: whole(1, 254), Since: "2.4", Effect: true, Doc: doc, decode: (*decoder).timerExpired}
	}
	newer := func(k Keyword) Keyword { k.Since = "2.4"; return k }
	return []Keyword{
		{Name: "mcast_dst_ip", Args: "ADDRESS", Need: 1, Default: "vrrp_mcast_group4 or vrrp_mcast_group6", Effect: true, decode: (*decoder).multicastGroup,
			Doc: "multicast group of this instance's adverts"},
		{Name: "garp_extra_if", Args: "[all] SECONDS", Default: "0", Unit: "s", Limits: whole(0, 86400), decode: (*decoder).extraGARP,
			Doc: "time between announcements of addresses on other interfaces: those on VMACs, or all; 0 for none"},
		{Name: "vmac_garp_intvl", Args: "[all] SECONDS", Default: "0", Unit: "s", Limits: whole(0, 86400), decode: (*decoder).extraGARP,
			Doc: "deprecated: the same as garp_extra_if"},
		{Name: "kernel_rx_buf_size", Args: "BYTES", Default: "the kernel's", Unit: "bytes", Limits: whole(0, 4294967295), decode: (*decoder).receiveBuffer,
			Doc: "size of the receive buffer"},
		{Name: "linkbeat_use_polling", Default: "off", Effect: true, decode: func(d *decoder, _ *Keyword, s *syntax.Statement) {
			d.fault("deprecated", s.AtName(), "linkbeat_use_polling is deprecated in an instance; keepalived obeys it").Hint = "name the interface in linkbeat_interfaces"
			d.instance.Linkbeat = true
		}, Doc: "deprecated: ask the interface for its state"},
		{Name: "native_ipv6", Effect: true, decode: func(d *decoder, _ *Keyword, s *syntax.Statement) {
			if d.instance.family == 4 {
				d.fault("address-family", s.AtName(), "native_ipv6 in an instance of IPv4 addresses; keepalived ignores it")
				return
			}
			d.instance.family = 6
		}, Doc: "deprecated: the instance is of IPv6, which its addresses show as well"},
		{Name: "old_unicast_checksum", Args: "[never]", Default: "take and answer the old checksum where it is heard", decode: (*decoder).oldChecksum,
			Doc: "checksum of unicast adverts as keepalived 1.3.6 made it, in version 3"},
		acted(flag("unicast_fault_no_peer", "go to FAULT where unicast lacks a peer, instead of sending by multicast", func(x *instance) *bool { return &x.FaultWithoutPeers })),
		acted(flag("track_src_ip", "go to FAULT without the source address", func(x *instance) *bool { return &x.TrackSource })),
		acted(flag("promote_secondaries", "let secondary addresses stay when their primary goes", func(x *instance) *bool { return &x.PromoteSecondaries })),
		acted(boolean("strict_mode", "vrrp_strict", "keep to the RFC", func(x *instance, b bool) { x.strict = &b })),
		acted(boolean("notify_priority_changes", "vrrp_notify_priority_changes", "write changes of the priority to FIFOs", func(x *instance, b bool) { x.notifyPriority = &b })),
		{Name: "notify_deleted", Args: "[" + commandArgs + "]", Effect: true, decode: (*decoder).notifyDeleted, repeats: true,
			Doc: "tell of the instance's end by a reload as DELETED instead of FAULT, and run a program"},
		acted(newer(flag("no_virtual_ipaddress", "the instance has no addresses on purpose", func(x *instance) *bool { return &x.NoAddresses }))),
		acted(newer(boolean("owner_ignore_adverts", "vrrp_owner_ignore_adverts", "as owner of the addresses, take no notice of other masters", func(x *instance, b bool) { x.ownerIgnores = &b }))),
		late("timer_expired_backup", "as master with nopreempt, give way after having sent no advert for so long that another router, of this priority at most, has taken over"),
		late("thread_timer_expired", "the same as timer_expired_backup"),
	}
}

func (d *decoder) multicastGroup(k *Keyword, s *syntax.Statement) {
	x, at := d.instance, s.AtArg(0)
	a, ok := d.hostAddress(at, k.Name, s.Arg(0))
	switch {
	case !ok:
		d.fault("address", at, "%s is not an IP address; keepalived ignores mcast_dst_ip", clip(s.Arg(0)))
	case !d.family(a):
		d.fault("address-family", at, "%s is not of the instance's family; keepalived ignores it", a)
	case !a.IsMulticast():
		d.fault("address", at, "%s is not a multicast address; keepalived ignores it", a).Hint = "write an address of 224.0.0.0/4 or ff02::/16"
	case a.Is6() && !a.IsLinkLocalMulticast():
		d.fault("address", at, "%s is not of the link; keepalived ignores it", a).Hint = "write an address that starts with ff02:"
	default:
		x.mcastGroup = a
	}
}

func (d *decoder) extraGARP(k *Keyword, s *syntax.Statement) {
	if k.Name == "vmac_garp_intvl" {
		d.fault("deprecated", s.AtName(), "vmac_garp_intvl is deprecated; keepalived reads it as garp_extra_if").Hint = "write garp_extra_if"
	}
	i := 0
	all := s.Arg(0) == "all"
	if all {
		i = 1
	}
	if i >= len(s.Args()) {
		d.fault("value", s.Range(), "%s without a time; keepalived ignores it", k.Name).Hint = "write " + k.Name + " SECONDS"
		return
	}
	if n, ok := d.numberAt(k.Limits, s.AtArg(i), k.Name, s.Arg(i), "ignores it"); ok {
		d.instance.extra, d.instance.extraAll = seconds(n), all
	}
	if i == 0 && len(s.Args()) > 1 {
		d.warn("extra-words", s.AtArg(1), "%s takes no more words; keepalived ignores them", k.Name).Hint = "write a comment behind #"
	}
}

func (d *decoder) receiveBuffer(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) != 1 {
		d.fault("value", s.Range(), "kernel_rx_buf_size takes one number; keepalived ignores it").Hint = "write kernel_rx_buf_size BYTES"
		return
	}
	if n, ok := d.number(k, s, "ignores it"); ok {
		d.instance.ReceiveBuffer = uint32(n)
	}
}

func (d *decoder) oldChecksum(k *Keyword, s *syntax.Statement) {
	d.instance.unicast = k.Name
	switch s.Arg(0) {
	case "":
		d.instance.OldChecksum = vrrp.OldChecksumAlways
	case "never":
		d.instance.OldChecksum = vrrp.OldChecksumNever
	default:
		d.fault("value", s.AtArg(0), "unknown word %s; keepalived ignores old_unicast_checksum", clip(s.Arg(0))).Hint = "write never, or nothing"
	}
}

func (d *decoder) timerExpired(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) == 0 {
		d.instance.HighestOther = uint8(k.Limits.Max)
	} else if n, ok := d.integer(k, s, "ignores it"); ok {
		d.instance.HighestOther = uint8(n)
	}
}

func (d *decoder) notifyDeleted(k *Keyword, s *syntax.Statement) {
	n := &d.instance.Notify
	n.NotifyDeleted = true
	if len(s.Args()) > 0 {
		d.program(k, s, &n.Deleted)
	}
}

// finishOptions settles what hangs on other keywords.
func (d *decoder) finishOptions(x *instance) {
	at := func(name string) diag.Range { return d.result.At("vrrp_instance", x.Name, name) }
	if x.mcastGroup.IsValid() {
		if x.multicast() {
			x.Instance.Group = x.mcastGroup
		} else {
			d.fault("unicast", at("mcast_dst_ip"), "mcast_dst_ip does not work with unicast_peer; keepalived ignores it")
		}
	}
	x.Instance.GARP.Extra, x.Instance.GARP.ExtraAll = x.extra, x.extraAll
	x.Strict = or(x.strict, d.globals.strict)
	x.NotifyPriority = or(x.notifyPriority, d.config.Global.FIFOs.Priorities || x.group != nil && x.group.NotifyPriority)
	x.OwnerIgnoresAdverts = or(x.ownerIgnores, d.config.Global.VRRP.OwnerIgnores)
}
