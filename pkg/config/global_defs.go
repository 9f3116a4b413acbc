package config

import (
	"net/netip"
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// globals are what global_defs sets for all instances. keepalived applies them
// to the instances before as well as behind it.
type globals struct {
	garp             garp
	minGARP, strict  bool
	garpInterval     time.Duration
	group            netip.Addr
	skipAddressCheck bool
	protocol         protocol
	userAt           diag.Range // of script_user
	userBad          bool
	userLacks        bool // which was reported
	alerts           alerts
	ssl              bool // there was an SSL
}

func newGlobals() globals {
	return globals{group: netip.AddrFrom4([4]byte{224, 0, 0, 18})}
}

func globalKeywords() []Keyword {
	return append([]Keyword{
		{Name: "router_id", Args: "NAME", Default: "the host name", Effect: true, decode: (*decoder).routerID,
			Doc: "name of this machine in mails and traps"},
		{Name: "script_user", Args: "USER [GROUP]", Default: "keepalived_script if there is such a user, else root", Effect: true, decode: (*decoder).scriptUser,
			Doc: "identity of all scripts that name none"},
		{Name: "enable_script_security", Effect: true, decode: (*decoder).scriptSecurity,
			Doc: "run no script as root that another user could replace"},
		{Name: "default_interface", Args: "INTERFACE", Default: "eth0", Effect: true, decode: (*decoder).defaultInterface,
			Doc: "interface of static addresses, and of those of instances without an interface, that name none"},
		{Name: "vrrp_mcast_group4", Args: "ADDRESS", Need: 1, Default: "224.0.0.18", Effect: true, decode: (*decoder).mcastGroup4,
			Doc: "multicast group of IPv4 adverts"},
		{Name: "vrrp_skip_check_adv_addr", Effect: true, decode: (*decoder).globalSkipCheck,
			Doc: "do not compare the addresses in an advert of the master known already"},
		{Name: "vrrp_garp_master_delay", Args: "SECONDS", Need: 1, Default: "5", Unit: "s", Limits: whole(0, 4294), Effect: true, decode: globalGARP((*garp).setDelay),
			Doc: "time from becoming master to the second announcement; 0 for none"},
		{Name: "vrrp_garp_master_repeat", Args: "NUMBER", Need: 1, Default: "5", Limits: whole(0, 4294967295), Effect: true, decode: globalGARP((*garp).setRepeat),
			Doc: "ARP messages for each address at a time"},
		{Name: "vrrp_garp_master_refresh", Args: "SECONDS", Need: 1, Default: "0", Unit: "s", Limits: whole(0, 4294967295), Effect: true, decode: globalGARP((*garp).setRefresh),
			Doc: "time between announcements of a master; 0 for none"},
		{Name: "vrrp_garp_master_refresh_repeat", Args: "NUMBER", Need: 1, Default: "1", Limits: whole(0, 4294967295), Effect: true, decode: globalGARP((*garp).setRefreshRepeat),
			Doc: "ARP messages for each address at a refresh"},
		{Name: "vrrp_garp_lower_prio_delay", Args: "SECONDS", Need: 1, Default: "vrrp_garp_master_delay", Unit: "s", Limits: whole(0, 4294), Effect: true, decode: globalGARP((*garp).setLowerDelay),
			Doc: "as vrrp_garp_master_delay, after an advert of lower priority"},
		{Name: "vrrp_garp_lower_prio_repeat", Args: "NUMBER", Need: 1, Default: "vrrp_garp_master_repeat", Limits: whole(0, 4294967295), Effect: true, decode: globalGARP((*garp).setLowerRepeat),
			Doc: "as vrrp_garp_master_repeat, after an advert of lower priority"},
		{Name: "vrrp_garp_interval", Args: "SECONDS", Need: 1, Default: "0", Unit: "s", Limits: decimal(0.000001, 4294.967295), Effect: true, decode: (*decoder).garpIntervalKeyword,
			Doc: "pause between two ARP messages on an interface"},
		{Name: "vrrp_gna_interval", Args: "SECONDS", Need: 1, Default: "0", Unit: "s", Limits: decimal(0.000001, 4294.967295), Effect: true, decode: period(time.Second, in(func(g *Global) *time.Duration { return &g.VRRP.NAInterval })),
			Doc: "pause between two neighbour advertisements on an interface"},
		{Name: "vrrp_strict", Effect: true, decode: (*decoder).strict,
			Doc: "keep to the RFC: no authentication, no preempt_delay"},
		{Name: "vrrp_mcast_group6", Args: "ADDRESS", Need: 1, Default: "ff02::12", Effect: true, decode: (*decoder).mcastGroup6,
			Doc: "multicast group of IPv6 adverts"},
		{Name: "vrrp_owner_ignore_adverts", Args: "[BOOL]", Default: "off", Since: "2.4", Effect: true, decode: toggle(in(func(g *Global) *bool { return &g.VRRP.OwnerIgnores })),
			Doc: "have the owner of the addresses ignore the adverts of others"},
		{Name: "log_unknown_vrids", Effect: true, decode: flag(in(func(g *Global) *bool { return &g.Logging.UnknownIDs })),
			Doc: "log adverts of virtual routers that are not configured"},
		{Name: "checker_log_all_failures", Args: "[BOOL]", Default: "off", decode: toggle(in(func(g *Global) *bool { return &g.Logging.AllFailures })),
			Doc: "log each failure of a check, not only the last"},
		{Name: "rs_init_notifies", Args: "[BOOL]", Default: "off", Effect: true, decode: toggle(func(d *decoder) *bool { return &d.config.LVS.InitNotifies }),
			Doc: "run notify_up of each real server at the start"},
		{Name: "vrrp_min_garp", Args: "[BOOL]", Default: "off", Effect: true, decode: (*decoder).minGARP,
			Doc: "announce each address once, and not again"},
	}, slices.Concat(protocolKeywords("vrrp_", func(d *decoder) *protocol { return &d.globals.protocol }), processKeywords(), mailKeywords(), fifoKeywords(),
		lifecycleKeywords(), fileKeywords(), interfaceKeywords(), firewallKeywords(), ipvsKeywords(), snmpKeywords(), dbusKeywords(), bufferKeywords())...)
}

func (d *decoder) globalDefs(k *Keyword, s *syntax.Statement) { d.inside(k, s, k.Name) }

func (d *decoder) routerID(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) == 0 {
		d.fault("value", s.Range(), "router_id without a name; keepalived ignores it").Hint = "write router_id NAME"
		return
	}
	d.config.Global.RouterID = s.Arg(0)
}

func (d *decoder) scriptUser(k *Keyword, s *syntax.Statement) {
	d.globals.userAt = s.Range()
	switch {
	case len(s.Args()) == 0:
		d.fault("value", s.Range(), "script_user without a user; keepalived ignores it").Hint = "write script_user USER [GROUP]"
	case d.host != nil && !d.host.UserExists(s.Arg(0), s.Arg(1)):
		d.globals.userBad = true
		x := d.fault("unknown-user", s.AtArg(0), "no user %s; keepalived runs no script that relies on it", clip(join(s.Args()[:min(2, len(s.Args()))])))
		x.Hint = "name a user of this machine, and a group of it"
	default:
		d.config.Global.ScriptUser, d.config.Global.ScriptGroup = s.Arg(0), s.Arg(1)
	}
}

func (d *decoder) scriptSecurity(*Keyword, *syntax.Statement) { d.config.Global.ScriptSecurity = true }

func (d *decoder) defaultInterface(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) == 0 {
		d.fault("value", s.Range(), "default_interface without an interface; keepalived ignores it")
		return
	}
	d.config.Global.DefaultInterface = s.Arg(0)
}

func (d *decoder) mcastGroup4(k *Keyword, s *syntax.Statement) {
	a, ok := d.hostAddress(s.AtArg(0), k.Name, s.Arg(0))
	switch {
	case !ok:
		d.fault("address", s.AtArg(0), "%s is not an IPv4 address; keepalived uses %s", clip(s.Arg(0)), d.globals.group)
	case !a.Is4():
		d.fault("address", s.AtArg(0), "%s is not an IPv4 address; keepalived uses %s", a, d.globals.group)
	case !a.IsMulticast():
		x := d.fault("address", s.AtArg(0), "%s is not a multicast address; keepalived uses %s", a, d.globals.group)
		x.Hint = "the group of VRRP is 224.0.0.18"
	default:
		d.globals.group = a
	}
}

func (d *decoder) mcastGroup6(k *Keyword, s *syntax.Statement) {
	a, ok := d.hostAddress(s.AtArg(0), k.Name, s.Arg(0))
	if p := &d.config.Global.VRRP.Group6; !ok || !a.Is6() || !a.IsMulticast() {
		x := d.fault("address", s.AtArg(0), "%s is not an IPv6 multicast address; keepalived uses %s", clip(s.Arg(0)), p)
		x.Hint = "the group of VRRP is ff02::12"
	} else {
		*p = a
	}
}

func (d *decoder) globalSkipCheck(*Keyword, *syntax.Statement) { d.globals.skipAddressCheck = true }

func (d *decoder) garpIntervalKeyword(k *Keyword, s *syntax.Statement) {
	if t, ok := d.seconds(k, s, "ignores it"); ok {
		d.globals.garpInterval = t
	}
}

func (d *decoder) strict(*Keyword, *syntax.Statement) { d.globals.strict = true }

// minGARP reads a BOOL. Off does not take back an on above it.
func (d *decoder) minGARP(k *Keyword, s *syntax.Statement) {
	b, ok := d.boolean(k, s)
	d.globals.minGARP = d.globals.minGARP || b && ok
}

// settings applies an instance's own values, then the globals, then defaults.
func (g globals) settings(own garp, naInterval time.Duration) vrrp.GARP {
	delay, repeat, refreshRepeat := 5*time.Second, 5, 1
	if g.minGARP {
		delay, repeat, refreshRepeat = 0, 1, 0
	}
	all := g.garp
	fill(&all.delay, delay)
	fill(&all.repeat, repeat)
	fill(&all.refresh, 0)
	fill(&all.refreshRepeat, refreshRepeat)
	fill(&all.lowerDelay, *all.delay)
	fill(&all.lowerRepeat, *all.repeat)
	fill(&own.delay, *all.delay)
	fill(&own.repeat, *all.repeat)
	fill(&own.refresh, *all.refresh)
	fill(&own.refreshRepeat, *all.refreshRepeat)
	fill(&own.lowerDelay, *all.lowerDelay)
	fill(&own.lowerRepeat, *all.lowerRepeat)
	return vrrp.GARP{
		Repeat: *own.repeat, Delay: *own.delay,
		Refresh: *own.refresh, RefreshRepeat: *own.refreshRepeat,
		LowerPriorityRepeat: *own.lowerRepeat, LowerPriorityDelay: *own.lowerDelay,
		Interval: g.garpInterval, NAInterval: naInterval,
	}
}
