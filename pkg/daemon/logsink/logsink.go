// Package logsink is where the daemon's log goes: the console or syslog, in the
// form that keepalived gives it, written by a goroutine of its own so that a
// slow reader never holds up who logs.
package logsink

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kactl/kactl/pkg/escape"
)

// capacity is how many lines may wait to be written. Further ones are dropped
// and counted.
const capacity = 8192

// A Writer takes finished lines, without the newline.
type Writer interface {
	WriteLine(at time.Time, level slog.Level, identity, text string) error
}

// A Sink queues log records and writes them in order.
type Sink struct {
	out     Writer
	level   slog.Level
	lines   chan line
	done    chan struct{}
	dropped atomic.Int64

	mu     sync.RWMutex
	closed bool // guarded by mu
}

type line struct {
	at       time.Time
	level    slog.Level
	identity string
	text     string
	written  chan struct{} // closed in its turn, if it is set: then it is no line
}

// New returns a running sink for records of at least the given level.
func New(out Writer, level slog.Level) *Sink {
	s := &Sink{out: out, level: level, lines: make(chan line, capacity), done: make(chan struct{})}
	go s.run()
	return s
}

// Logger returns a logger whose lines carry the identity, such as
// "Keepalived_vrrp".
func (s *Sink) Logger(identity string) *slog.Logger {
	return slog.New(&handler{sink: s, identity: identity})
}

// Close writes what is queued and stops. Later records are dropped. It gives a
// stuck reader until ctx ends.
func (s *Sink) Close(ctx context.Context) {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.lines)
	}
	s.mu.Unlock()
	select {
	case <-s.done:
	case <-ctx.Done():
	}
}

// Flush waits until what was logged before is written, or ctx ends.
func (s *Sink) Flush(ctx context.Context) {
	written := make(chan struct{})
	s.put(line{written: written})
	select {
	case <-written:
	case <-s.done:
	case <-ctx.Done():
	}
}

func (s *Sink) put(l line) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return
	}
	select {
	case s.lines <- l:
	default:
		s.dropped.Add(1)
	}
}

func (s *Sink) run() {
	defer close(s.done)
	for l := range s.lines {
		if l.written != nil {
			close(l.written)
			continue
		}
		if n := s.dropped.Swap(0); n > 0 {
			l.text = fmt.Sprintf("%s (before this %d lines were lost: the log is not read fast enough)", l.text, n)
		}
		// There is nowhere to tell that the log cannot be written.
		_ = s.out.WriteLine(l.at, l.level, l.identity, l.text)
	}
}

// A handler turns records into lines: the message, then the attributes. What a
// peer, a script or a server wrote forges no further line.
type handler struct {
	sink     *Sink
	identity string
	prefix   string // of the names of attributes, from WithGroup
	attrs    string // rendered, from WithAttrs
}

func (h *handler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.sink.level }

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message)
	b.WriteString(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		h.render(&b, a)
		return true
	})
	h.sink.put(line{at: r.Time, level: r.Level, identity: h.identity, text: escape.Line(b.String())})
	return nil
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var b strings.Builder
	for _, a := range attrs {
		h.render(&b, a)
	}
	with := *h
	with.attrs += b.String()
	return &with
}

func (h *handler) WithGroup(name string) slog.Handler {
	with := *h
	with.prefix += name + "."
	return &with
}

func (h *handler) render(b *strings.Builder, a slog.Attr) {
	if a.Equal(slog.Attr{}) {
		return
	}
	v := a.Value.Resolve()
	if err, ok := v.Any().(error); ok {
		v = slog.StringValue(escape.Error(err))
	}
	fmt.Fprintf(b, " %s%s=%v", h.prefix, a.Key, v)
}

// Console writes lines as keepalived's --log-console does: the time, a colon,
// the text.
type Console struct{ W io.Writer }

// WriteLine implements Writer.
func (c Console) WriteLine(at time.Time, _ slog.Level, _, text string) error {
	_, err := fmt.Fprintf(c.W, "%s: %s\n", at.Format(time.ANSIC), text)
	return err
}
