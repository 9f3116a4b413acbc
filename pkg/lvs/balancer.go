package lvs

import (
	"time"

	"github.com/kactl/kactl/pkg/health"
)

// A Balancer decides what the kernel's table should hold. It has the virtual and
// real servers of the settings and the state of their checks; results of probes and
// other settings come in, and effects go out, in the order in which they have to be
// done and told. It has no clock.
//
// A real server is up while all of its checks are; without a check it always is.
// What the kernel makes of the table is nothing to the Balancer: a real server that
// the kernel refuses counts as up, as it does for keepalived, and so the sorry
// server does not take over for it. The refusal is an error of the settings or of
// this machine, which the driver reports and tries again; a verdict that followed
// it would take the server away and bring it back with each try.
type Balancer struct {
	virtuals []*virtual // in the order of the settings
	byKey    map[VirtualKey]*virtual
	reals    map[RealKey]*real
	table    map[ServiceID]wanted
	checks   int
}

// A virtual is the state of a virtual server.
type virtual struct {
	*VirtualServer
	key   VirtualKey
	ids   []ServiceID // what it is in the kernel's table
	reals []*real
	// quorum says that its real servers suffice, and sorry is the sorry server that
	// is in use, or nil.
	quorum bool
	sorry  *RealServer
	added  bool // by this reload
}

// A real is the state of a real server.
type real struct {
	*RealServer
	virtual *virtual
	checks  []*Check
	up      bool
	weight  int // in force
}

// A Check is one check of one real server.
type Check struct {
	real  *real
	state *health.State
	// weight is what the last probe set, or nil.
	weight *int
	gone   bool
}

// Key returns the real server of c.
func (c *Check) Key() RealKey { return RealKey{c.real.virtual.key, c.real.Addr} }

// Settings returns c as it is configured.
func (c *Check) Settings() health.Check { return c.state.Check() }

// First returns how long to wait before the first probe, with r random in [0, 1).
func (c *Check) First(r float64) time.Duration { return c.state.First(r) }

// Probe returns what to probe next.
func (c *Check) Probe() health.Check { return c.state.Probe() }

// Up reports the verdict of c alone.
func (c *Check) Up() bool { return c.state.Up() }

// NewBalancer returns a Balancer without servers: the first settings come with
// [Balancer.Reload].
func NewBalancer() *Balancer {
	return &Balancer{byKey: map[VirtualKey]*virtual{}, reals: map[RealKey]*real{}, table: map[ServiceID]wanted{}}
}

// Step takes the result of a probe of c, and appends what follows to out. A check
// that was removed meanwhile has no effects.
func (b *Balancer) Step(c *Check, r health.Result, out []Effect) []Effect {
	if c.gone {
		return out
	}
	outcome := c.state.Step(r)
	v := c.real.virtual
	out = append(out, Effect{Kind: Probed, Cause: Checked, Virtual: v.VirtualServer, Real: c.real.RealServer, Check: c, Outcome: outcome, Err: r.Err, Up: c.real.verdict()})
	if outcome.Trouble != nil {
		return out
	}
	weighed := setsWeight(c, r)
	if weighed {
		c.weight = r.Weight
	}
	if !weighed && outcome.Change == health.None {
		return out
	}
	return b.settle(v, Checked, c, r.Err, out)
}

// setsWeight reports whether r sets another weight than the last result of c.
func setsWeight(c *Check, r health.Result) bool {
	if c.weight == nil || r.Weight == nil {
		return c.weight != r.Weight
	}
	return *c.weight != *r.Weight
}

// Stop appends what the end is for each real server. The Balancer is not used
// afterwards.
func (b *Balancer) Stop(out []Effect) []Effect {
	for _, v := range b.virtuals {
		for _, r := range v.reals {
			out = append(out, Effect{Kind: RealRemoved, Cause: Stopped, Virtual: v.VirtualServer, Real: r.RealServer, Up: r.up})
		}
	}
	return out
}

// Checks returns how many checks there are.
func (b *Balancer) Checks() int { return b.checks }

// Entry returns what the kernel's table should hold at id; ok is false for
// nothing.
func (b *Balancer) Entry(id ServiceID) (s Service, ok bool) {
	w, ok := b.table[id]
	if !ok {
		return s, false
	}
	return w.desired(b), true
}

// Desired returns what the kernel's table should hold.
func (b *Balancer) Desired() Table {
	t := make(Table, len(b.table))
	for _, v := range b.virtuals {
		for _, id := range v.ids {
			t[id] = b.table[id].desired(b)
		}
	}
	return t
}

// Real implements [State]. A real server that is not known is down.
func (b *Balancer) Real(k RealKey, _ *RealServer) (weight int, up bool) {
	if r := b.reals[k]; r != nil {
		return r.weight, r.up
	}
	return 0, false
}

// Quorum implements [State].
func (b *Balancer) Quorum(k VirtualKey) bool {
	v := b.byKey[k]
	return v != nil && v.quorum
}
