package vrrpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// An executor changes the addresses of one interface, in the order in which that
// was asked for, and lets a crier announce them. It has a goroutine of its own:
// five hundred addresses on one interface must not delay an advert on another.
type executor struct {
	device string
	sys    System
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{} // holds one when there may be something to do

	voice voice
	crier *crier

	// alert asks the goroutine to be awake when the next job comes, and waiting
	// says that there are jobs.
	alert, waiting atomic.Bool

	mu     sync.Mutex
	jobs   []job             // guarded by mu: changes, in order
	again  map[*instance]job // guarded by mu: what failed and waits to be tried again
	closed bool              // guarded by mu

	// These belong to the goroutine.
	addresses Addresses
	restored  limiter // for the log
	refused   limiter // for the log

	report func(addressFailure) // of addresses that a master could not be given
}

func newExecutor(device string, sys System, log *slog.Logger, report func(addressFailure)) *executor {
	x := &executor{
		device: device, sys: sys, log: log, report: report, voice: voice{device: device, sys: sys, log: log},
		done: make(chan struct{}), wake: make(chan struct{}, 1), again: map[*instance]job{},
	}
	x.crier = newCrier(&x.voice)
	x.ctx, x.cancel = context.WithCancel(context.Background())
	return x
}

// prepare opens what the executor needs, before run. An interface that is not
// there yet is no error.
func (x *executor) prepare() error {
	if err := x.open(); err != nil {
		return err
	}
	return x.voice.warm()
}

func (x *executor) open() error {
	if x.addresses != nil {
		return nil
	}
	conn, err := x.sys.OpenAddresses()
	if err != nil {
		return fmt.Errorf("change addresses on %s: %w", x.device, err)
	}
	x.addresses = conn
	return nil
}

// enqueue adds a job. It never blocks.
func (x *executor) enqueue(j job) {
	x.mu.Lock()
	x.jobs = append(x.jobs, j)
	x.mu.Unlock()
	x.waiting.Store(true)
	poke(x.wake)
}

// standBy lets the executor be awake for a moment, because a job is about to
// come: to wake a thread takes longer than to add an address.
func (x *executor) standBy() {
	x.alert.Store(true)
	poke(x.wake)
}

// end lets the executor do what changes are queued, and no more.
func (x *executor) end() {
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	poke(x.wake)
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
	ctx, cancel := context.WithCancel(x.ctx)
	var crier sync.WaitGroup
	crier.Go(func() { x.crier.run(ctx) })
	defer func() {
		cancel()
		crier.Wait()
		x.close()
	}()
	_ = x.voice.warm() // if that fails, so will the first announcement, and log it
	for {
		jobs, more := x.next()
		switch {
		case x.ctx.Err() != nil || !more:
			return
		case len(jobs) > 0:
			x.do(jobs)
			continue
		}
		select {
		case <-x.wake:
			x.watch()
		case <-x.ctx.Done():
		}
	}
}

// watch stays awake for a moment, if that was asked for, until there are jobs.
func (x *executor) watch() {
	if !x.alert.Swap(false) {
		return
	}
	for end := monotonic().Add(2 * lead); monotonic() < end && !x.waiting.Load(); {
	}
}

// next takes the next jobs that can be done together, or none if there are none.
// more is false when there will be none either.
func (x *executor) next() (jobs []job, more bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := runOf(x.jobs)
	jobs, x.jobs = x.jobs[:n:n], x.jobs[n:]
	if len(x.jobs) == 0 {
		x.jobs = nil
		x.waiting.Store(false)
	}
	return jobs, n > 0 || !x.closed
}

// tryLater makes a change that failed come again, until it succeeds or is
// overtaken.
func (x *executor) tryLater(j *job, err error) {
	if x.ctx.Err() != nil {
		return
	}
	if dropped, ok := x.refused.allow(monotonic()); ok {
		x.log.Error(fmt.Sprintf("(%s) %v; trying again every %v%s", j.name, err, j.again(), andMore(dropped)))
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
	before, waits := x.again[j.owner]
	switch {
	case !waits:
		time.AfterFunc(j.again(), func() { x.tryAgain(j.owner) })
	case before.generation > later.generation:
		return
	case before.generation == later.generation && before.kind != remove && later.kind != remove:
		later.addrs = slices.Concat(before.addrs, later.addrs)
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

// do carries out jobs that can be done together.
func (x *executor) do(jobs []job) {
	tasks := make([]task, 0, len(jobs))
	for n := range jobs {
		if j := &jobs[n]; j.changes() && !j.stale() && len(j.addrs) > 0 {
			tasks = append(tasks, task{job: j})
		}
	}
	if len(tasks) > 0 {
		err := x.change(tasks)
		for n := range tasks {
			tasks[n].finish(x, err)
		}
		x.crier.flush()
	}
	for n := range jobs {
		if jobs[n].kind == announce {
			x.crier.call(jobs[n])
		}
		if done := jobs[n].done; done != nil {
			done()
		}
	}
}

// A task is a job under way.
type task struct {
	*job
	announced []vrrp.Address // those to be announced
	errs      []error        // of single addresses
}

// change adds or removes the addresses of all tasks in one go. The error says
// that it could not be done at all, or not to the end.
func (x *executor) change(tasks []task) error {
	var addrs []vrrp.Address
	var of []*task // by address
	for n := range tasks {
		for _, a := range tasks[n].addrs {
			addrs, of = append(addrs, a), append(of, &tasks[n])
		}
	}
	if err := x.open(); err != nil {
		return err
	}
	apply, removal := x.addresses.AddAddresses, tasks[0].kind == remove
	if removal {
		apply = x.addresses.RemoveAddresses
	}
	first := true
	err := apply(x.ctx, addrs, func(n int, changed bool, err error) {
		t := of[n]
		switch {
		case err != nil && removal && errors.Is(err, unix.ENODEV):
			// Gone with its interface.
		case err != nil:
			t.errs = append(t.errs, err)
		case !removal && (t.kind == add || changed):
			x.added(t, addrs[n], first)
			first = false
		}
	})
	if err != nil {
		// The connection may hold half an answer: the next job begins anew.
		x.addresses.Close()
		x.addresses = nil
	}
	return err
}

// added announces an address as soon as it is there: the first one here and now,
// for the crier would have to be woken up. Where a pace is set the repetitions
// are all that there is, for the kernel's answers are not to be kept waiting.
func (x *executor) added(t *task, a vrrp.Address, first bool) {
	if t.kind == restore {
		x.logRestored(t.name, a)
	}
	t.announced = append(t.announced, a)
	switch {
	case t.pause > 0 || t.repeat == 0 || t.stale():
	case first:
		x.voice.announce(t.name, a)
	default:
		x.crier.first(t.job, a)
	}
}

// finish queues what is left to announce of a task, and what has failed for
// another time.
func (t *task) finish(x *executor, err error) {
	if t.kind != remove {
		x.logAnnouncement(t)
		rounds := *t.job
		rounds.kind, rounds.addrs, rounds.done = announce, t.announced, nil
		if t.pause == 0 && t.repeat > 0 {
			rounds.repeat--
		}
		x.crier.call(rounds)
	}
	failed := errors.Join(append(t.errs, err)...)
	x.reportFailure(t, err, failed)
	if failed != nil {
		x.tryLater(t.job, failed)
	}
}

// logAnnouncement says in keepalived's words what is being announced.
func (x *executor) logAnnouncement(t *task) {
	if t.kind != add || t.repeat == 0 || t.quiet || !x.log.Enabled(x.ctx, slog.LevelDebug) {
		return
	}
	for _, a := range t.announced {
		x.log.Debug(fmt.Sprintf("(%s) Sending/queueing gratuitous ARPs on %s for %v", t.name, x.device, a.Prefix.Addr()))
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
	x.voice.close()
	if x.addresses != nil {
		x.addresses.Close()
	}
}
