package netstate

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what a State is made of.
type Config struct {
	System System
	// Report is called with what happens, from several goroutines. It must not
	// block, nor call the State.
	Report func(Report)
}

// A State makes the interfaces of a machine what their owners want.
type State struct {
	sys    System
	report func(Report)
	tries  sync.WaitGroup

	// gated keeps the devices from acting upon decisions one by one.
	gated atomic.Bool

	mu      sync.Mutex // guards all following
	owners  map[string]*owner
	devices map[string]*device
	paces   map[string]*pace // by interface
	ending  []*device        // those that have nothing to do any more
	closed  bool
}

// An owner is one that wants something. All but the claims' insides is guarded
// by State.mu.
type owner struct {
	name   string
	claims []*claim // by interface, in the order of the Want
	held   bool
	whole  bool   // its routes and rules count as well, for what it lacks
	stays  bool   // its items were there before it
	turn   uint64 // counts the changes of held
	// failures are the interfaces on which there is nothing of what is held.
	failures map[*device]failure
	stages
}

// New returns a State in which nothing is wanted.
func New(cfg Config) *State {
	return &State{sys: cfg.System, report: cfg.Report, owners: map[string]*owner{}, devices: map[string]*device{}}
}

// Open opens what is needed to change an interface, so that a machine on which
// that is not possible is known before anything depends on it. What fails is
// tried again when it is needed.
func (s *State) Open(device string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.devices[device] != nil {
		return nil
	}
	d := newDevice(device, s)
	err := d.prepare()
	s.start(d)
	return err
}

// device returns what changes an interface. s.mu is held.
func (s *State) device(name string) *device {
	d := s.devices[name]
	if d == nil {
		d = newDevice(name, s)
		s.start(d)
	}
	return d
}

func (s *State) start(d *device) {
	s.devices[d.name] = d
	go d.run()
}

// retire ends a device on which there is nothing that is anybody's business.
func (s *State) retire(d *device) bool {
	if !d.model.idle() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.waiting.Load() || !d.used || s.awaited(d) {
		return false
	}
	delete(s.devices, d.name)
	s.ending = append(slices.DeleteFunc(s.ending, (*device).ended), d)
	return true
}

// Set makes w what its owner wants. What it does not change stays as it is.
func (s *State) Set(w Want) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	o := s.owners[w.Owner]
	if o == nil {
		o = &owner{name: w.Owner, failures: map[*device]failure{}}
		s.owners[w.Owner] = o
	}
	d := decision{
		name: w.Owner, held: w.Held, repeat: w.Repeat, pause: w.Pause, hurry: w.Hurry, quiet: w.Quiet, whole: w.Whole,
		takeOver: w.Held && !o.held,
	}
	turned := w.Held != o.held || len(o.later) > 0
	o.whole, o.stays = w.Whole, w.Stays
	if w.Held != o.held {
		o.held = w.Held
		o.turn++
		if w.Held {
			clear(o.failures)
		}
	}
	d.turn = o.turn
	o.match(s, w.Parts)
	for n, c := range o.claims {
		c.items = w.Parts[n].Items
	}
	s.decide(o, d, turned)
}

// match makes the owner's claims those of the parts, in their order.
func (o *owner) match(s *State, parts []Part) {
	if slices.EqualFunc(o.claims, parts, func(c *claim, p Part) bool { return c.device.name == p.Device }) {
		return
	}
	before := o.claims
	o.claims = make([]*claim, len(parts))
	for n, p := range parts {
		k := slices.IndexFunc(before, func(c *claim) bool { return c.device.name == p.Device })
		if k < 0 {
			o.claims[n] = &claim{owner: o, device: s.device(p.Device)}
		} else {
			o.claims[n] = before[k]
		}
	}
	for _, c := range before {
		if !slices.Contains(o.claims, c) {
			delete(o.failures, c.device)
			c.device.decide(c, decision{name: o.name, turn: o.turn, dropped: true})
		}
	}
}

// Drop says that the owner wants nothing any more, and has no business with what
// it had.
func (s *State) Drop(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.owners[name]; o != nil {
		o.later = nil
		s.release(o)
		o.match(s, nil)
		delete(s.owners, name)
	}
}

// Rename lets an owner go on under another name.
func (s *State) Rename(from, to string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.owners[from]; o != nil {
		delete(s.owners, from)
		o.name = to
		s.owners[to] = o
	}
}

// Together lets all that is decided until done is called be acted upon at once:
// what one owner gives up and another one takes is not removed in between.
func (s *State) Together() (done func()) {
	s.gated.Store(true)
	return func() {
		s.gated.Store(false)
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, d := range s.devices {
			poke(d.wake)
		}
	}
}

// Announce announces all addresses that are there and that the owner holds, that
// many times each.
func (s *State) Announce(owner string, repeat int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.owners[owner]
	if o == nil {
		return
	}
	for _, c := range o.claims {
		c.device.order(func(*orders) {
			c.rounds = max(c.rounds, repeat)
			c.device.queue(c)
		})
	}
}

// After calls f when all that the owner has wanted up to now was tried. What was
// ordered before is called before.
func (s *State) After(owner string, f func()) {
	s.mu.Lock()
	o := s.owners[owner]
	if o == nil || len(o.claims) == 0 {
		s.mu.Unlock()
		f()
		return
	}
	defer s.mu.Unlock()
	if len(o.later) > 0 {
		o.waiting = append(o.waiting, f)
		return
	}
	after(o.claims, f)
}

// Settled calls f when all that was decided up to now about an interface was tried.
func (s *State) Settled(device string, f func()) {
	s.mu.Lock()
	d := s.devices[device]
	if d != nil {
		d.order(func(o *orders) { o.calls = append(o.calls, f) })
	}
	s.mu.Unlock()
	if d == nil {
		f()
	}
}

// StandBy says that the owner may take its items over within that time.
func (s *State) StandBy(owner string, within time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.owners[owner]; o != nil && len(o.claims) > 0 {
		o.claims[0].device.standBy(within)
	}
}

// Close lets what is ordered be done, and waits for that. It ends, with an error,
// when ctx does. What owners hold stays there.
func (s *State) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	errs := s.endLayers(ctx)
	s.mu.Unlock()
	s.tries.Wait()
	return errors.Join(errs...)
}
