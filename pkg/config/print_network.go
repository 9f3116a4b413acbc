package config

import (
	"time"

	"github.com/kactl/kactl/pkg/lvs"
)

func (p *printer) globalVRRP(g *Global) {
	v := g.VRRP
	p.line("vrrp_mcast_group4", v.Group4)
	p.line("vrrp_mcast_group6", v.Group6)
	p.timeGiven("vrrp_garp_interval", v.ARPInterval)
	p.timeGiven("vrrp_gna_interval", v.NAInterval)
	p.set("vrrp_strict", v.Strict)
	p.set("vrrp_owner_ignore_adverts", v.OwnerIgnores)
	p.set("log_unknown_vrids", g.Logging.UnknownIDs)
}

func (p *printer) interfaces(x Interfaces) {
	p.line("vmac_prefix", x.Prefix)
	p.line("vmac_addr_prefix", x.AddressPrefix)
	switch {
	case x.Changes:
		p.line("dynamic_interfaces", "allow_if_changes")
	case x.Dynamic:
		p.line("dynamic_interfaces")
	}
	p.set("disable_local_igmp", x.NoLocalIGMP)
	switch {
	case x.ExtraGARPAll:
		p.line("vrrp_garp_extra_if", "all", units(x.ExtraGARP, time.Second))
	case x.ExtraGARP != 0:
		p.time("vrrp_garp_extra_if", x.ExtraGARP, time.Second)
	}
}

func (p *printer) firewall(f Firewall) {
	p.given("nftables", f.VRRP.Name)
	p.line("nftables_priority", f.VRRP.Priority)
	p.set("nftables_counters", f.Counters)
	p.set("nftables_ifindex", f.ByIndex)
	p.given("nftables_ipvs", f.IPVS.Name)
	p.line("nftables_ipvs_priority", f.IPVS.Priority)
	p.line("nftables_ipvs_start_fwmark", f.FirstMark)
	if len(f.Sets) > 0 {
		p.line("vrrp_ipsets", asValues(f.Sets)...)
	}
}

func (p *printer) ipvs(x IPVS, t lvs.Timeouts) {
	p.set("lvs_flush", x.Flush)
	switch x.FlushOnStop {
	case FlushServices:
		p.line("lvs_flush_on_stop", "VS")
	case FlushAll:
		p.line("lvs_flush_on_stop")
	}
	var times []any
	for _, x := range []struct {
		name  string
		value time.Duration
	}{{"tcp", t.TCP}, {"tcpfin", t.TCPFin}, {"udp", t.UDP}} {
		if x.value != 0 {
			times = append(times, x.name, units(x.value, time.Second))
		}
	}
	if len(times) > 0 {
		p.line("lvs_timeouts", times...)
	}
	if s := x.Sync; s.Interface != "" {
		p.line("lvs_sync_daemon", s.words()...)
	}
}

func (s SyncDaemon) words() []any {
	w := []any{s.Interface}
	if s.Instance != "" {
		w = append(w, "inst", s.Instance)
	}
	if s.ID >= 0 {
		w = append(w, "id", s.ID)
	}
	if s.MaxLength != 0 {
		w = append(w, "maxlen", s.MaxLength)
	}
	if s.Port != 0 {
		w = append(w, "port", s.Port)
	}
	if s.TTL != 0 {
		w = append(w, "ttl", s.TTL)
	}
	if s.Group.IsValid() {
		w = append(w, "group", s.Group)
	}
	return w
}

func (p *printer) buffers(g *Global) {
	b := g.Buffers
	for _, x := range []struct {
		name string
		Buffer
	}{
		{"vrrp_netlink_cmd_rcv_bufs", b.VRRPCommand}, {"vrrp_netlink_monitor_rcv_bufs", b.VRRPMonitor},
		{"lvs_netlink_cmd_rcv_bufs", b.LVSCommand}, {"lvs_netlink_monitor_rcv_bufs", b.LVSMonitor},
		{"process_monitor_rcv_bufs", b.Processes},
	} {
		p.line(x.name, x.Size)
		p.onOff(x.name+"_force", x.Force)
	}
	switch r := g.RxBuffers; r.Policy {
	case RxMTU, RxAdvert:
		p.line("vrrp_rx_bufs_policy", r.Policy)
	case RxSize:
		p.line("vrrp_rx_bufs_policy", r.Size)
	}
	p.line("vrrp_rx_bufs_multiplier", g.RxBuffers.Multiplier)
}

func (p *printer) bfd(c *Config) {
	for _, b := range c.BFD.Instances {
		p.block("bfd_instance", func() {
			p.line("neighbor_ip", b.Neighbor)
			if b.Source.IsValid() {
				p.line("source_ip", b.Source)
			}
			p.time("min_rx", b.MinRx, time.Millisecond)
			p.time("min_tx", b.MinTx, time.Millisecond)
			p.time("idle_tx", b.IdleTx, time.Millisecond)
			p.line("multiplier", b.Multiplier)
			p.line("ttl", b.TTL)
			p.line("max_hops", b.MaxHops)
			p.set("multihop", b.Multihop)
			p.set("passive", b.Passive)
			if b.Reverse {
				p.line("weight", b.Weight, "reverse")
			} else {
				p.line("weight", b.Weight)
			}
			p.set("vrrp", b.VRRP)
			p.set("checker", b.Checker)
		}, b.Name)
	}
}
