package vrrpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A job is one thing to be done, in its turn, on one interface.
type job struct {
	kind  jobKind
	owner *instance
	name  string // the owner's; its settings belong to the loop
	// generation is that of the owner when the job was made. A job that is not
	// of the owner's newest is dropped: what came after it replaces it. always
	// is never dropped.
	generation uint64
	addrs      []vrrp.Address
	// repeat is how often each address is announced, and pause the time
	// between two announcements on the interface.
	repeat int
	pause  time.Duration
	// done is called when the job is through, or was dropped.
	done func()
}

// A jobKind is what an executor can do.
type jobKind uint8

const (
	add jobKind = iota + 1
	remove
	announce
	ensure  // as add, but only what was not there is announced
	restore // as ensure, for what somebody has taken away
	tell    // nothing: to call done after all that came before
)

// always is the generation of jobs that nothing overtakes.
const always = 0

// stale says that the job was overtaken by a later decision.
func (j *job) stale() bool {
	return j.generation != always && j.generation != j.owner.generation.Load()
}

// An executor does what takes time on one interface, addresses and gratuitous
// ARP. It has a goroutine of its own: five hundred addresses on one interface
// must not delay an advert on another. Changes of addresses come in the order in
// which they were asked for, and before announcements, which wait for their
// pace.
type executor struct {
	device string
	sys    System
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{} // holds one when there may be something to do

	// reopen asks for a new announcer: the interface has changed.
	reopen atomic.Bool

	mu     sync.Mutex
	jobs   []job             // guarded by mu: changes, in order
	calls  calls             // guarded by mu: announcements
	again  map[*instance]job // guarded by mu: what failed and waits to be tried again
	closed bool              // guarded by mu

	// These belong to the goroutine.
	addresses Addresses
	announcer Announcer
	failures  limiter   // of announcements, for the log
	restored  limiter   // for the log
	refused   limiter   // for the log
	quietTill vrrp.Time // no announcement before
}

func newExecutor(device string, sys System, log *slog.Logger) *executor {
	x := &executor{device: device, sys: sys, log: log, done: make(chan struct{}), wake: make(chan struct{}, 1), again: map[*instance]job{}}
	x.ctx, x.cancel = context.WithCancel(context.Background())
	return x
}

// enqueue adds a job. It never blocks.
func (x *executor) enqueue(j job) {
	x.mu.Lock()
	if j.kind == announce {
		x.calls.add(j)
	} else {
		x.jobs = append(x.jobs, j)
	}
	x.mu.Unlock()
	x.poke()
}

func (x *executor) poke() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// end lets the executor do what changes are queued, and no more.
func (x *executor) end() {
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	x.poke()
}

// ended says that the executor has come to its end.
func (x *executor) ended() bool {
	select {
	case <-x.done:
		return true
	default:
		return false
	}
}

// wait waits for the end, or makes one when ctx ends.
func (x *executor) wait(ctx context.Context) error {
	defer x.cancel()
	select {
	case <-x.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("clear the addresses on %s: %w", x.device, context.Cause(ctx))
	}
}

func (x *executor) run() {
	defer close(x.done)
	defer x.close()
	pace := time.NewTimer(0)
	defer pace.Stop()
	for {
		j, more := x.next()
		switch {
		case x.ctx.Err() != nil || !more:
			return
		case j != nil:
			if err := x.do(j); err != nil && x.ctx.Err() == nil {
				x.tryLater(j, err)
			}
			continue
		}
		if wait := x.announceNext(); wait >= 0 {
			pace.Reset(wait)
		} else {
			pace.Stop()
		}
		select {
		case <-x.wake:
		case <-pace.C:
		case <-x.ctx.Done():
		}
	}
}

// next takes the next change, or nil if there is none. more is false when there
// will be none either; announcements that still wait are not worth waiting for.
func (x *executor) next() (j *job, more bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.jobs) == 0 {
		return nil, !x.closed
	}
	j = &x.jobs[0]
	x.jobs = x.jobs[1:]
	return j, true
}

// tryLater makes a change that failed come again, until it succeeds or is
// overtaken.
func (x *executor) tryLater(j *job, err error) {
	if dropped, ok := x.refused.allow(monotonic()); ok {
		x.log.Error(fmt.Sprintf("(%s) %v; trying again every %v%s", j.name, err, retryAfter, andMore(dropped)))
	}
	if j.generation == always {
		return // by then somebody else may have come to hold the address
	}
	later := *j
	later.done = nil
	if later.kind == add {
		later.kind = ensure // those that are there have been announced
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, waits := x.again[j.owner]; !waits {
		time.AfterFunc(retryAfter, func() { x.tryAgain(j.owner) })
	}
	x.again[j.owner] = later
}

// tryAgain queues what last failed for an instance.
func (x *executor) tryAgain(owner *instance) {
	x.mu.Lock()
	j, ok := x.again[owner]
	delete(x.again, owner)
	x.mu.Unlock()
	if ok {
		x.enqueue(j)
	}
}

// do carries out a change.
func (x *executor) do(j *job) error {
	if j.done != nil {
		defer j.done()
	}
	switch {
	case j.kind == tell, j.stale(), len(j.addrs) == 0:
		return nil
	case j.kind == remove:
		return x.change(j, nil)
	}
	return x.add(j)
}

// add adds the addresses of a job and announces them.
func (x *executor) add(j *job) error {
	if j.kind == add {
		x.logAnnouncement(j)
	}
	// Each address is announced as soon as it is there; the repetitions wait
	// until all are, and where a pace is set so does the first time: the
	// kernel's answers are not to be kept waiting.
	rounds := *j
	rounds.kind, rounds.addrs, rounds.done = announce, nil, nil
	if j.pause == 0 && j.repeat > 0 {
		rounds.repeat--
	}
	err := x.change(j, func(a vrrp.Address, changed bool) {
		if j.kind != add && !changed {
			return
		}
		if j.kind == restore {
			x.logRestored(j.name, a)
		}
		rounds.addrs = append(rounds.addrs, a)
		if j.pause == 0 && j.repeat > 0 && !j.stale() {
			x.sendARP(j.name, a)
		}
	})
	x.enqueue(rounds)
	return err
}

// change adds or removes the addresses of a job, and calls done for each that
// is now as it should be.
func (x *executor) change(j *job, done func(a vrrp.Address, changed bool)) error {
	if x.addresses == nil {
		conn, err := x.sys.OpenAddresses()
		if err != nil {
			return fmt.Errorf("change addresses on %s: %w", x.device, err)
		}
		x.addresses = conn
	}
	apply := x.addresses.AddAddresses
	if j.kind == remove {
		apply = x.addresses.RemoveAddresses
	}
	var errs []error
	err := apply(x.ctx, j.addrs, func(n int, changed bool, err error) {
		switch {
		case err != nil && j.kind == remove && errors.Is(err, unix.ENODEV):
			// Gone with its interface.
		case err != nil:
			errs = append(errs, err)
		case done != nil:
			done(j.addrs[n], changed)
		}
	})
	if err != nil {
		// The connection may hold half an answer: the next job begins anew.
		x.addresses.Close()
		x.addresses = nil
	}
	return errors.Join(append(errs, err)...)
}

// burst is how many announcements without a pause are sent before the changes
// get their turn.
const burst = 64

// announceNext sends what announcements are due and returns the time until the
// next one; a negative one is never.
func (x *executor) announceNext() time.Duration {
	if wait := x.quietTill.Sub(monotonic()); wait > 0 {
		return wait
	}
	for range burst {
		x.mu.Lock()
		j, addr, ok := x.calls.next()
		x.mu.Unlock()
		if !ok {
			return -1
		}
		x.sendARP(j.name, addr)
		if j.pause > 0 {
			x.quietTill = monotonic().Add(j.pause)
			return j.pause
		}
	}
	return 0
}

// sendARP announces one address. An interface that was made anew needs a new
// socket, so a failure closes the old one and tries once more.
func (x *executor) sendARP(name string, a vrrp.Address) {
	err := x.tryARP(a)
	if err != nil {
		err = x.tryARP(a)
	}
	if err == nil {
		return
	}
	if dropped, ok := x.failures.allow(monotonic()); ok {
		x.log.Warn(fmt.Sprintf("(%s) announce %v on %s: %v%s", name, a.Prefix.Addr(), x.device, err, andMore(dropped)))
	}
}

func (x *executor) tryARP(a vrrp.Address) error {
	if x.reopen.Swap(false) {
		x.closeAnnouncer()
	}
	if x.announcer == nil {
		announcer, err := x.sys.OpenAnnouncer(x.device)
		if err != nil {
			return err
		}
		x.announcer = announcer
	}
	err := x.announcer.Announce(a.Prefix.Addr())
	if err != nil {
		x.closeAnnouncer()
	}
	return err
}

func (x *executor) closeAnnouncer() {
	if x.announcer != nil {
		x.announcer.Close()
		x.announcer = nil
	}
}

// logAnnouncement says in keepalived's words what is about to be announced.
func (x *executor) logAnnouncement(j *job) {
	if j.repeat == 0 || !x.log.Enabled(x.ctx, slog.LevelDebug) {
		return
	}
	for _, a := range j.addrs {
		x.log.Debug(fmt.Sprintf("(%s) Sending/queueing gratuitous ARPs on %s for %v", j.name, x.device, a.Prefix.Addr()))
	}
}

// logRestored says that somebody took an address away. Whoever does that again
// and again does not fill the log.
func (x *executor) logRestored(name string, a vrrp.Address) {
	if dropped, ok := x.restored.allow(monotonic()); ok {
		x.log.Warn(fmt.Sprintf("(%s) %v was taken from %s by somebody else, put back%s", name, a.Prefix, x.device, andMore(dropped)))
	}
}

func (x *executor) close() {
	x.closeAnnouncer()
	if x.addresses != nil {
		x.addresses.Close()
	}
}
