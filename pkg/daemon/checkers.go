package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/kactl/kactl/pkg/daemon/checkd"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/ipvs"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/probe"
)

// commands are the kernel's names of the operations on its table, for those who
// count in the log what was written.
var commands = map[lvs.OpKind]string{
	lvs.AddService: "NEW_SERVICE", lvs.EditService: "SET_SERVICE", lvs.DeleteService: "DEL_SERVICE",
	lvs.AddDestination: "NEW_DEST", lvs.EditDestination: "SET_DEST", lvs.DeleteDestination: "DEL_DEST",
}

// checkers runs the checker side while there is something to balance. Where it
// cannot run, for want of IPVS in the kernel, the log says so and the rest of
// the daemon goes on; the next reload tries again.
type checkers struct {
	events func(event.Event)
	keep   bool // leave the table as it is at the end
	log    *slog.Logger
	// probes is how many checks may be made at a time; status is checkd's.
	probes   atomic.Int64
	status   func(text string)
	settings chan lvs.Settings // holds the newest that was not looked at yet
	settled  chan chan struct{}
}

func newCheckers(events func(event.Event), keep bool, log *slog.Logger) *checkers {
	return &checkers{
		events: events, keep: keep, log: log,
		settings: make(chan lvs.Settings, 1), settled: make(chan chan struct{}),
	}
}

// apply makes the side run other settings. It does not wait for that.
func (c *checkers) apply(s lvs.Settings) {
	select {
	case <-c.settings: // overtaken
	default:
	}
	c.settings <- s
}

// settle returns when what was applied so far is in force, or could not be, or
// when ctx ends.
func (c *checkers) settle(ctx context.Context) {
	done := make(chan struct{})
	select {
	case c.settled <- done:
	case <-ctx.Done():
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// run obeys apply, which one goroutine calls, until ctx ends and everything is
// cleaned up.
func (c *checkers) run(ctx context.Context) error {
	var running *checkd.Daemon
	var ended chan error
	var waiting []chan struct{}
	for {
		if len(c.settings) == 0 {
			for _, done := range waiting {
				close(done)
			}
			waiting = nil
		}
		select {
		case <-ctx.Done():
			if running != nil {
				<-ended
			}
			return nil
		case done := <-c.settled:
			waiting = append(waiting, done)
		case err := <-ended:
			running, ended = nil, nil
			if err != nil {
				c.log.Error(err.Error())
			}
		case s := <-c.settings:
			if running != nil {
				// It fails only when the daemon is about to stop.
				_ = running.Reload(ctx, s)
				continue
			}
			if len(s.Services) == 0 {
				continue
			}
			running, ended = c.start(ctx, s)
		}
	}
}

// start starts the side and returns once it works, or has failed.
func (c *checkers) start(ctx context.Context, s lvs.Settings) (*checkd.Daemon, chan error) {
	ended := make(chan error, 1)
	opened := make(chan struct{})
	d := checkd.New(checkd.Config{
		Settings: s,
		Open: func() (checkd.IPVS, error) {
			h, err := ipvs.Open()
			if err != nil {
				return nil, err
			}
			h.OnWrite = func(op lvs.Op) { c.log.Debug(fmt.Sprintf("ipvs: %s: %v", commands[op.Kind], op)) }
			close(opened)
			return h, nil
		},
		Prober:       &probe.Prober{},
		Events:       c.events,
		KeepServices: c.keep,
		Probes:       func(checks int) int { return min(checks, int(c.probes.Load())) },
		Status:       c.status,
		Log:          c.log,
	})
	go func() { ended <- d.Run(ctx) }()
	select {
	case <-opened:
		return d, ended
	case err := <-ended:
		if err != nil {
			c.log.Error(fmt.Sprintf("%v; nothing is checked or balanced, VRRP goes on; a reload tries again", err))
		}
		return nil, nil
	}
}
