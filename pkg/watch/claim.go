package watch

import (
	"net/netip"
	"slices"
	"time"
)

// A claim is an announcement of a virtual address by who is not known to be its
// master. A new master may announce its addresses before itself.
type claim struct {
	addr  netip.Addr
	by    MAC
	until time.Time
}

// claim takes in a gratuitous ARP or an unsolicited neighbour advertisement.
func (o *Observer) claim(p *Packet) {
	var at place
	at.name, at.addr = p.Interface, p.Announced
	copy(at.vlans[:], p.VLANs)
	v := o.vips[at]
	mac := macOf(p.Claimant)
	if v == nil || mac == (MAC{}) || mac == v.virtualMAC() {
		return
	}
	for _, s := range v.sources {
		// Who was master a moment ago may still be announcing.
		if s.ttl == multicastTTL && s.MAC == mac && !p.Time.After(s.goneAt()) {
			return
		}
	}
	if e := v.episode(ForeignClaim, Party{MAC: mac}); e != nil {
		e.last = o.now
		e.count++
		return
	}
	if slices.ContainsFunc(v.claims, func(c claim) bool { return c.by == mac }) || len(v.claims) == maxClaims {
		return
	}
	grace := time.Second
	if m := v.master; m != nil {
		if m.ttl != multicastTTL {
			return // its MAC is not known behind a router
		}
		grace = max(grace, m.interval)
	}
	v.claims = append(v.claims, claim{p.Announced, mac, p.Time.Add(grace)})
	o.due(v.deadline())
}

// settleClaims drops the claims of who shows to be a master.
func (v *virtual) settleClaims(s *source) {
	if len(v.claims) > 0 {
		v.claims = slices.DeleteFunc(v.claims, func(c claim) bool { return c.by == s.MAC })
	}
}

// expireClaims tells of claims that nothing has borne out.
func (v *virtual) expireClaims() {
	v.claims = slices.DeleteFunc(v.claims, func(c claim) bool {
		if v.o.now.Before(c.until) {
			return false
		}
		d := Details{Sender: &Party{MAC: c.by}, Address: c.addr}
		master := "nobody is"
		if v.master != nil {
			d.To = copyOf(v.master)
			master = v.master.long() + " is"
		}
		v.begin(ForeignClaim, d, 1, "%v is claimed by %v, but %s master", c.addr, c.by, master)
		return true
	})
}
