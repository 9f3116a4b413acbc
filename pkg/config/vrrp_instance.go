package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

func instanceKeywords() []Keyword {
	return counted(append([]Keyword{
		{Name: "state", Args: "MASTER|BACKUP", Need: 1, Default: "BACKUP", Effect: true, decode: (*decoder).state,
			Doc: "state to start in; MASTER counts with priority 255 only"},
		{Name: "interface", Args: "INTERFACE", Need: 1, Effect: true, decode: (*decoder).instanceInterface,
			Doc: "interface that adverts are sent on; unicast with unicast_src_ip goes without"},
		{Name: "virtual_router_id", Args: "NUMBER", Need: 1, Limits: exactly(1, 255), Effect: true, decode: (*decoder).vrid,
			Doc: "number of the virtual router, the same on all its machines"},
		{Name: "priority", Args: "NUMBER", Need: 1, Default: "100, or 255 with state MASTER", Limits: exactly(1, 255), Effect: true, decode: (*decoder).priority,
			Doc: "the highest one becomes master; 255 is the owner of the addresses"},
		{Name: "advert_int", Args: "SECONDS", Need: 1, Default: "1", Unit: "s", Limits: decimal(0.01, 255), Effect: true, decode: (*decoder).advertInterval,
			Doc: "time between adverts: whole seconds in version 2, hundredths up to 40.95 s in version 3"},
		{Name: "nopreempt", Effect: true, decode: (*decoder).noPreempt,
			Doc: "do not take over from a master of lower priority"},
		{Name: "preempt", Effect: true, decode: (*decoder).preempt,
			Doc: "take over from a master of lower priority; the default"},
		{Name: "preempt_delay", Args: "SECONDS", Need: 1, Default: "0", Unit: "s", Limits: decimal(0, 1000), Effect: true, decode: (*decoder).preemptDelay,
			Doc: "time to leave a master of lower priority alone"},
		{Name: "authentication", Shape: syntax.Block, Effect: true, decode: (*decoder).authentication,
			Doc: "authentication of adverts, version 2 only", Inside: []Keyword{
				{Name: "auth_type", Args: "PASS|AH", Need: 1, Effect: true, decode: (*decoder).authType,
					Doc: "password in clear text, or the authentication header of IPsec"},
				{Name: "auth_pass", Args: "PASSWORD", Need: 1, Effect: true, decode: (*decoder).authPass,
					Doc: "password; 8 characters of it count"},
			}},
		{Name: "virtual_ipaddress", Shape: syntax.List, Effect: true, decode: (*decoder).virtualAddresses, repeats: true, Inside: addressWords(false),
			Doc: "addresses that the master holds: " + addressSynopsis},
		{Name: "virtual_ipaddress_excluded", Shape: syntax.List, Effect: true, decode: (*decoder).excludedAddresses, repeats: true, Inside: addressWords(false),
			Doc: "addresses that the master holds and adverts leave out"},
		{Name: "mcast_src_ip", Args: "ADDRESS", Need: 1, Default: "first address of the interface", Effect: true, decode: (*decoder).source,
			Doc: "source address of adverts"},
		{Name: "unicast_src_ip", Args: "ADDRESS", Need: 1, Default: "first address of the interface", Effect: true, decode: (*decoder).unicastSource,
			Doc: "source address of adverts"},
		{Name: "virtual_routes", Shape: syntax.List, Effect: true, decode: (*decoder).virtualRoutes, repeats: true, Inside: routeWords(false),
			Doc: "routes that the master adds: " + routeSynopsis},
		{Name: "virtual_rules", Shape: syntax.List, Effect: true, decode: (*decoder).virtualRules, repeats: true, Inside: ruleWords(false),
			Doc: "routing rules that the master adds: " + ruleSynopsis},
		hmacKeyword(),
		{Name: "unicast_peer", Shape: syntax.List, Effect: true, decode: (*decoder).unicastPeers, repeats: true,
			Doc: "addresses that adverts are sent to, instead of multicast"},
		{Name: "dont_track_primary", Effect: true, decode: (*decoder).dontTrackPrimary,
			Doc: "go on when the interface is down"},
		{Name: "skip_check_adv_addr", Args: "[BOOL]", Default: "vrrp_skip_check_adv_addr", Effect: true, decode: (*decoder).skipCheck,
			Doc: "do not compare the addresses in an advert of the master known already; off turns it on as well"},
		{Name: "unicast_ttl", Args: "NUMBER", Need: 1, Default: "255", Limits: ttls, Effect: true, decode: (*decoder).unicastTTL,
			Doc: "TTL that unicast adverts are sent with"},
		{Name: "accept", Effect: true, decode: (*decoder).accept,
			Doc: "take packets to addresses that are not the router's own; the default"},
		{Name: "no_accept", Effect: true, decode: (*decoder).noAccept,
			Doc: "drop packets to addresses that are not the router's own"},
		{Name: "notify_master_rx_lower_pri", Args: commandArgs, Need: 1, Effect: true, repeats: true,
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				d.program(k, s, &d.instance.Notify.MasterHeardLower)
			},
			Doc: "program to run when a master hears an advert of lower priority"},
		{Name: "garp_master_delay", Args: "SECONDS", Need: 1, Default: "vrrp_garp_master_delay", Unit: "s", Limits: whole(0, 4294), Effect: true, decode: instanceGARP((*garp).setDelay),
			Doc: "time from becoming master to the second announcement; 0 for none"},
		{Name: "garp_master_repeat", Args: "NUMBER", Need: 1, Default: "vrrp_garp_master_repeat", Limits: whole(0, 4294967295), Effect: true, decode: instanceGARP((*garp).setRepeat),
			Doc: "ARP messages for each address at a time"},
		{Name: "garp_master_refresh", Args: "SECONDS", Need: 1, Default: "vrrp_garp_master_refresh", Unit: "s", Limits: whole(0, 4294967295), Effect: true, decode: instanceGARP((*garp).setRefresh),
			Doc: "time between announcements of a master; 0 for none"},
		{Name: "garp_master_refresh_repeat", Args: "NUMBER", Need: 1, Default: "vrrp_garp_master_refresh_repeat", Limits: whole(0, 4294967295), Effect: true, decode: instanceGARP((*garp).setRefreshRepeat),
			Doc: "ARP messages for each address at a refresh"},
		{Name: "garp_lower_prio_delay", Args: "SECONDS", Need: 1, Default: "vrrp_garp_lower_prio_delay", Unit: "s", Limits: whole(0, 4294), Effect: true, decode: instanceGARP((*garp).setLowerDelay),
			Doc: "as garp_master_delay, after an advert of lower priority"},
		{Name: "garp_lower_prio_repeat", Args: "NUMBER", Need: 1, Default: "vrrp_garp_lower_prio_repeat", Limits: whole(0, 4294967295), Effect: true, decode: instanceGARP((*garp).setLowerRepeat),
			Doc: "as garp_master_repeat, after an advert of lower priority"},
		{Name: "smtp_alert", Args: "[BOOL]", Default: "smtp_alert_vrrp", Effect: true, Doc: "send mails about this instance",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.option(k, s, &d.instance.SMTPAlert) }},
		{Name: "lvs_sync_daemon_interface", Args: "INTERFACE", Need: 1, Effect: true, decode: (*decoder).syncDaemon,
			Doc: "deprecated: has no effect, as in keepalived"},
		{Name: "debug", Args: "LEVEL", Need: 1, Limits: whole(0, 4), Effect: true, decode: (*decoder).debug,
			Doc: "has no effect, as in keepalived"},
	}, slices.Concat(
		protocolKeywords("", func(d *decoder) *protocol { return &d.instance.protocol }),
		notifyKeywords(func(d *decoder) *vrrp.Notify { return &d.instance.Notify }),
		trackKeywords(func(d *decoder) *[]track { return &d.instance.tracks }, vrrp.TrackInterface, vrrp.TrackScript, vrrp.TrackFile, vrrp.TrackProcess),
		ownKeywords(),
		optionKeywords())...))
}

func (d *decoder) syncDaemon(_ *Keyword, s *syntax.Statement) {
	d.fault("deprecated", s.AtName(), "lvs_sync_daemon_interface is deprecated").Hint = "write lvs_sync_daemon in global_defs"
}

func (d *decoder) debug(k *Keyword, s *syntax.Statement) { d.integer(k, s, "ignores it") }
