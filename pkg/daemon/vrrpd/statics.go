package vrrpd

import (
	"strings"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// staticOwner owns what is there whatever state instances are in; with the name of a
// track_group behind it, what the members of that depend on. hostOwner owns what was
// there before us, and stays. No instance has such a name: a line break is in no word
// of a configuration.
const (
	staticOwner = "static\n"
	hostOwner   = "host\n"
)

// statics are what the settings have that is static, by owner.
func statics(s *vrrp.Static) map[string][]netstate.Part {
	all := map[string][]netstate.Part{}
	groups := []string{""}
	for _, g := range s.Groups {
		groups = append(groups, g.Name)
	}
	for _, group := range groups {
		var addrs []vrrp.Address
		var routes []iproute.Route
		var rules []iproute.Rule
		for _, a := range s.Addresses {
			if a.TrackGroup == group {
				addrs = append(addrs, a)
			}
		}
		for _, r := range s.Routes {
			if r.TrackGroup == group {
				routes = append(routes, r)
			}
		}
		for _, r := range s.Rules {
			if r.TrackGroup == group {
				rules = append(rules, r)
			}
		}
		parts := netstate.ByDevice(addrs)
		if len(routes)+len(rules) > 0 {
			parts = append(parts, netstate.InTables(routes, rules))
		}
		if len(parts) > 0 {
			all[staticOwner+group] = parts
		}
	}
	return all
}

// setStatic makes what is static be there, while the daemon runs, or go at the end.
// What the settings have no longer goes.
func (l *loop) setStatic(held bool) {
	wanted := statics(&l.static)
	for owner := range l.staticOwners {
		if wanted[owner] == nil {
			l.net.Drop(owner)
			delete(l.staticOwners, owner)
		}
	}
	for owner, parts := range wanted {
		l.staticOwners[owner] = true
		l.net.Set(netstate.Want{Owner: owner, Parts: parts, Held: held, Quiet: true, Hurry: netstate.RetryAfter, Whole: owner != staticOwner})
	}
}

// reportStatics reports to the router of which groups all is there.
func (l *loop) reportStatics() {
	for _, g := range l.static.Groups {
		l.reportStatic(staticOwner + g.Name)
	}
}

func (l *loop) reportStatic(owner string) {
	value := 1
	if l.net.Trouble(owner).Err != nil {
		value = 0
	}
	l.handle(vrrp.RouterEvent{Kind: vrrp.TrackReported, Track: vrrp.TrackStatic, Name: strings.TrimPrefix(owner, staticOwner), Value: value})
}

// ownerName is what the log calls an owner.
func ownerName(owner string) string {
	name, _, _ := strings.Cut(owner, "\n")
	return name
}
