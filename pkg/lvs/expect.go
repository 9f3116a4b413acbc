package lvs

import (
	"net/netip"

	"github.com/kactl/kactl/pkg/health"
)

// full returns what the kernel should have of v at id, but for the
// destinations.
func (v VirtualServer) full(id ID) FullService {
	s := v.service()
	f := FullService{
		Scheduler:   s.Scheduler,
		Persistence: s.Persistence,
		Engine:      v.Options.PersistenceEngine,
		OnePacket:   v.Options.OnePacket,
		Flags:       v.Options.Flags,
	}
	if s.Netmask.Is6() == id.Is6() { // a group may have addresses of both families
		f.Netmask = s.Netmask
	}
	return f
}

// full returns what the kernel should have of r while it is up.
func (r RealServer) full() FullDestination {
	return FullDestination{
		Destination:    Destination{Forward: r.Forward, Weight: r.Weight},
		Tunnel:         r.Options.Tunnel,
		UpperThreshold: r.Options.UpperThreshold,
		LowerThreshold: r.Options.LowerThreshold,
	}
}

// at returns the address of r in the service at id. Only NAT can reach another
// port than the service's, which for a mark is 0.
func (r RealServer) at(id ID) netip.AddrPort {
	if r.Forward == NAT {
		return r.Addr
	}
	return netip.AddrPortFrom(r.Addr.Addr(), id.Addr.Port())
}

// checked reports whether something can find r down.
func (r RealServer) checked() bool { return len(r.Checks)+len(r.Unprobed) > 0 }

// weighed reports whether checks of r set its weight.
func (r RealServer) weighed() bool {
	for _, checks := range [][]health.Check{r.Checks, r.Unprobed} {
		for _, c := range checks {
			if c.File != nil || c.Misc != nil && c.Misc.Dynamic {
				return true
			}
		}
	}
	return false
}

// losable reports whether the checks can find so many real servers down that
// the quorum is lost.
func (v VirtualServer) losable() bool {
	fixed, total, checked := 0, 0, false
	for _, r := range v.Reals {
		total += r.Weight
		if r.checked() {
			checked = true
		} else {
			fixed += r.Weight
		}
	}
	return total == 0 || checked && fixed < max(1, v.Options.Quorum+v.Options.Hysteresis)
}

// serving reports whether a real server of w takes new connections.
func (w wanted) serving(have map[netip.AddrPort]FullDestination) bool {
	for _, r := range w.Reals {
		if have[r.at(w.id)].Weight > 0 {
			return true
		}
	}
	return false
}

// sorryUse returns the address of the sorry server in the table, and whether it
// stands in for the real servers there.
func (w wanted) sorryUse(have map[netip.AddrPort]FullDestination) (addr netip.AddrPort, used bool) {
	if w.Sorry == nil {
		return addr, false
	}
	addr = w.Sorry.at(w.id)
	h := have[addr]
	if h.Weight == 0 || !w.losable() {
		return addr, false
	}
	for _, r := range w.Reals {
		switch at := r.at(w.id); {
		case at != addr && have[at].Weight > 0, at == addr && h == r.full(): // it is up
			return addr, false
		}
	}
	return addr, true
}
