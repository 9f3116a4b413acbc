package lvs

import "net/netip"

// checked reports whether something can find r down.
func (r RealServer) checked() bool { return len(r.Checks) > 0 }

// dynamicWeight reports whether checks of r set its weight.
func (r RealServer) dynamicWeight() bool {
	for _, c := range r.Checks {
		if c.File != nil || c.Misc != nil && c.Misc.Dynamic {
			return true
		}
	}
	return false
}

// canLoseQuorum reports whether the checks can find so many real servers down
// that the quorum is lost.
func (v VirtualServer) canLoseQuorum() bool {
	fixed, total, checked := 0, 0, false
	for _, r := range v.Reals {
		total += r.Weight
		if r.checked() {
			checked = true
		} else {
			fixed += r.Weight
		}
	}
	return total == 0 || checked && fixed < max(1, v.Quorum+v.Hysteresis)
}

// serving reports whether a real server of w takes new connections.
func (w wanted) serving(have map[netip.AddrPort]Destination) bool {
	for _, r := range w.Reals {
		if have[r.at(w.id)].Weight > 0 {
			return true
		}
	}
	return false
}

// sorryUse returns the address of the sorry server in the table, and whether it
// stands in for the real servers there.
func (w wanted) sorryUse(have map[netip.AddrPort]Destination) (addr netip.AddrPort, used bool) {
	if w.Sorry == nil {
		return addr, false
	}
	addr = w.Sorry.at(w.id)
	h := have[addr]
	if h.Weight == 0 || !w.canLoseQuorum() {
		return addr, false
	}
	for _, r := range w.Reals {
		switch at := r.at(w.id); {
		case at != addr && have[at].Weight > 0, at == addr && h == r.destination(): // it is up
			return addr, false
		}
	}
	return addr, true
}
