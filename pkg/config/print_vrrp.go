package config

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// vrrp writes all that VRRP runs on: what is tracked before what tracks it.
func (p *printer) vrrp(c *Config) {
	p.tracked(&c.VRRP)
	p.links(&c.Links)
	p.static(&c.VRRP.Static)
	for i := range c.VRRP.Instances {
		p.instance(&c.VRRP.Instances[i])
	}
	for i := range c.VRRP.Groups {
		p.syncGroup(&c.VRRP.Groups[i])
	}
}

// secs prints a time as a number of seconds.
func secs(t time.Duration) string {
	return strconv.FormatFloat(float64(t/time.Microsecond)/1e6, 'f', -1, 64)
}

// flag writes a keyword without a value, if it is set.
func (p *printer) flag(name string, set bool) {
	if set {
		p.line(name)
	}
}

func (p *printer) notify(n *vrrp.Notify) {
	p.program("notify_master", n.Master)
	p.program("notify_backup", n.Backup)
	p.program("notify_fault", n.Fault)
	p.program("notify_stop", n.Stop)
	p.program("notify", n.Any)
	p.program("notify_master_rx_lower_pri", n.MasterHeardLower)
	if n.Deleted != nil {
		p.program("notify_deleted", n.Deleted)
	} else {
		p.flag("notify_deleted", n.NotifyDeleted)
	}
}

func (p *printer) instance(x *vrrp.Instance) {
	p.block("vrrp_instance", func() {
		p.line("state", map[bool]string{true: "MASTER", false: "BACKUP"}[x.InitialState == vrrp.Master])
		if x.Interface != "" {
			p.line("interface", x.Interface)
		}
		if x.VRF != "" {
			p.line("vrf", x.VRF)
		}
		p.line("virtual_router_id", x.VRID)
		p.line("priority", x.Priority)
		p.flag("native_ipv6", x.Family == 6)
		p.line("version", x.Version)
		p.line("advert_int", secs(x.AdvertInterval))
		p.line("down_timer_adverts", x.DownAdverts)
		p.onOff("strict_mode", x.Strict)
		p.flag("nopreempt", x.NoPreempt)
		if x.PreemptDelay > 0 {
			p.line("preempt_delay", secs(x.PreemptDelay))
		}
		p.onOff("lower_prio_no_advert", x.LowerPriorityNoAdvert)
		p.onOff("higher_prio_send_advert", x.HigherPrioritySendAdvert)
		if !x.Strict || x.Version == 3 {
			p.line(map[bool]string{true: "accept", false: "no_accept"}[x.Accept])
		}
		p.flag("v3_checksum_as_v2", x.ChecksumAsV2)
		p.authentication(x)
		p.addressing(x)
		p.garp(x)
		p.flag("dont_track_primary", x.DontTrackPrimary)
		p.flag("skip_check_adv_addr", x.SkipAddressCheck) // off would turn it on
		p.options(x)
		p.ownInterfaces(x)
		p.tracks(x.Tracks)
		p.notify(&x.Notify)
		p.choice("smtp_alert", x.SMTPAlert)
		p.routing("virtual_routes", "virtual_rules", x.Routes, x.Rules)
	}, x.Name)
}

// authentication writes passwords and keys as they are: without them the file
// would not be the same configuration.
func (p *printer) authentication(x *vrrp.Instance) {
	if x.Auth.Type != vrrp.AuthNone {
		p.block("authentication", func() {
			p.line("auth_type", x.Auth.Type)
			p.line("auth_pass", x.Auth.Password.Reveal())
		})
	}
	h := &x.HMAC
	if h.Keyless {
		p.block("auth_hmac", func() { p.line("mode", h.Mode) })
	}
	if len(h.Keys) == 0 {
		return
	}
	p.block("auth_hmac", func() {
		for _, k := range h.Keys {
			value := "hex:" + hex.EncodeToString([]byte(k.Secret.Reveal()))
			if k.File != "" {
				value = "file:" + k.File
			}
			p.line("key", k.ID, value)
		}
		p.line("active_key", h.Active)
		p.line("anti_replay", map[bool]string{true: "monotonic", false: "time"}[h.Monotonic])
		p.line("time_window", secs(h.Window))
		p.line("mode", h.Mode)
	})
}

// addressing writes where adverts come from and go to, and the addresses.
func (p *printer) addressing(x *vrrp.Instance) {
	for _, a := range []struct {
		name string
		peer bool
	}{{"mcast_src_ip", false}, {"unicast_src_ip", true}} {
		if a.peer != (len(x.Peers) > 0) {
			continue
		}
		if x.Source.IsValid() {
			p.line(a.name, x.Source)
		}
	}
	p.list("unicast_peer", len(x.Peers), func(i int) {
		peer, words := x.Peers[i], []any{}
		if peer.MinTTL != 0 {
			words = append(words, "min_ttl", peer.MinTTL)
		}
		if peer.MaxTTL != 255 {
			words = append(words, "max_ttl", peer.MaxTTL)
		}
		p.line(peer.Addr.String(), words...)
	})
	p.flag("check_unicast_src", x.PeersOnly)
	if len(x.Peers) > 0 {
		p.line("unicast_ttl", x.TTL)
	} else if x.Group.IsValid() && x.Group != p.group6 {
		p.line("mcast_dst_ip", x.Group)
	}
	p.addresses("virtual_ipaddress", x.Addresses)
	p.addresses("virtual_ipaddress_excluded", x.Excluded)
}

func (p *printer) garp(x *vrrp.Instance) {
	g := &x.GARP
	p.line("garp_master_delay", secs(g.Delay))
	p.line("garp_master_repeat", g.Repeat)
	p.line("garp_master_refresh", secs(g.Refresh))
	p.line("garp_master_refresh_repeat", g.RefreshRepeat)
	p.line("garp_lower_prio_delay", secs(g.LowerPriorityDelay))
	p.line("garp_lower_prio_repeat", g.LowerPriorityRepeat)
	if g.ExtraAll {
		p.line("garp_extra_if", "all", secs(g.Extra))
	} else {
		p.line("garp_extra_if", secs(g.Extra))
	}
}

func (p *printer) options(x *vrrp.Instance) {
	if x.OldChecksum == vrrp.OldChecksumAlways {
		p.line("old_unicast_checksum")
	} else if x.OldChecksum == vrrp.OldChecksumNever {
		p.line("old_unicast_checksum", "never")
	}
	p.flag("unicast_fault_no_peer", x.FaultWithoutPeers)
	p.flag("track_src_ip", x.TrackSource)
	p.flag("promote_secondaries", x.PromoteSecondaries)
	if x.ReceiveBuffer != 0 {
		p.line("kernel_rx_buf_size", x.ReceiveBuffer)
	}
	p.flag("linkbeat_use_polling", x.Linkbeat)
	p.onOff("notify_priority_changes", x.NotifyPriority)
	p.onOff("owner_ignore_adverts", x.OwnerIgnoresAdverts)
	p.flag("no_virtual_ipaddress", x.NoAddresses)
	if x.HighestOther != 0 {
		p.line("timer_expired_backup", x.HighestOther)
	}
}

func (p *printer) ownInterfaces(x *vrrp.Instance) {
	words := func(texts ...string) (given []any) {
		for _, t := range texts {
			if t != "" {
				given = append(given, t)
			}
		}
		return given
	}
	if v := &x.VMAC; v.On {
		p.line("use_vmac", words(v.Interface, v.MAC)...)
	}
	p.flag("use_vmac_addr", x.VMAC.Addresses)
	p.flag("vmac_xmit_base", x.VMAC.BaseTransmits)
	if v := &x.IPVLAN; v.On {
		address := ""
		if v.Address.IsValid() {
			address = v.Address.String()
		}
		p.line("use_ipvlan", words(v.Interface, address, v.Mode)...)
	}
}

func (p *printer) syncGroup(g *vrrp.SyncGroup) {
	p.block("vrrp_sync_group", func() {
		p.list("group", len(g.Members), func(i int) { p.line(g.Members[i]) })
		p.flag("sync_group_tracking_weight", g.Weights)
		p.onOff("notify_priority_changes", g.NotifyPriority)
		p.tracks(g.Tracks)
		p.notify(&g.Notify)
		p.choice("smtp_alert", g.SMTPAlert)
	}, g.Name)
}

// list writes a block of n lines, if there are any.
func (p *printer) list(name string, n int, line func(int)) {
	if n == 0 {
		return
	}
	p.block(name, func() {
		for i := range n {
			line(i)
		}
	})
}
