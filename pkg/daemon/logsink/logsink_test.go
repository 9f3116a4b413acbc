package logsink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestConsole(t *testing.T) {
	var out bytes.Buffer
	s := New(Console{&out}, slog.LevelInfo)
	log := s.Logger("Keepalived_vrrp")
	log.Info("(VI_1) Entering MASTER STATE")
	log.Debug("not shown")
	log.With("a", 1).WithGroup("g").Warn("forged\nline\x1b[2J", "k", "v\r\x9b", "err", errors.Join(errors.New("a"), errors.New("b\n\u202e")))
	s.Close(t.Context())
	log.Info("too late")
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 3 {
		t.Fatalf("wrote %q", out.String())
	}
	stamp, text, ok := strings.Cut(lines[0], ": ")
	if _, err := time.Parse(time.ANSIC, stamp); err != nil || !ok || text != "(VI_1) Entering MASTER STATE" {
		t.Errorf("wrote %q", lines[0])
	}
	if want := `forged\nline\x1b[2J a=1 g.k=v\r\x9b g.err=a; b\n\u202e`; !strings.HasSuffix(lines[1], ": "+want) {
		t.Errorf("wrote %q, want it to end in %q", lines[1], want)
	}
}

// A reader that hangs holds up nobody, and what it missed is counted.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		s := New(Console{w}, slog.LevelInfo)
		log := s.Logger("Keepalived")
		const extra = 10
		log.Info("first")
		synctest.Wait() // the writer hangs on it
		for n := range capacity + extra {
			log.Info(fmt.Sprint("line ", n))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s.Close(ctx) // comes back although nobody has read
		if ctx.Err() == nil {
			t.Error("closed before anything was read")
		}
		go func() {
			<-s.done
			w.Close()
		}()
		all, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("before this %d lines were lost", extra); strings.Count(string(all), want) != 1 {
			t.Errorf("%q is not in the log", want)
		}
		if n := strings.Count(string(all), "\n"); n != capacity+1 {
			t.Errorf("%d lines were written", n)
		}
	})
}

// Flush waits for what was logged before, and for nothing that a stuck reader keeps.
func TestFlush(t *testing.T) {
	w := &heldWriter{goOn: make(chan struct{})}
	s := New(w, slog.LevelInfo)
	s.Logger("x").Info("one")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Flush(ctx) // returns, though nothing is written
	if n := w.lines.Load(); n != 0 {
		t.Errorf("%d lines are written", n)
	}
	close(w.goOn)
	s.Logger("x").Info("two")
	s.Flush(t.Context())
	if n := w.lines.Load(); n != 2 {
		t.Errorf("%d lines are written, want 2", n)
	}
	s.Close(t.Context())
	s.Flush(t.Context()) // returns, too
}

// A heldWriter writes when it may go on.
type heldWriter struct {
	goOn  chan struct{}
	lines atomic.Int64
}

func (w *heldWriter) WriteLine(time.Time, slog.Level, string, string) error {
	<-w.goOn
	w.lines.Add(1)
	return nil
}
