package lvs

import (
	"cmp"
	"fmt"
	"net/netip"
)

// maxExpanded is how many services the groups of a configuration may stand for
// in all. A group can name a whole network.
const maxExpanded = 1 << 17

// A wanted service is one that the kernel's table should have.
type wanted struct {
	id ServiceID
	*VirtualServer
}

// Uncompared is a configured service that cannot be compared with the kernel's
// table.
type Uncompared struct {
	// Name is "group NAME", or the service as [ServiceID.Listed] has it.
	Name string
	// Reason is why.
	Reason string
}

// expand returns the services of s as the kernel knows them, a group once for
// each of its addresses and marks. Of two for one place the first counts.
func (s Settings) expand() (list []wanted, left []Uncompared) {
	groups := map[string]Group{}
	for _, g := range s.Groups {
		groups[g.Name] = g
	}
	seen := map[ServiceID]bool{}
	add := func(id ServiceID, v *VirtualServer) {
		if seen[id] {
			left = append(left, Uncompared{id.Listed(), "it is configured twice: only the first one was compared"})
			return
		}
		seen[id] = true
		list = append(list, wanted{id, v})
	}
	for i := range s.Services {
		switch v := &s.Services[i]; {
		case v.Group != "":
			ids, reason := v.members(groups[v.Group], maxExpanded-len(list))
			if reason != "" {
				left = append(left, Uncompared{"group " + v.Group, reason})
			}
			for _, id := range ids {
				add(id, v)
			}
		case v.ID.Mark != 0:
			add(ServiceID{Mark: v.ID.Mark, Family: v.family()}, v)
		default:
			add(v.ID, v)
		}
	}
	return list, left
}

// family is the address family of a service by mark, 4 or 6. Servers behind a
// tunnel have no say in it.
func (v VirtualServer) family() uint8 {
	if v.ID.Family != 0 {
		return v.ID.Family
	}
	if a := v.bound(); a.Is6() {
		return 6
	}
	return 4
}

// bound returns the address of a server that must be of the service's family.
func (v VirtualServer) bound() netip.Addr {
	for _, r := range v.Reals {
		if r.Forward != TUN {
			return r.Addr.Addr()
		}
	}
	if v.Sorry != nil && v.Sorry.Forward != TUN {
		return v.Sorry.Addr.Addr()
	}
	return netip.Addr{}
}

// members returns the services that v is by its group, most at the most, and
// why they are not all, if so.
func (v VirtualServer) members(g Group, most int) (ids []ServiceID, reason string) {
	if len(g.Entries) == 0 {
		return nil, "there is no such group: nothing is balanced for it"
	}
	family, several := g.family()
	if a := v.bound(); a.IsValid() && (several || family != 0 && (family == 6) != a.Is6()) {
		return nil, "its real servers are of another address family: keepalived leaves it out"
	}
	if family == 0 {
		family = v.family()
	}
	for _, e := range g.Entries {
		switch {
		case !e.First.IsValid() && e.Family == 0 && several:
			return nil, fmt.Sprintf("the address family of mark %d is ambiguous: keepalived leaves the group out", e.Mark)
		case !e.First.IsValid():
			ids = append(ids, ServiceID{Mark: e.Mark, Family: cmp.Or(e.Family, family)})
		default:
			for a := e.First; a.IsValid() && !e.Last.Less(a); a = a.Next() {
				if len(ids) == most {
					return nil, fmt.Sprintf("it stands for more than %d services", maxExpanded)
				}
				ids = append(ids, ServiceID{Protocol: v.ID.Protocol, Addr: netip.AddrPortFrom(a, e.Port)})
			}
		}
	}
	return ids, ""
}

// family is the address family that the entries of g have, 0 if none says, and
// whether they have several.
func (g Group) family() (family uint8, several bool) {
	for _, e := range g.Entries {
		f := e.Family
		if e.First.IsValid() {
			if f = 4; e.First.Is6() {
				f = 6
			}
		}
		several = several || f != 0 && family != 0 && f != family
		if f != 0 {
			family = f
		}
	}
	return family, several
}
