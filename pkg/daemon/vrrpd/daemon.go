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
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

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
	Notifier Notifier
	Log      *slog.Logger
	// KeepAddresses leaves the addresses where they are at the end.
	KeepAddresses bool
}

// Scripts runs the tracked scripts and reports the verdicts.
type Scripts interface {
	// Run runs them until ctx ends.
	Run(ctx context.Context, report func(name string, up bool)) error
	// Reload changes what runs. A script that did not change keeps its verdict.
	Reload([]vrrp.Script)
}

// A Daemon runs the instances of its settings.
type Daemon struct {
	cfg  Config
	loop *loop
}

// New returns a daemon that has yet to Run.
func New(cfg Config) (*Daemon, error) {
	l, err := newLoop(cfg.System, cfg.Notifier, cfg.Log)
	if err != nil {
		return nil, err
	}
	l.keep = cfg.KeepAddresses
	l.reload(vrrp.RouterEvent{Kind: vrrp.Reload, Settings: inForce(cfg.Settings)})
	return &Daemon{cfg: cfg, loop: l}, nil
}

// Reload makes the daemon run other settings. What they do not change goes on:
// states, addresses, timers. It returns at once.
func (d *Daemon) Reload(s vrrp.Settings) {
	d.cfg.Scripts.Reload(s.Scripts)
	d.loop.tasks.post(func() { d.loop.reload(vrrp.RouterEvent{Kind: vrrp.Reload, Settings: inForce(s)}) })
}

// inForce returns the settings without sync groups: the router has rules for them,
// and no scripts are told of them yet.
func inForce(s vrrp.Settings) *vrrp.Settings {
	s.Groups = nil
	return &s
}

// Settle returns when the settings given so far are in force: every interface is
// known, and every socket open that can be. It returns when ctx ends as well.
func (d *Daemon) Settle(ctx context.Context) {
	done := make(chan struct{})
	d.loop.tasks.post(func() { d.loop.whenSynced(func() { close(done) }) })
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// Run runs the instances until ctx ends, and then stops them cleanly: masters
// resign, addresses are removed. It may be called once.
func (d *Daemon) Run(ctx context.Context) error {
	l := d.loop
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
	g.Go(func() error { return d.watchRoutes(feed) })
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
