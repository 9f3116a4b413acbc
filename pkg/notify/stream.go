package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/kactl/kactl/pkg/event"
)

// A Sink makes something of events: log lines, programs, mail.
type Sink interface {
	// Handle takes an event. It is called for one event after the other, in their
	// order, and may take its time: other sinks do not wait for it.
	Handle(e event.Event)
	// Close finishes what Handle began, or gives up when ctx ends. Handle is not
	// called any more.
	Close(ctx context.Context) error
}

const (
	// queued is how many events wait for a sink. Those of a burst fit: an event for
	// each of several thousand servers.
	queued = 16384
	// dropsEvery is the least time between two log lines about dropped events.
	dropsEvery = 10 * time.Second
)

// A Stream passes events on to the log, and to sinks. Each sink has a queue of its own, which is
// bounded: a slow sink delays neither the others nor whoever emits. Where a queue
// is full the oldest event that is not the last of its subject is dropped, and the
// log says so.
type Stream struct {
	log   *slog.Logger
	first []func(event.Event)
	pipes []*pipe
}

// NewStream returns a stream that logs to log what its sinks do not take.
func NewStream(log *slog.Logger) *Stream { return &Stream{log: log} }

// AddFirst has handle called for each event, by whoever emits it, before any sink
// gets it. That is for the log: no sink, however slow, delays a line, and nothing that
// a sink does comes before the line about it. handle must not block, and may be
// called by several goroutines. It must not be added while somebody emits.
func (s *Stream) AddFirst(handle func(event.Event)) { s.first = append(s.first, handle) }

// Add makes sink take the events that are emitted from now on. It must not be
// called while somebody emits. The log calls the sink by name.
func (s *Stream) Add(name string, sink Sink) { s.add(name, sink, queued) }

func (s *Stream) add(name string, sink Sink, limit int) {
	p := &pipe{name: name, sink: sink, log: s.log, limit: limit, ended: make(chan struct{})}
	p.more.L = &p.mu
	s.pipes = append(s.pipes, p)
	go p.run()
}

// Emit passes e on to what AddFirst added and, unless it is minor, to every sink. It
// does not wait for them, and may be called by several goroutines.
func (s *Stream) Emit(e event.Event) {
	for _, handle := range s.first {
		handle(e)
	}
	if event.Minor(e) {
		return
	}
	for _, p := range s.pipes {
		p.put(e)
	}
}

// Close takes no more events, and returns when all sinks have handled what waits
// for them and are closed, or soon after ctx has ended. The error says what was not
// done.
func (s *Stream) Close(ctx context.Context) error {
	errs := make([]error, len(s.pipes))
	var closing sync.WaitGroup
	for n, p := range s.pipes {
		closing.Go(func() { errs[n] = p.close(ctx) })
	}
	closing.Wait()
	return errors.Join(errs...)
}

// A pipe leads to one sink.
type pipe struct {
	name  string
	sink  Sink
	log   *slog.Logger
	limit int
	ended chan struct{} // closed when the sink gets no more

	mu      sync.Mutex // guards all following
	more    sync.Cond  // there is something new below
	events  []event.Event
	dropped int // and the log does not say so yet
	closed  bool
}

func (p *pipe) put(e event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if len(p.events) >= p.limit {
		p.drop()
	}
	p.events = append(p.events, e)
	p.more.Signal()
}

// drop makes room for one event. Where all that wait are the last of their
// subjects, each is kept: there are no more than objects that end. The caller holds
// mu.
func (p *pipe) drop() {
	for n, e := range p.events {
		if event.Last(e) {
			continue
		}
		copy(p.events[1:n+1], p.events[:n])
		p.events[0] = nil
		p.events = p.events[1:]
		if p.dropped++; p.dropped == 1 {
			time.AfterFunc(dropsEvery, p.logDrops)
		}
		return
	}
}

func (p *pipe) logDrops() {
	p.mu.Lock()
	n := p.dropped
	p.dropped = 0
	p.mu.Unlock()
	if n > 0 {
		p.log.Warn(fmt.Sprintf("%s cannot keep up: %d events were dropped, the oldest that waited", p.name, n))
	}
}

// take waits for the next event. It reports false when there will be no more.
func (p *pipe) take() (event.Event, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.events) == 0 && !p.closed {
		p.more.Wait()
	}
	if len(p.events) == 0 {
		return nil, false
	}
	e := p.events[0]
	p.events[0] = nil
	p.events = p.events[1:]
	return e, true
}

// run gives the sink its events one after the other.
func (p *pipe) run() {
	defer close(p.ended)
	for e, ok := p.take(); ok; e, ok = p.take() {
		p.sink.Handle(e)
	}
}

func (p *pipe) close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	p.more.Signal()
	p.mu.Unlock()
	select {
	case <-p.ended:
	case <-ctx.Done():
		p.logDrops()
		p.mu.Lock()
		defer p.mu.Unlock()
		return fmt.Errorf("%s: %d events were not handled: %w", p.name, len(p.events), context.Cause(ctx))
	}
	p.logDrops()
	return p.sink.Close(ctx)
}
