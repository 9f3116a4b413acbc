package vrrp

import "slices"

// takeOwn finds the addresses that this host had before us and lives by: those of an
// address owner that are all that their interface has of their family. They are the source of its
// adverts, and not ours to remove, whatever the state is. A predecessor cannot have
// left them, for want of a source.
func (r *Router) takeOwn(out []Effect, ifaces ...*iface) []Effect {
	own := slices.Clip(r.own)
	for _, f := range ifaces {
		if !f.exists {
			continue
		}
		r.findSources(f)
		for _, p := range f.Addrs {
			a := Address{Prefix: p, Device: f.Name}
			if !f.of(p.Addr().Is6()).source.IsValid() && r.settings.owned(a) && !r.holds(a) {
				own = append(own, a)
			}
		}
	}
	if len(own) > len(r.own) {
		r.own = own
		out = append(out, Effect{Kind: KeepAddresses, Addresses: own})
	}
	for _, a := range r.own {
		delete(r.virtual, scoped(a.Prefix.Addr(), a.Device))
	}
	for _, f := range ifaces {
		r.findSources(f)
	}
	return out
}

// holds says that we have put the address there, or keep it already.
func (r *Router) holds(a Address) bool {
	same := func(v Address) bool { return v.Device == a.Device && v.Prefix.Addr() == a.Prefix.Addr() }
	return slices.ContainsFunc(r.own, same) ||
		slices.ContainsFunc(r.members, func(m *member) bool { return m.placed && slices.ContainsFunc(m.held, same) })
}

// owned says that an address owner of the settings has the address on its own
// interface.
func (s *Settings) owned(a Address) bool {
	return slices.ContainsFunc(s.Instances, func(i Instance) bool {
		return i.Priority == PriorityOwner && i.Interface == a.Device && slices.ContainsFunc(i.Addresses, func(v Address) bool {
			return v.Device == a.Device && v.Prefix.Addr() == a.Prefix.Addr()
		})
	})
}
