// Package checkd is the checkers' process as a library: it probes the real
// servers and keeps the kernel's IPVS table as the configuration and their
// health ask for.
//
// One goroutine owns all state. A deadline heap names the next probe, and a
// bounded number of probes run beside; the table is changed by difference
// against what the kernel is known to hold.
package checkd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

// Prober runs one probe.
type Prober interface {
	// Probe runs c once. It bounds itself in time by the time-outs of c.
	Probe(ctx context.Context, c health.Check) health.Result
}

// IPVS is the kernel's table.
type IPVS interface {
	Table(ctx context.Context) (lvs.Table, error)
	// Apply carries out ops in order, and returns those that the kernel refused.
	// An add of what exists and a delete of what does not are done. The error
	// says that nobody knows what was done.
	Apply(ctx context.Context, ops []lvs.Op) ([]lvs.Refusal, error)
	// Timeouts are those of idle connections. SetTimeouts leaves those that are 0.
	Timeouts(ctx context.Context) (lvs.Timeouts, error)
	SetTimeouts(ctx context.Context, t lvs.Timeouts) error
	Close() error
}

// Config is what a Daemon needs of the world.
type Config struct {
	Settings lvs.Settings
	// Open connects to the kernel's table. It is called when there is something to
	// balance for the first time, and again with the next reload where it failed.
	Open   func() (IPVS, error)
	Prober Prober
	// Events gets what happens, in its order. It must not block. Nil is nobody.
	Events func(event.Event)
	// Log gets what is about the daemon itself, and about the kernel's table.
	Log *slog.Logger
	// Rand returns a number in [0, 1) for the delay of first probes; nil is
	// math/rand.
	Rand func() float64
	// KeepServices leaves the table as it is at the end.
	KeepServices bool
	// Probes returns how many probes may run at a time where there are that many
	// checks: it takes a descriptor each. Nil is 512.
	Probes func(checks int) int
	// Status gets in one line how many checks cannot be made and why, whenever
	// that changes; the empty text is none. It may be nil, and must not block.
	Status func(text string)
}

const defaultProbes = 512

// A Daemon is the checkers' process. What it decides is decided by its Balancer; the
// Daemon probes, writes the kernel's table, and reports.
type Daemon struct {
	cfg     Config
	log     *slog.Logger
	reloads chan reload
	asks    chan func() // for the loop
	ready   chan struct{}
	ended   chan struct{}
	results chan result
	probes  sync.WaitGroup

	// The rest belongs to the goroutine of Run.
	ipvs     IPVS
	balancer *lvs.Balancer
	effects  []lvs.Effect // of the last step, for the next one to reuse
	checkers map[*lvs.Check]*checker
	since    map[lvs.RealKey]time.Time // of the verdicts
	schedule schedule
	troubles troubles
	timeouts timeouts
	// isReady says that ready is closed, and pending is a reload that is not in force.
	isReady bool
	pending *reload
	// initNotifies is that of the settings.
	initNotifies bool
	status       string // as Config.Status was told
	// applied is what the kernel is known to hold, nil before it was read.
	applied lvs.Table
	// owned are the services that we wrote or adopted: those that we may delete.
	owned map[lvs.ServiceID]bool
	// dirty are the services whose wanted state may have changed.
	dirty map[lvs.ServiceID]bool
	// refused is what the kernel does not take, and why, by the object.
	refused map[string]string
	// failure is why the table can be neither read nor changed; empty if it can.
	failure string
	syncAt  time.Time
	backoff time.Duration
}

type reload struct {
	settings lvs.Settings
	done     chan error // holds one
}

var errEnded = errors.New("the checkers have ended")

type result struct {
	checker *checker
	health.Result
}

// New returns a daemon that has not started.
func New(cfg Config) *Daemon {
	if cfg.Rand == nil {
		cfg.Rand = rand.Float64
	}
	if cfg.Probes == nil {
		cfg.Probes = func(int) int { return defaultProbes }
	}
	return &Daemon{
		cfg:      cfg,
		log:      cfg.Log,
		reloads:  make(chan reload),
		asks:     make(chan func()),
		ready:    make(chan struct{}),
		ended:    make(chan struct{}),
		since:    map[lvs.RealKey]time.Time{},
		results:  make(chan result),
		balancer: lvs.NewBalancer(),
		checkers: map[*lvs.Check]*checker{},
		troubles: troubles{},
		refused:  map[string]string{},
		owned:    map[lvs.ServiceID]bool{},
		dirty:    map[lvs.ServiceID]bool{},
	}
}

// Ready is closed once the settings are in force: the kernel's table is written, or
// could not be.
func (d *Daemon) Ready() <-chan struct{} { return d.ready }

// Reload makes the daemon run on other settings. It compares the kernel's table with
// them and returns when the difference is written. The error is of ctx, of the end of
// the daemon, of Config.Open, or of a table that cannot be read or is not as the
// settings ask; the daemon runs on the settings then, and keeps trying to write them.
func (d *Daemon) Reload(ctx context.Context, s lvs.Settings) error {
	r := reload{s, make(chan error, 1)}
	select {
	case d.reloads <- r:
	case <-d.ended:
		return fmt.Errorf("reload checkers: %w", errEnded)
	case <-ctx.Done():
		return fmt.Errorf("reload checkers: %w", ctx.Err())
	}
	select {
	case err := <-r.done:
		return err
	case <-d.ended:
		return fmt.Errorf("reload checkers: %w", errEnded)
	case <-ctx.Done():
		return fmt.Errorf("reload checkers: %w", ctx.Err())
	}
}

// Run works until ctx ends, then removes the daemon's services from the table
// and returns nil. It may be called once.
func (d *Daemon) Run(ctx context.Context) error {
	defer close(d.ended)
	settings, ok := d.open(ctx)
	if !ok {
		return nil
	}
	d.failure = ""
	d.configure(settings, true)
	d.loop(ctx)
	d.probes.Wait()
	d.shutdown(context.WithoutCancel(ctx))
	return nil
}

// open opens the table once there is something to balance, and returns the settings
// of then. Where this kernel has no table the log says so, or the error of a reload,
// and the next reload tries again. It reports false when ctx ended before.
func (d *Daemon) open(ctx context.Context) (settings lvs.Settings, ok bool) {
	settings = d.cfg.Settings
	for {
		var err error
		if len(settings.Services) > 0 {
			if d.ipvs, err = d.cfg.Open(); err == nil {
				return settings, true
			}
			err = fmt.Errorf("start health checkers: %w; nothing is checked or balanced, VRRP goes on; a reload tries again", err)
		}
		d.failed(err)
		if d.pending = d.nextReload(ctx); d.pending == nil {
			return settings, false
		}
		settings = d.pending.settings
	}
}

// nextReload waits for a reload. It returns nil when ctx ends before.
func (d *Daemon) nextReload(ctx context.Context) *reload {
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-d.asks:
			f()
		case r := <-d.reloads:
			return &r
		}
	}
}

// failed takes note that the table is not open, for the reason err or for want of
// services, and lets go on whoever waits for that.
func (d *Daemon) failed(err error) {
	d.failure = ""
	if err != nil {
		d.failure = err.Error()
	}
	if d.pending == nil && err != nil && !d.isReady {
		d.log.Error(err.Error())
	}
	d.inForce(err)
}

// inForce lets go on whoever waits for the settings: err is why they could not be put
// in force.
func (d *Daemon) inForce(err error) {
	if !d.isReady {
		d.isReady = true
		close(d.ready)
	}
	if d.pending != nil {
		d.pending.done <- err
		d.pending = nil
	}
}

func (d *Daemon) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		var err error
		if !now.Before(d.syncAt) {
			err = d.synchronize(ctx)
		}
		d.flush(ctx)
		d.inForce(err)
		d.troubled(now)
		d.startProbes(ctx, now)
		wake := d.syncAt
		if at, ok := d.schedule.next(); ok && at.Before(wake) {
			wake = at
		}
		if at, ok := d.troubles.next(); ok && at.Before(wake) {
			wake = at
		}
		timer.Reset(time.Until(wake))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case r := <-d.reloads:
			d.pending = &r
			d.configure(r.settings, false)
			d.syncAt, d.backoff = time.Time{}, 0 // at once
		case f := <-d.asks:
			f()
		case r := <-d.results:
			d.handleResult(r)
			d.drainResults()
		}
	}
}

// startProbes starts every probe that is due, within the limit.
func (d *Daemon) startProbes(ctx context.Context, now time.Time) {
	for c := d.schedule.start(now); c != nil; c = d.schedule.start(now) {
		check := c.Probe()
		d.probes.Go(func() {
			r := d.cfg.Prober.Probe(ctx, check)
			select {
			case d.results <- result{c, r}:
			case <-ctx.Done():
			}
		})
	}
}

// drainResults handles the results that wait already, so that many servers that
// fail together become one change of the table.
func (d *Daemon) drainResults() {
	for range d.schedule.limit {
		select {
		case r := <-d.results:
			d.handleResult(r)
		default:
			return
		}
	}
}

// handleResult has the Balancer judge the result of a probe.
func (d *Daemon) handleResult(r result) {
	d.schedule.finish()
	r.checker.count(r.Result, time.Now())
	d.obey(d.balancer.Step(r.checker.Check, r.Result, d.effects[:0]))
}

// configure goes over to settings.
func (d *Daemon) configure(settings lvs.Settings, first bool) {
	d.initNotifies, d.timeouts.want = settings.InitNotifies, settings.Timeouts
	effects := d.balancer.Reload(settings, first, d.effects[:0])
	d.schedule.limit = max(1, d.cfg.Probes(d.balancer.Checks()))
	d.obey(effects)
}

// obey carries out what the Balancer decided, in its order: what it means for the
// probes and for the table here, and report makes events of it.
func (d *Daemon) obey(effects []lvs.Effect) {
	now := time.Now()
	for _, e := range effects {
		switch e.Kind {
		case lvs.CheckAdded:
			c := &checker{Check: e.Check, heapIndex: -1}
			d.checkers[e.Check] = c
			d.schedule.put(c, now.Add(c.First(d.cfg.Rand())))
		case lvs.CheckRemoved:
			c := d.checkers[e.Check]
			delete(d.checkers, e.Check)
			d.schedule.drop(c)
			d.troubles.leave(c)
		case lvs.Probed:
			d.probed(d.checkers[e.Check], e.Outcome, now)
		case lvs.TableChanged:
			d.changed(e.IDs)
		case lvs.RealAdded, lvs.RealUp, lvs.RealDown:
			d.since[e.Key()] = now
		case lvs.RealRemoved:
			delete(d.since, e.Key())
		}
		d.report(e, now)
	}
	d.effects = effects
}

// probed makes the next probe of c due, and takes note of what kept the last one
// from being made.
func (d *Daemon) probed(c *checker, o health.Outcome, now time.Time) {
	d.schedule.put(c, now.Add(o.After))
	if o.Trouble != nil {
		d.skip(c, o.Trouble.Text)
	} else {
		d.troubles.leave(c)
	}
}

// changed marks services whose entries in the table may be others now.
func (d *Daemon) changed(ids []lvs.ServiceID) {
	for _, id := range ids {
		d.dirty[id] = true
		d.owned[id] = true
	}
}
