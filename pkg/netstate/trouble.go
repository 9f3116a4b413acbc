package netstate

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// A Trouble is why an owner lacks what it holds. The zero Trouble is none. It
// lasts until items could be added again, or until the owner holds its items
// anew.
type Trouble struct {
	// Err joins the reasons: of each interface on which there is none of them.
	Err error
	// All says that there is none on any interface.
	All bool
	// Local says that for one interface at least the machine's or the process's
	// own state is the reason, so that another machine may do better.
	Local bool
}

// A failure is why there is nothing of an owner's on one interface.
type failure struct {
	err   error
	local bool
}

// Trouble returns what the owner lacks by the newest decision about it.
func (s *State) Trouble(owner string) Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.owners[owner]
	if o == nil || len(o.failures) == 0 {
		return Trouble{}
	}
	t := Trouble{All: true}
	var errs []error
	for _, c := range o.claims {
		if c.device.layer != interfaceLayer && !o.whole {
			continue // a router does without its routes, and lives by its addresses
		}
		f, failing := o.failures[c.device]
		t.All = t.All && failing
		t.Local = t.Local || f.local
		if failing {
			errs = append(errs, f.err)
		}
	}
	t.Err = errors.Join(errs...)
	return t
}

// TryAgain finds out, beside the caller, whether what the owner lacks because of
// this machine's trouble alone could be had now, and calls f if so. For what the
// kernel refuses there is no way to know.
func (s *State) TryAgain(owner string, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.owners[owner]
	if o == nil || s.closed {
		return
	}
	for _, fail := range o.failures {
		if !fail.local {
			return
		}
	}
	s.tries.Go(func() {
		conn, err := s.sys.OpenAddresses()
		if err != nil {
			return
		}
		conn.Close()
		f()
	})
}

// judge reports what could not be done, and says when it is tried again. whole
// says that an addition failed as a whole.
// What a route depends on is mostly on its way: its first failure is not reported,
// unless this is the last try.
func (d *device) judge(list []*entry, whole, last bool) {
	if d.ctx.Err() != nil {
		return
	}
	for _, c := range d.model.claims {
		if !c.tried || d.layer != interfaceLayer && !c.now.whole { // a router does without its routes
			continue
		}
		c.tried = false
		var all problems
		there := len(c.entries) == 0
		for _, e := range c.entries {
			there = there || e.state == present
			if d.layer != tablesLayer || e.refused { // a second time
				all.add(e.err)
			}
		}
		if c.now.whole {
			there = all.count == 0
		}
		if there && !(whole && all.count > 0) {
			d.state.judge(c, nil)
		} else if all.count > 0 {
			d.state.judge(c, &failure{all.join(), whole || all.local})
		}
	}
	now := time.Now()
	by := map[string]*problems{}
	var names []string
	for _, e := range list {
		if e.err == nil {
			e.refused, e.told = false, ""
			continue
		}
		if d.layer == tablesLayer && !e.refused && !last {
			e.refused, e.retry = true, now.Add(movedPause)
			continue
		}
		again, name := RetryAfter, e.owner()
		for _, r := range e.refs {
			if r.claim.now.held && d.state.failing(r.claim.owner) {
				again = min(again, max(r.claim.now.hurry, RetryFirst))
			}
		}
		e.retry = now.Add(again)
		if d.layer == filterLayer { // it may be so for as long as the machine runs
			if e.told == e.err.Error() {
				continue
			}
			e.told = e.err.Error()
		}
		p := by[name]
		if p == nil {
			p = &problems{again: again}
			by[name] = p
			names = append(names, name)
		}
		p.again = min(p.again, again)
		p.add(e.err)
	}
	for _, name := range names {
		d.state.report(Report{Kind: Failed, Owner: name, Device: d.name, Err: by[name].join(), Again: by[name].again})
	}
}

// judge takes note that an owner has something on an interface, or nothing and
// why, if the decision that this is about is still in force.
func (s *State) judge(c *claim, f *failure) {
	s.mu.Lock()
	o := c.owner
	_, before := o.failures[c.device]
	if c.now.turn != o.turn || f == nil && !before || !slices.Contains(o.claims, c) {
		s.mu.Unlock()
		return
	}
	if f == nil {
		delete(o.failures, c.device)
	} else {
		o.failures[c.device] = *f
	}
	name := o.name
	s.mu.Unlock()
	s.report(Report{Kind: Changed, Owner: name, Device: c.device.name})
}

// failing says that the owner lacks all that it holds on some interface.
func (s *State) failing(o *owner) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return o.held && len(o.failures) > 0
}

// problems are errors of several items, few of which are worth telling.
type problems struct {
	texts map[string]bool
	errs  []error
	count int
	local bool
	again time.Duration
}

func (p *problems) add(err error) {
	if err == nil {
		return
	}
	p.count++
	p.local = p.local || OwnTrouble(err)
	if p.texts == nil {
		p.texts = map[string]bool{}
	}
	if text := err.Error(); !p.texts[text] {
		p.texts[text] = true
		p.errs = append(p.errs, err)
	}
}

// tellAtMost is how many errors are listed one by one.
const tellAtMost = 5

func (p *problems) join() error {
	if left := len(p.errs) - tellAtMost; left > 0 {
		return errors.Join(append(p.errs[:tellAtMost:tellAtMost], fmt.Errorf("and %d more errors", left))...)
	}
	return errors.Join(p.errs...)
}

// OwnTrouble reports whether an error is this process's or machine's, and not
// about what was asked for.
func OwnTrouble(err error) bool {
	for _, errno := range []error{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.ENOBUFS, unix.EPERM, unix.EACCES, unix.EAGAIN} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}
