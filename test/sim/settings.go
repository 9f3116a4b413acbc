package sim

import (
	"net/netip"
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/vrrp"
)

// What is tracked.
const (
	scriptName = "chk"
	fileName   = "f"
	groupName  = "G"
)

// settings are those of a host.
func (p *plan) settings(host int) *vrrp.Settings {
	s := &vrrp.Settings{Scripts: []vrrp.Script{{Name: scriptName}}, Files: []vrrp.File{{Name: fileName}}}
	s.Instances = make([]vrrp.Instance, 0, len(p.vrs))
	var members []string
	for k := range p.vrs {
		if p.vrs[k].absent {
			continue
		}
		s.Instances = append(s.Instances, p.instance(host, k))
		if k < 2 {
			members = append(members, p.vrs[k].name)
		}
	}
	if p.grouped && len(members) > 0 {
		s.Groups = []vrrp.SyncGroup{{Name: groupName, Members: members}}
		if p.filed {
			s.Groups[0].Tracks = []vrrp.Track{{Kind: vrrp.TrackFile, Name: fileName, Weight: 1}}
		}
	}
	return s
}

// instance is a virtual router on a host.
func (p *plan) instance(host, k int) vrrp.Instance {
	v, leader := &p.vrs[k], &p.vrs[p.leader(k)]
	i := vrrp.Instance{
		Name: v.name, Interface: deviceNames[v.segment], VRID: v.vrid, Version: v.version, Family: 4,
		InitialState: vrrp.Backup, Priority: uint8(p.priority(host, k)), AdvertInterval: v.interval, DownAdverts: 3,
		NoPreempt: leader.noPreempt, PreemptDelay: leader.preemptDelay,
		HigherPrioritySendAdvert: v.lastAdvert, LowerPriorityNoAdvert: v.quiet,
		Group: v.group, TTL: ttl,
		GARP: vrrp.GARP{Repeat: 5, Delay: 5 * time.Second, RefreshRepeat: 1, LowerPriorityRepeat: 5, LowerPriorityDelay: 5 * time.Second},
	}
	if i.Priority == vrrp.PriorityOwner {
		i.InitialState, i.NoPreempt, i.PreemptDelay = vrrp.Master, false, 0
	}
	if v.ipv6 {
		i.Family = 6
	}
	for _, a := range v.vips {
		i.Addresses = append(i.Addresses, vrrp.Address{Prefix: netip.PrefixFrom(a, a.BitLen()), Device: i.Interface})
	}
	i.Excluded = []vrrp.Address{{Prefix: netip.PrefixFrom(vip(k, 99), 32), Device: deviceNames[(v.segment+1)%segments]}}
	p.authenticate(&i, v, host)
	p.track(&i, v, k)
	if v.unicast {
		for o := range p.hosts {
			if o != host {
				i.Peers = append(i.Peers, vrrp.Peer{Addr: base(o, v.segment, v.ipv6), MaxTTL: ttl})
			}
		}
	}
	return i
}

// authenticate says what proves adverts.
func (p *plan) authenticate(i *vrrp.Instance, v *virtual, host int) {
	switch {
	case v.version == 3 && v.proven:
		i.HMAC = vrrp.HMAC{Window: 5 * time.Second, Active: uint8(1 + (host+v.turn)%len(keys)), Keys: slices.Clone(keys)}
	case v.version == 3:
	case v.proven:
		i.Auth = vrrp.Auth{Type: vrrp.AuthAH, Password: secret.New(password)}
	default:
		i.Auth = vrrp.Auth{Type: vrrp.AuthPassword, Password: secret.New(password)}
	}
}

// track says what the instance depends on. Members of a group have one priority.
func (p *plan) track(i *vrrp.Instance, v *virtual, k int) {
	inGroup := k < 2 && p.grouped
	if p.tracked {
		t := vrrp.Track{Kind: vrrp.TrackScript, Name: scriptName, Weight: v.weight}
		if inGroup {
			t.Weight = 0
		}
		i.Tracks = append(i.Tracks, t)
	}
	if p.filed && !inGroup {
		i.Tracks = append(i.Tracks, vrrp.Track{Kind: vrrp.TrackFile, Name: fileName, Weight: 1})
	}
}
