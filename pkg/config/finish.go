package config

import (
	"net/netip"
	"slices"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/vrrp"
)

// finish checks what spans blocks, and moves what stands into the settings.
func (d *decoder) finish() {
	if d.stop && d.pass <= vrrpPass { // keepalived has exited
		if d.pass == vrrpPass {
			d.finishServices()
		}
		return
	}
	d.finishGlobal()
	d.checkCommands()
	d.groups = slices.DeleteFunc(d.groups, func(g *group) bool { return !d.finishGroup(g) })
	d.instances = slices.DeleteFunc(d.instances, func(x *instance) bool { return !d.finishInstance(x) })
	d.duplicateVRIDs()
	v := &d.config.VRRP
	runs := make(map[string]bool, len(d.instances))
	for _, x := range d.instances {
		runs[x.Name] = true
		v.Instances = append(v.Instances, x.Instance)
	}
	for _, g := range d.groups {
		g.Members = slices.DeleteFunc(g.Members, func(name string) bool { return !runs[name] })
		if len(g.Members) > 0 {
			v.Groups = append(v.Groups, g.SyncGroup)
		}
	}
	for _, c := range d.scripts {
		if !c.disabled {
			v.Scripts = append(v.Scripts, c.Script)
		}
	}
	d.finishStatic()
	d.finishServices()
}

func fillString(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// finishInstance gives x its defaults. It reports whether it can run.
func (d *decoder) finishInstance(x *instance) bool {
	at := x.statement.Range()
	if x.VRID == 0 {
		d.result.Fatal = true
		d.fault("no-virtual-router-id", at, "vrrp_instance %s has no virtual_router_id; keepalived exits", x.Name).Hint = "write virtual_router_id NUMBER"
		return false
	}
	if x.Interface == "" && !d.goesWithout(x) {
		d.result.Fatal = true
		return false
	}
	x.Family = 4
	if x.family == 6 {
		x.Family = 6
	}
	d.finishPriority(x)
	d.finishProtocol(x)
	d.finishPreemption(x)
	d.finishAuth(x)
	if x.multicast() {
		x.Instance.Group = d.globals.group
		if x.Family == 6 {
			x.Instance.Group = d.config.Global.VRRP.Group6
		}
		if x.unicast != "" && !x.FaultWithoutPeers {
			d.fault("no-unicast-peer", d.result.At("vrrp_instance", x.Name, x.unicast), "%s without unicast_peer addresses; keepalived sends by multicast", x.unicast)
		}
	}
	for _, list := range [][]iproute.Address{x.Addresses, x.Excluded} {
		for i := range list {
			fillString(&list[i].Device, x.Interface)
			fillString(&list[i].Device, d.config.Global.DefaultInterface) // as the manual has it
		}
	}
	switch {
	case x.addressed || x.NoAddresses:
	case x.family == 6: // which is version 3
		d.result.Fatal = true
		d.fault("no-address", at, "vrrp_instance %s has no virtual_ipaddress; keepalived exits", x.Name)
	default:
		d.fault("no-address", at, "vrrp_instance %s has no virtual_ipaddress; keepalived runs it all the same", x.Name)
	}
	if n := len(x.Addresses); n > 255 {
		d.fault("addresses", at, "%d addresses do not fit into an advert; keepalived excludes those behind the 255th", n)
		x.Excluded = append(slices.Clone(x.Addresses[255:]), x.Excluded...)
		x.Addresses = x.Addresses[:255]
	}
	x.Instance.GARP = d.globals.settings(x.garp, d.config.Global.VRRP.NAInterval)
	x.SkipAddressCheck = x.SkipAddressCheck || d.globals.skipAddressCheck
	d.finishOptions(x)
	d.finishOwn(x)
	d.finishHMAC(x)
	d.finishTracks(x)
	if x.Auth.Type == vrrp.AuthAH {
		if x.InitialState == vrrp.Master {
			d.fault("value", d.result.At("vrrp_instance", x.Name, "state"), "state MASTER does not go with auth_type AH; keepalived clears it").Hint = "write state BACKUP"
			x.InitialState = vrrp.Backup
		}
	}
	d.warnIdle(x)
	return true
}

// goesWithout reports whether an instance without an interface can run: by unicast,
// from an address that is known and that has a route. keepalived 2.2.7 says so in its
// manual and exits; 2.3 does it.
func (d *decoder) goesWithout(x *instance) bool {
	at := x.statement.Range()
	linkLocal := func(a netip.Addr) bool { return a.Is6() && a.IsLinkLocalUnicast() }
	if d.result.At("vrrp_instance", x.Name, "interface").Start.Line > 0 {
		return false // interface "", which was reported
	}
	switch {
	case x.multicast():
		d.fault("no-interface", at, "vrrp_instance %s has no interface; keepalived exits", x.Name).Hint = "write interface NAME"
	case x.VMAC.On || x.IPVLAN.On:
		d.fault("no-interface", at, "vrrp_instance %s has no interface to put its own on; keepalived exits", x.Name).Hint = "write interface NAME"
	case !x.Source.IsValid():
		d.fault("no-interface", at, "vrrp_instance %s has neither an interface nor a source address", x.Name).Hint = "write interface NAME, or unicast_src_ip ADDRESS"
	case linkLocal(x.Source) || slices.ContainsFunc(x.Peers, func(p vrrp.Peer) bool { return linkLocal(p.Addr) }):
		d.fault("no-interface", at, "vrrp_instance %s has a link-local address and no interface that it is on; keepalived exits", x.Name).Hint = "write interface NAME"
	default:
		return true
	}
	return false
}

func (d *decoder) finishPriority(x *instance) {
	if x.priority != nil {
		return
	}
	x.Priority = 100
	if x.InitialState == vrrp.Master {
		x.Priority = 255
		d.warn("no-priority", x.statement.Range(), "state MASTER without a priority: %s is 255, that of the owner of the addresses", x.Name).Hint = "write priority NUMBER"
	}
}

func (d *decoder) finishPreemption(x *instance) {
	at := func(name string) diag.Range { return d.result.At("vrrp_instance", x.Name, name) }
	if x.NoPreempt && x.InitialState == vrrp.Master {
		d.fault("nopreempt", at("nopreempt"), "nopreempt does not work with state MASTER; keepalived ignores it").Hint = "write state BACKUP"
		x.NoPreempt = false
	}
	if x.NoPreempt && x.Priority == 255 {
		d.fault("nopreempt", at("nopreempt"), "nopreempt does not work with priority 255; keepalived ignores it")
		x.NoPreempt = false
	}
	if x.PreemptDelay == 0 {
		return
	}
	switch {
	case or(x.strict, d.globals.strict):
		d.fault("preempt-delay", at("preempt_delay"), "preempt_delay does not work with vrrp_strict; keepalived ignores it")
		x.PreemptDelay = 0
	case x.InitialState == vrrp.Master:
		d.fault("preempt-delay", at("preempt_delay"), "preempt_delay does not work with state MASTER; keepalived ignores it").Hint = "write state BACKUP"
		x.PreemptDelay = 0
	case x.NoPreempt:
		d.fault("preempt-delay", at("preempt_delay"), "preempt_delay does not work with nopreempt; keepalived ignores it")
		x.PreemptDelay = 0
	}
}

func (d *decoder) finishAuth(x *instance) {
	if x.Version == 3 && x.hasAuth {
		d.fault("auth-version", x.authAt, "version 3 has no authentication; keepalived ignores it").Hint = "remove the block, or write version 2"
		x.Auth, x.hasAuth = vrrp.Auth{}, false
	}
	if x.hasAuth && x.Auth.Password.Len() == 0 {
		d.fault("auth-pass", x.authAt, "authentication without a password; keepalived uses none").Hint = "write auth_pass PASSWORD"
		x.Auth.Type = vrrp.AuthNone
	}
	if or(x.strict, d.globals.strict) && x.Auth.Type != vrrp.AuthNone {
		d.fault("strict-auth", x.authAt, "authentication does not work with vrrp_strict; keepalived uses none").Hint = "remove it, or vrrp_strict"
		x.Auth.Type = vrrp.AuthNone
	}
	if x.Auth.Type == vrrp.AuthNone {
		x.Auth.Password = secret.Secret{}
	}
}

// finishTracks keeps what can be tracked.
func (d *decoder) finishTracks(x *instance) {
	for _, t := range x.tracks {
		if t.Kind == vrrp.TrackInterface && t.Name == x.Interface {
			d.fault("track-interface", t.line.AtName(), "%s is the instance's own interface; keepalived ignores it", t.Name)
			continue
		}
		if t.Kind == vrrp.TrackScript && d.scriptNamed[t.Name].disabled {
			continue
		}
		if t.Weight != 0 && x.group != nil && !x.group.Weights && t.Kind != vrrp.TrackProcess {
			w := d.fault("sync-group-weight", t.line.AtName(), "%s has a weight and %s is in sync group %s; keepalived does not track it", t.Name, x.Name, x.group.Name)
			w.Hint = "track it without a weight, or write sync_group_tracking_weight in the group"
			if t.Kind == vrrp.TrackScript {
				continue
			}
			t.Weight = 0
		}
		if t.Weight != 0 && x.Priority == vrrp.PriorityOwner && t.Kind != vrrp.TrackProcess {
			d.fault("track-owner", t.line.AtName(), "%s has a weight and priority 255 does not change; keepalived does not track it", clip(t.Name)).Hint = "track it without a weight, or write a lower priority"
			continue
		}
		if t.Kind == vrrp.TrackBFD && !d.runsBFD(t.Name) {
			continue
		}
		x.Tracks = append(x.Tracks, t.Track)
	}
	d.trackDevices(x)
}

// trackDevices makes an instance depend on the interfaces that its addresses are
// on, as keepalived does: a master whose address is out of reach is none. It
// leaves out those that say no_track.
func (d *decoder) trackDevices(x *instance) {
	for _, a := range slices.Concat(x.Addresses, x.Excluded) {
		tracked := slices.ContainsFunc(x.Tracks, func(t vrrp.Track) bool {
			return t.Kind == vrrp.TrackInterface && t.Name == a.Device
		})
		if a.Device != x.Interface && !tracked && !a.NoTrack {
			x.Tracks = append(x.Tracks, vrrp.Track{Kind: vrrp.TrackInterface, Name: a.Device})
		}
	}
}

// duplicateVRIDs finds instances that would hear each other.
func (d *decoder) duplicateVRIDs() {
	type key struct {
		device string
		vrid   uint8
		family int
	}
	seen := map[key][]*instance{}
	for _, x := range d.instances {
		k := key{x.Interface, x.VRID, x.family}
		if i := slices.IndexFunc(seen[k], func(y *instance) bool { return d.shares(x, y) }); i >= 0 {
			other, at := seen[k][i], d.result.At("vrrp_instance", x.Name, "virtual_router_id")
			var w *diag.Diagnostic
			if oneSource := d.advertRoute(x).source.IsValid() != d.advertRoute(other).source.IsValid(); oneSource || d.links.awaited[x.Interface] {
				// keepalived takes both, the former unless the source that
				// is given is the first address of the interface.
				w = d.warn("duplicate-vrid", at, "%s and %s both use virtual_router_id %d on %s; they hear each other's adverts where the sources are the same", other.Name, x.Name, x.VRID, x.Interface)
			} else {
				d.result.Fatal = true
				w = d.fault("duplicate-vrid", at, "%s and %s both use virtual_router_id %d on %s; keepalived exits", other.Name, x.Name, x.VRID, x.Interface)
			}
			w.Related = []diag.Related{{Range: d.result.At("vrrp_instance", other.Name, "virtual_router_id"), Message: "first used here"}}
		}
		seen[k] = append(seen[k], x)
	}
}
