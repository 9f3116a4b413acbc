// Package vrrpd runs virtual routers: it is the driver of a [vrrp.Router], which
// decides everything. The loop waits for messages and deadlines, lets them happen to
// the router and carries out the effects: it sends adverts itself, opens sockets,
// and leaves addresses to netstate.
//
// It takes decoded settings and nothing else from a configuration, and can be
// one of several in a process.
package vrrpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

// stopWithin is how long a stop may take: addresses are removed and scripts
// told in that time, or not at all.
const stopWithin = 10 * time.Second

// Config is what a Daemon is made of.
type Config struct {
	Settings vrrp.Settings
	System   System
	Scripts  Scripts
	// Sources report what is tracked besides.
	Sources []Source
	// Beat asks the driver of an interface for its carrier by a method, which may be
	// empty: see link.Beat. Nil asks none.
	Beat func(ifname, method string) (bool, error)
	// Events gets what happens to the instances, in the order of each. It must not
	// block. Nil is nobody.
	Events func(event.Event)
	// Log gets what is about the daemon itself, such as its sockets.
	Log *slog.Logger
	// KeepAddresses leaves the addresses where they are at the end.
	KeepAddresses bool

	wait waiter // a poller, if it is nil
}

// Scripts runs the tracked scripts and reports the verdicts.
type Scripts interface {
	// Run runs them until ctx ends.
	Run(ctx context.Context, report func(name string, up bool)) error
	// Reload changes what runs. A script that did not change keeps its verdict.
	Reload([]vrrp.Script)
}

// A Source reports the values of tracked things of one kind.
type Source interface {
	Kind() vrrp.TrackKind
	// Run reports until ctx ends.
	Run(ctx context.Context, report func(name string, value int)) error
	// Reload changes what is reported.
	Reload(*vrrp.Settings)
}

// A Daemon runs the instances of its settings.
type Daemon struct {
	cfg  Config
	loop *loop
	// polled are the interfaces to ask; nil is none.
	polled atomic.Pointer[polled]
	ready  chan struct{} // closed when the settings are in force for the first time
	ended  chan struct{} // closed when Run has returned
}

// New returns a daemon that has yet to Run.
func New(cfg Config) (*Daemon, error) {
	wait := cfg.wait
	if wait == nil {
		p, err := newPoller()
		if err != nil {
			return nil, fmt.Errorf("set up the VRRP loop: %w", err)
		}
		wait = p
	}
	l := newLoop(wait, cfg.System, cfg.Events, cfg.Log)
	l.keep = cfg.KeepAddresses
	l.delays = startDelays{cfg.Settings.StartupDelay, cfg.Settings.BootDelay}
	l.reload(vrrp.RouterEvent{Kind: vrrp.Reload, Settings: &cfg.Settings})
	d := &Daemon{cfg: cfg, loop: l, ready: make(chan struct{}), ended: make(chan struct{})}
	d.polled.Store(newPolled(&cfg.Settings))
	l.tasks.post(func() { l.whenSynced(func() { close(d.ready) }) })
	return d, nil
}

// Ready is closed once the settings are in force: every interface is known, and
// every socket open that can be.
func (d *Daemon) Ready() <-chan struct{} { return d.ready }

// ask has f run by the loop, and returns when it has called done.
func (d *Daemon) ask(ctx context.Context, f func(done func())) error {
	done := make(chan struct{})
	d.loop.tasks.post(func() { f(func() { close(done) }) })
	select {
	case <-done:
		return nil
	case <-d.ended:
		return errEnded
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

var errEnded = errors.New("the VRRP loop has ended")

// sourceEndsWithin is how long the end of a source is waited for: one may be stuck in the
// kernel, with a file of a server that does not answer.
const sourceEndsWithin = time.Second

// follow takes what a source reports to the router until ctx ends.
func (d *Daemon) follow(ctx context.Context, s Source) error {
	l := d.loop
	done := make(chan error, 1)
	go func() {
		done <- s.Run(ctx, func(name string, value int) {
			l.tasks.post(func() {
				l.handle(vrrp.RouterEvent{Kind: vrrp.TrackReported, Track: s.Kind(), Name: name, Value: value})
			})
		})
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	limit := time.NewTimer(sourceEndsWithin)
	defer limit.Stop()
	select {
	case err := <-done:
		return err
	case <-limit.C:
		d.cfg.Log.Warn("What follows tracked things does not end; the stop does not wait for it")
		return nil
	}
}

// Run runs the instances until ctx ends, and then stops them cleanly: masters
// resign, addresses are removed. It may be called once.
func (d *Daemon) Run(ctx context.Context) error {
	l := d.loop
	defer close(d.ended)
	defer l.close()
	links, err := d.cfg.System.OpenLinks()
	if err != nil {
		return fmt.Errorf("watch the interfaces: %w", err)
	}
	defer links.Close()

	// What feeds the loop ends before the loop does.
	feed, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	g, feed := errgroup.WithContext(feed)
	g.Go(func() error {
		err := links.Run(feed, func(k Link) { l.tasks.post(func() { l.linkReported(k) }) })
		if err != nil {
			return fmt.Errorf("watch the interfaces: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		err := d.cfg.Scripts.Run(feed, func(name string, up bool) { l.tasks.post(func() { l.scriptReported(name, up) }) })
		if err != nil {
			return fmt.Errorf("run the tracked scripts: %w", err)
		}
		return nil
	})
	for _, s := range d.cfg.Sources {
		g.Go(func() error {
			err := d.follow(feed, s)
			if err != nil {
				return fmt.Errorf("follow what is tracked: %w", err)
			}
			return nil
		})
	}
	g.Go(func() error { return d.watchRoutes(feed) })
	g.Go(func() error { return d.pollLinks(feed) })
	g.Go(func() error {
		defer cancel()
		return l.run()
	})
	stop := func() { l.tasks.post(l.stop) }
	defer context.AfterFunc(ctx, stop)()
	defer context.AfterFunc(feed, stop)()
	err = g.Wait()

	finish, cancelFinish := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancelFinish()
	if e := l.finish(finish); err == nil {
		err = e
	}
	return err
}
