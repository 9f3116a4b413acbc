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
	Close() error
}

// Config is what a Daemon needs of the world.
type Config struct {
	Settings lvs.Settings
	// Open connects to the kernel's table. Run passes its error through, so
	// that a kernel without IPVS can be told from other errors.
	Open   func() (IPVS, error)
	Prober Prober
	// Events gets what happens, in its order. It must not block. Nil is nobody.
	Events func(event.Event)
	Log    *slog.Logger
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

// A Daemon is the checkers' process.
type Daemon struct {
	cfg     Config
	log     *slog.Logger
	reloads chan reload
	results chan result
	probes  sync.WaitGroup

	// The rest belongs to the goroutine of Run.
	ipvs     IPVS
	pool     *pool
	schedule schedule
	troubles troubles
	status   string // as Config.Status was told
	// shadow is what the kernel is known to hold, nil before it was read.
	shadow lvs.Table
	// ours are the services that we wrote or adopted: those that we may delete.
	ours map[lvs.ServiceID]bool
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
	done     chan struct{}
}

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
		results:  make(chan result),
		pool:     newPool(),
		troubles: troubles{},
		refused:  map[string]string{},
		ours:     map[lvs.ServiceID]bool{},
		dirty:    map[lvs.ServiceID]bool{},
	}
}

// Reload makes the daemon run on other settings and returns when their
// difference is in the kernel's table, or with the error of ctx.
func (d *Daemon) Reload(ctx context.Context, s lvs.Settings) error {
	r := reload{s, make(chan struct{})}
	select {
	case d.reloads <- r:
	case <-ctx.Done():
		return fmt.Errorf("reload checkers: %w", ctx.Err())
	}
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("reload checkers: %w", ctx.Err())
	}
}

// Run works until ctx ends, then removes the daemon's services from the table
// and returns nil. It returns an error only if the table cannot be opened; the
// error wraps that of Config.Open, and nothing was logged or changed.
func (d *Daemon) Run(ctx context.Context) error {
	kernel, err := d.cfg.Open()
	if err != nil {
		return fmt.Errorf("start health checkers: %w", err)
	}
	d.ipvs = kernel
	d.configure(ctx, d.cfg.Settings, true)
	d.loop(ctx)
	d.probes.Wait()
	d.shutdown(context.WithoutCancel(ctx))
	return nil
}

func (d *Daemon) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		now := time.Now()
		if !now.Before(d.syncAt) {
			d.synchronize(ctx)
		}
		d.flush(ctx)
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
			d.configure(ctx, r.settings, false)
			d.flush(ctx)
			close(r.done)
		case r := <-d.results:
			d.take(ctx, r)
			d.takeMore(ctx)
		}
	}
}

// startProbes starts every probe that is due, within the limit.
func (d *Daemon) startProbes(ctx context.Context, now time.Time) {
	for c := d.schedule.start(now); c != nil; c = d.schedule.start(now) {
		check := c.state.Probe()
		d.probes.Go(func() {
			r := d.cfg.Prober.Probe(ctx, check)
			select {
			case d.results <- result{c, r}:
			case <-ctx.Done():
			}
		})
	}
}

// takeMore takes the results that wait already, so that many servers that fail
// together become one change of the table.
func (d *Daemon) takeMore(ctx context.Context) {
	for range d.schedule.limit {
		select {
		case r := <-d.results:
			d.take(ctx, r)
		default:
			return
		}
	}
}

// take works the result of a probe into the verdict of its server.
func (d *Daemon) take(ctx context.Context, r result) {
	d.schedule.finish()
	c := r.checker
	if c.gone {
		return
	}
	step := c.state.Step(r.Result)
	d.schedule.put(c, time.Now().Add(step.After))
	if step.Trouble != nil {
		d.skip(c, step.Trouble.Text)
		return
	}
	d.troubles.leave(c)
	d.logStep(c, step, r.Err)
	if step.Change != health.None {
		d.emitCheck(c, step, r.Err)
	}
	if s := c.server; s.up != s.verdict() {
		s.up = !s.up
		d.verdictChanged(ctx, s, c, r.Err)
	}
}

func (d *Daemon) verdictChanged(ctx context.Context, s *server, c *checker, err error) {
	d.logVerdict(s)
	d.emitServer(s, event.RealServer{Up: s.up, Cause: event.Checked, Check: c.state.Check().Kind, Err: err})
	d.updateQuorum(d.pool.byKey[s.key.Service], false, event.Checked)
	d.dirty[s.key.Service.ID] = true
}

// updateQuorum tells of a change of the quorum of svc.
func (d *Daemon) updateQuorum(svc *service, first bool, cause event.Cause) {
	if quorum := d.pool.Quorum(svc.virtual.Key()); quorum != svc.quorum {
		svc.quorum = quorum
		d.logQuorum(svc, first)
		d.emitQuorum(svc, first, cause)
	}
}

// configure goes over to settings by difference.
func (d *Daemon) configure(ctx context.Context, settings lvs.Settings, first bool) {
	old := d.pool
	next, ch := old.next(settings, first)
	d.pool = next
	for _, c := range ch.droppedCheckers {
		c.gone = true
		d.schedule.drop(c)
		d.troubles.leave(c)
	}
	d.logRemovals(ch)
	for _, s := range ch.removedServers {
		if s.up {
			d.emitServer(s, event.RealServer{Cause: event.Reloaded, Removed: true})
		}
	}
	for _, w := range ch.weights {
		d.logWeight(w)
	}
	cause := event.Reloaded
	if first {
		cause = event.Started
	}
	if settings.InitNotifies {
		for _, s := range ch.addedServers {
			if s.up {
				d.emitServer(s, event.RealServer{Up: true, Cause: cause, Added: true})
			}
		}
	}
	added := map[*service]bool{}
	for _, svc := range ch.addedServices {
		added[svc] = true
	}
	for _, svc := range next.services {
		d.updateQuorum(svc, added[svc], cause)
		d.ours[svc.virtual.ID] = true
		d.dirty[svc.virtual.ID] = true
	}
	for _, svc := range ch.removedServices {
		d.dirty[svc.virtual.ID] = true
	}
	d.schedule.limit = max(1, d.cfg.Probes(next.checks()))
	now := time.Now()
	for _, c := range ch.addedCheckers {
		d.logActivation(c)
		d.schedule.put(c, now.Add(c.state.First(d.cfg.Rand())))
	}
}
