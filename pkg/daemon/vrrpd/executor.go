package vrrpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A jobKind is what an executor can do.
type jobKind uint8

const (
	add jobKind = iota + 1
	remove
	announce
)

// A job is one thing to be done to the addresses of one instance on one
// interface.
type job struct {
	kind  jobKind
	owner *instance
	name  string // the owner's
	// generation is that of the owner when the job was made. A job that is not
	// of the owner's newest is dropped: what came after it replaces it. 0 is
	// always done.
	generation uint64
	addrs      []vrrp.Address
	// repeat is how often each address is announced, and pause the time
	// between two announcements.
	repeat int
	pause  time.Duration
}

// stale says that the job was overtaken by a later decision.
func (j job) stale() bool {
	return j.generation != 0 && j.generation != j.owner.generation.Load()
}

// An executor does what takes time on one interface, addresses and gratuitous
// ARP, in the order in which it was asked for. It has a goroutine of its own:
// five hundred addresses on one interface must not delay an advert on another.
type executor struct {
	device string
	sys    System
	log    *slog.Logger
	done   chan struct{}
	cancel context.CancelFunc
	ctx    context.Context

	mu     sync.Mutex
	filled sync.Cond // uses mu
	jobs   []job     // guarded by mu
	closed bool      // guarded by mu

	// These belong to the goroutine.
	addresses Addresses
	announcer Announcer
}

func newExecutor(device string, sys System, log *slog.Logger) *executor {
	x := &executor{device: device, sys: sys, log: log, done: make(chan struct{})}
	x.ctx, x.cancel = context.WithCancel(context.Background())
	x.filled.L = &x.mu
	return x
}

// enqueue adds a job. It never blocks.
func (x *executor) enqueue(j job) {
	x.mu.Lock()
	x.jobs = append(x.jobs, j)
	x.mu.Unlock()
	x.filled.Signal()
}

// finish lets the executor do what is queued and waits for its end, or makes
// an end when ctx does.
func (x *executor) finish(ctx context.Context) error {
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	x.filled.Signal()
	defer x.cancel()
	select {
	case <-x.done:
		return nil
	case <-ctx.Done():
		x.cancel()
		<-x.done
		return fmt.Errorf("clear the addresses on %s: %w", x.device, context.Cause(ctx))
	}
}

// next waits for a job. ok is false when there will be none.
func (x *executor) next() (j job, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for len(x.jobs) == 0 && !x.closed {
		x.filled.Wait()
	}
	if len(x.jobs) == 0 {
		return job{}, false
	}
	j = x.jobs[0]
	x.jobs = x.jobs[1:]
	return j, true
}

func (x *executor) run() {
	defer close(x.done)
	defer x.close()
	for {
		j, ok := x.next()
		if !ok || x.ctx.Err() != nil {
			return
		}
		if j.stale() {
			continue
		}
		if err := x.do(j); err != nil && x.ctx.Err() == nil {
			x.log.Error(fmt.Sprintf("(%s) %v", j.name, err))
		}
	}
}

func (x *executor) do(j job) error {
	switch j.kind {
	case announce:
		x.logAnnouncement(j)
		return x.announce(j, 0)
	case remove:
		return x.change(j, remove, nil)
	}
	x.logAnnouncement(j)
	// Each address is announced as soon as it is there; the repetitions wait
	// until all are.
	err := x.change(j, add, func(a vrrp.Address) {
		if j.repeat > 0 && !j.stale() {
			x.sendARP(j, a)
		}
	})
	return errors.Join(err, x.announce(j, 1))
}

// logAnnouncement says in keepalived's words what is about to be announced.
func (x *executor) logAnnouncement(j job) {
	if j.repeat == 0 || !x.log.Enabled(x.ctx, slog.LevelDebug) {
		return
	}
	for _, a := range j.addrs {
		x.log.Debug(fmt.Sprintf("(%s) Sending/queueing gratuitous ARPs on %s for %v", j.name, x.device, a.Prefix.Addr()))
	}
}

// change adds or removes the addresses of a job, and calls done for each that
// is now as it should be.
func (x *executor) change(j job, kind jobKind, done func(vrrp.Address)) error {
	if x.addresses == nil {
		conn, err := x.sys.OpenAddresses()
		if err != nil {
			return fmt.Errorf("change addresses on %s: %w", x.device, err)
		}
		x.addresses = conn
	}
	apply := x.addresses.AddAddresses
	if kind == remove {
		apply = x.addresses.RemoveAddresses
	}
	var errs []error
	err := apply(x.ctx, j.addrs, func(n int, err error) {
		switch {
		case err != nil && kind == remove && errors.Is(err, unix.ENODEV):
			// Gone with its interface.
		case err != nil:
			errs = append(errs, err)
		case done != nil:
			done(j.addrs[n])
		}
	})
	if err != nil {
		// The connection may hold half an answer: the next job begins anew.
		x.addresses.Close()
		x.addresses = nil
	}
	return errors.Join(append(errs, err)...)
}

// announce sends the rounds of a job's announcements from the given one on.
func (x *executor) announce(j job, from int) error {
	for range j.repeat - from {
		for _, a := range j.addrs {
			if j.stale() {
				return nil
			}
			x.sendARP(j, a)
		}
	}
	return nil
}

// sendARP announces one address. An interface that was made anew needs a new
// socket, so a failure closes the old one and tries once more.
func (x *executor) sendARP(j job, a vrrp.Address) {
	err := x.tryARP(a)
	if err != nil {
		err = x.tryARP(a)
	}
	if err != nil {
		x.log.Warn(fmt.Sprintf("(%s) announce %v on %s: %v", j.name, a.Prefix.Addr(), x.device, err))
	}
	if j.pause > 0 {
		x.sleep(j.pause)
	}
}

func (x *executor) tryARP(a vrrp.Address) error {
	if x.announcer == nil {
		announcer, err := x.sys.OpenAnnouncer(x.device)
		if err != nil {
			return err
		}
		x.announcer = announcer
	}
	err := x.announcer.Announce(a.Prefix.Addr())
	if err != nil {
		x.announcer.Close()
		x.announcer = nil
	}
	return err
}

func (x *executor) sleep(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-x.ctx.Done():
	}
}

func (x *executor) close() {
	if x.addresses != nil {
		x.addresses.Close()
	}
	if x.announcer != nil {
		x.announcer.Close()
	}
}
