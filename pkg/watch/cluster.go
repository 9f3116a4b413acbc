package watch

import (
	"maps"
	"net/netip"
	"slices"
)

// A peer is a machine on a segment that sends or is sent unicast adverts of a
// VRID.
type peer struct {
	Router // without Unicast
	addr   netip.Addr
}

// clusterOf returns whom an advert is of. Unicast adverts are for those whom
// they are sent to: several clusters may use one VRID, and do not hear each
// other. Who sends by multicast to a machine of a cluster is taken for one of
// it: the two are meant to be one virtual router.
func (o *Observer) clusterOf(p *Packet) Router {
	r := routerOf(p)
	from, to := peer{r, p.Source}, peer{r, p.Destination}
	if p.Destination.IsMulticast() {
		if len(o.peers) > 0 {
			r.Unicast = o.peers[from]
		}
		return r
	}
	first, known := o.peers[from]
	if !known {
		first, known = o.peers[to]
	}
	if v := o.routers[r]; !known && (v == nil || !v.knows(p.Source) && !v.knows(p.Destination)) {
		first = p.Source
	}
	r.Unicast = first
	return r
}

// meet remembers who sends unicast adverts to whom.
func (o *Observer) meet(key Router, p *Packet) {
	if p.Destination.IsMulticast() || len(o.peers) >= maxKeys {
		return
	}
	r := routerOf(p)
	o.peers[peer{r, p.Source}], o.peers[peer{r, p.Destination}] = key.Unicast, key.Unicast
}

// knows says whether a machine has sent adverts.
func (v *virtual) knows(a netip.Addr) bool {
	return slices.ContainsFunc(v.sources, func(s *source) bool { return s.Address == a })
}

// forget forgets who the machines of v are.
func (o *Observer) forget(v *virtual) {
	for _, key := range v.keys {
		delete(o.routers, key)
	}
	maps.DeleteFunc(o.peers, func(q peer, first netip.Addr) bool {
		q.Unicast = first
		return slices.Contains(v.keys, q.Router)
	})
}
