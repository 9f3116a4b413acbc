package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A FIFO is a named pipe that state changes are written to, a line each.
type FIFO struct {
	// Path is where it is made; empty is none. One that is there is used, and stays
	// at the end.
	Path string
	// UID and GID own it.
	UID, GID int
	// Script reads it, if there is one: it runs with the path as its last argument.
	Script *command.Command
}

// FIFOSettings are the pipes (notify_fifo and its kin in keepalived.conf(5)), by what
// is written to them.
type FIFOSettings struct {
	All, VRRP, LVS FIFO
	// OnReload writes the state of all instances and groups at the end of a reload.
	OnReload bool
}

// FIFOs is the sink that writes state changes to named pipes, as keepalived does:
//
//	INSTANCE "VI_1" MASTER 100
//	GROUP "G" MASTER 0
//	RS [192.0.2.1]:tcp:80 [198.51.100.1]:tcp:80 UP
//	VS [198.51.100.1]:tcp:80 UP
//
// The state of an instance may be MASTER, BACKUP, FAULT, STOP, DELETED,
// MASTER_RX_LOWER_PRI, or a state with _PRIORITY behind it. A reader that is slow or
// absent holds up nobody: lines wait, and what does not fit is dropped and logged.
type FIFOs struct {
	log    *slog.Logger
	runner Runner

	mu     sync.Mutex // guards all following
	cfg    FIFOSettings
	pipes  map[FIFO]*fifoPipe
	states []fifoState // what was written last of each instance and group
}

// A fifoState is the state of an instance or a group.
type fifoState struct {
	subject  event.Subject
	state    string
	priority uint8
}

// NewFIFOs returns a sink that writes to the pipes of cfg, and runs their scripts by
// runner.
func NewFIFOs(cfg FIFOSettings, runner Runner, log *slog.Logger) *FIFOs {
	f := &FIFOs{log: log, runner: runner, pipes: map[FIFO]*fifoPipe{}}
	f.Configure(cfg)
	return f
}

// Configure makes the pipes those of cfg. One that does not change stays open, and its
// script goes on.
func (f *FIFOs) Configure(cfg FIFOSettings) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cfg = cfg
	wanted := cfg.list()
	for k, p := range f.pipes {
		if !slices.ContainsFunc(wanted, func(w FIFO) bool { return w.same(k) }) {
			delete(f.pipes, k)
			if err := p.close(context.Background()); err != nil {
				f.log.Warn(err.Error())
			}
		}
	}
	for _, w := range wanted {
		if w.Path == "" || f.pipe(w) != nil {
			continue
		}
		p, err := openFIFO(w, f.runner, f.log)
		if err != nil {
			f.log.Error(err.Error())
			continue
		}
		f.pipes[w] = p
	}
}

func (s *FIFOSettings) list() []FIFO { return []FIFO{s.All, s.VRRP, s.LVS} }

// same says whether two pipes are one.
func (w FIFO) same(o FIFO) bool {
	script := func(c *command.Command) string {
		if c == nil {
			return ""
		}
		return fmt.Sprintf("%q %s %s", c.Words, c.User, c.Group)
	}
	return w.Path == o.Path && w.UID == o.UID && w.GID == o.GID && script(w.Script) == script(o.Script)
}

// pipe returns the pipe of settings, nil if there is none. The caller holds mu.
func (f *FIFOs) pipe(w FIFO) *fifoPipe {
	for k, p := range f.pipes {
		if k.same(w) {
			return p
		}
	}
	return nil
}

// Handle writes the line of e, if it has one.
func (f *FIFOs) Handle(e event.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch e := e.(type) {
	case event.Settled:
		state := e.State.String()
		if e.Ended {
			state = ending(e)
		}
		f.writeState(fifoState{e.Subject(), state, e.Priority}, e.Ended)
	case event.GroupSettled:
		state := e.State.String()
		if e.Ended {
			state = Stop
		}
		f.writeState(fifoState{e.Subject(), state, 0}, e.Ended)
	case event.LowerAdvert:
		f.writeVRRP(fifoState{e.Subject(), "MASTER_RX_LOWER_PRI", e.Priority})
	case event.Instance:
		f.writePriority(e)
	case event.RealServer:
		f.write(fmt.Sprintf("RS %v %v %s\n", e.Key, e.Key.Service, upDown(e.Up)), f.cfg.LVS, f.cfg.All)
	case event.Quorum:
		f.write(fmt.Sprintf("VS %v %s\n", e.Key, upDown(e.Up)), f.cfg.LVS, f.cfg.All)
	case event.Reload:
		if e.Err == nil && f.cfg.OnReload {
			for _, s := range f.states {
				f.writeVRRP(s)
			}
		}
	}
}

// ending is the state in which an instance ends.
func ending(e event.Settled) string {
	switch {
	case !e.Deleted:
		return Stop
	case e.Settings.Notify.NotifyDeleted:
		return Deleted
	}
	return Fault
}

func upDown(up bool) string {
	if up {
		return "UP"
	}
	return "DOWN"
}

// writeState writes a state, and remembers it. The caller holds mu.
func (f *FIFOs) writeState(s fifoState, ended bool) {
	n := slices.IndexFunc(f.states, func(o fifoState) bool { return o.subject == s.subject })
	switch {
	case ended && n >= 0:
		f.states = slices.Delete(f.states, n, n+1)
	case ended:
	case n >= 0:
		f.states[n] = s
	default:
		f.states = append(f.states, s)
	}
	f.writeVRRP(s)
}

// writePriority writes a change of the priority, where the instance asks for that. The
// caller holds mu.
func (f *FIFOs) writePriority(e event.Instance) {
	if e.Effect.Kind != vrrp.Note || e.Effect.Reason != vrrp.ReasonPriority {
		return
	}
	n := slices.IndexFunc(f.states, func(o fifoState) bool { return o.subject == e.Subject() })
	if n < 0 {
		return
	}
	s := &f.states[n]
	s.priority = e.Effect.Priority
	if e.Settings.NotifyPriority && (s.state == Master || s.state == Backup) {
		f.writeVRRP(fifoState{s.subject, s.state + "_PRIORITY", s.priority})
	}
}

func (f *FIFOs) writeVRRP(s fifoState) {
	f.write(fmt.Sprintf("%v %q %s %d\n", s.subject.Kind, s.subject.Name, s.state, s.priority), f.cfg.VRRP, f.cfg.All)
}

func (f *FIFOs) write(line string, to ...FIFO) {
	for _, w := range to {
		if p := f.pipe(w); p != nil {
			p.put(line)
		}
	}
}

// Close writes what waits, where somebody reads it, lets the scripts end, and removes
// the pipes that were made.
func (f *FIFOs) Close(ctx context.Context) error {
	f.mu.Lock()
	pipes := f.pipes
	f.pipes = map[FIFO]*fifoPipe{}
	f.mu.Unlock()
	errs := make(chan error, len(pipes))
	for _, p := range pipes {
		go func() { errs <- p.close(ctx) }()
	}
	var err error
	for range len(pipes) {
		err = errors.Join(err, <-errs)
	}
	return err
}
