package lvs

// settle brings the verdicts, weights and quorum of v, and whether its sorry server
// is in use, in line with its checks and settings. It is the one place where they
// change; cause is why, and c and err are the check that changed, if one did.
func (b *Balancer) settle(v *virtual, cause Cause, c *Check, err error, out []Effect) []Effect {
	before := len(out)
	effect := func(kind EffectKind, r *RealServer) *Effect {
		out = append(out, Effect{Kind: kind, Cause: cause, Virtual: v.VirtualServer, Real: r})
		return &out[len(out)-1]
	}
	weight := 0
	for _, r := range v.reals {
		if w := r.weightInForce(); w != r.weight {
			e := effect(WeightChanged, r.RealServer)
			e.From, e.To, e.Up = r.weight, w, r.up
			r.weight = w
		}
		switch up := r.verdict(); {
		case up == r.up:
		case up:
			r.up = true
			effect(RealUp, r.RealServer).Check = c
		default:
			r.up = false
			e := effect(RealDown, r.RealServer)
			e.Check, e.Err = c, err
		}
		if r.up {
			weight += r.weight
		}
	}
	if quorum := v.suffices(weight); quorum != v.quorum {
		v.quorum = quorum
		kind := QuorumLost
		if quorum {
			kind = QuorumGained
		}
		e := effect(kind, nil)
		e.Weight, e.Added = weight, v.added
	}
	sorry := v.Sorry
	if v.quorum {
		sorry = nil
	}
	if was := v.sorry; !sameServer(was, sorry) {
		if was != nil {
			effect(SorryLeft, was).Up = v.quorum
		}
		if sorry != nil {
			effect(SorryUsed, sorry)
		}
	}
	v.sorry, v.added = sorry, false
	if len(out) > before {
		effect(TableChanged, nil).IDs = v.ids
	}
	return out
}

// suffices reports whether real servers of weight are a quorum of v. It takes more
// to gain one than to keep it.
func (v *virtual) suffices(weight int) bool {
	if v.quorum {
		return weight >= v.Quorum-v.Hysteresis
	}
	return weight >= v.Quorum+v.Hysteresis
}

// verdict is that of all checks of r together.
func (r *real) verdict() bool {
	for _, c := range r.checks {
		if !c.state.Up() {
			return false
		}
	}
	return true
}

// weightInForce is what the first check that sets the weight says, else the
// configured one.
func (r *real) weightInForce() int {
	for _, c := range r.checks {
		if c.weight != nil {
			return *c.weight
		}
	}
	return r.Weight
}

// sameServer reports whether a and b, which may be nil, are at one address.
func sameServer(a, b *RealServer) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Addr == b.Addr
}
