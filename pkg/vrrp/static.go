package vrrp

import (
	"slices"

	"github.com/kactl/kactl/pkg/iproute"
)

// Static is what the daemon adds at its start, whatever state its instances
// are in (static_ipaddress, static_routes, static_rules).
type Static struct {
	Addresses []Address
	Routes    []iproute.Route
	Rules     []iproute.Rule
	// Groups are the instances that depend on some of it.
	Groups []TrackGroup
}

// A TrackGroup is a set of instances that go to FAULT when a static address,
// route or rule of the group is lost (track_group).
type TrackGroup struct {
	Name string
	// Members are the names of instances.
	Members []string
}

// Tracks are what an instance depends on by the groups.
func (s *Static) Tracks(instance string) (list []Track) {
	for _, g := range s.Groups {
		if slices.Contains(g.Members, instance) && s.uses(g.Name) {
			list = append(list, Track{Kind: TrackStatic, Name: g.Name})
		}
	}
	return list
}

// uses says that something is of a group.
func (s *Static) uses(group string) bool {
	return slices.ContainsFunc(s.Addresses, func(a Address) bool { return a.TrackGroup == group }) ||
		slices.ContainsFunc(s.Routes, func(r iproute.Route) bool { return r.TrackGroup == group }) ||
		slices.ContainsFunc(s.Rules, func(r iproute.Rule) bool { return r.TrackGroup == group })
}

// Empty says that there is nothing to add.
func (s *Static) Empty() bool { return len(s.Addresses)+len(s.Routes)+len(s.Rules) == 0 }
