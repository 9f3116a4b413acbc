// Package vrrpd runs virtual routers: the loop that drives their state machines
// with messages and time, and what puts addresses on interfaces.
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

// Config is what a Router is made of.
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

// A Router runs the instances of its settings.
type Router struct {
	cfg  Config
	loop *loop
}

// New returns a router that has yet to Run.
func New(cfg Config) (*Router, error) {
	l, err := newLoop(cfg.System, cfg.Notifier, cfg.Log)
	if err != nil {
		return nil, err
	}
	l.settings = cfg.Settings
	l.keep = cfg.KeepAddresses
	return &Router{cfg: cfg, loop: l}, nil
}

// Reload makes the router run other settings. What they do not change goes on:
// states, addresses, timers. It returns at once.
func (r *Router) Reload(s vrrp.Settings) {
	r.cfg.Scripts.Reload(s.Scripts)
	r.loop.mail.post(func() { r.loop.apply(s) })
}

// Settle returns when the settings given so far are in force: every interface is
// known, and every socket open that can be. It returns when ctx ends as well.
func (r *Router) Settle(ctx context.Context) {
	done := make(chan struct{})
	r.loop.mail.post(func() { r.loop.whenSynced(func() { close(done) }) })
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// Run runs the instances until ctx ends, and then stops them cleanly: masters
// resign, addresses are removed. It may be called once.
func (r *Router) Run(ctx context.Context) error {
	l := r.loop
	defer l.close()
	links, err := r.cfg.System.OpenLinks()
	if err != nil {
		return fmt.Errorf("watch the interfaces: %w", err)
	}
	defer links.Close()

	// What feeds the loop ends before the loop does.
	feed, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	g, feed := errgroup.WithContext(feed)
	g.Go(func() error {
		err := links.Run(feed, func(k Link) { l.mail.post(func() { l.updateLink(k) }) })
		if err != nil {
			return fmt.Errorf("watch the interfaces: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		err := r.cfg.Scripts.Run(feed, func(name string, up bool) { l.mail.post(func() { l.setScript(name, up) }) })
		if err != nil {
			return fmt.Errorf("run the tracked scripts: %w", err)
		}
		return nil
	})
	g.Go(func() error { return r.watchRoutes(feed) })
	g.Go(func() error {
		defer cancel()
		return l.run()
	})
	stop := func() { l.mail.post(l.stop) }
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
