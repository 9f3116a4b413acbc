package watch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Options say what to watch and what to tell.
type Options struct {
	// File is a capture to read, instead of capturing; nil captures.
	File io.Reader
	// Interfaces are where to capture; none is all.
	Interfaces []string
	// VRID is the only one of interest; 0 is all.
	VRID uint8
	// Count is how many adverts to see; 0 is no limit.
	Count int
	// Duration is how long to watch, by the time of the packets in a file; 0 is
	// for ever.
	Duration time.Duration
	// Keys verify signatures.
	Keys []vrrp.HMACKey

	// Out is where lines go to, and Format how they look; nil prints none.
	Out    io.Writer
	Format Format
	// EventsOnly leaves the adverts out.
	EventsOnly bool
	// Capture is where the frames go to; nil is nowhere.
	Capture FrameWriter
	// Top is a table to draw instead; nil is none.
	Top *Top
}

// A FrameWriter writes captured frames to a file.
type FrameWriter interface {
	Write(*netio.Frame) error
	Flush() error
}

// A Summary counts what was seen.
type Summary struct {
	// Packets are those captured or read, Adverts those of interest.
	Packets, Adverts uint64
	// Dropped are those that the kernel had no room for.
	Dropped uint64
	// Errors are the events of that severity.
	Errors int
}

// Run watches until the end of the file, the count, the duration, or the
// context. The summary is good in any case. A reader of Out who has gone is no
// error.
func Run(ctx context.Context, o Options) (Summary, error) {
	w := watcher{Options: o, observer: NewObserver(), dissector: NewDissector(o.Keys...)}
	var err error
	if o.File != nil {
		err = w.read(ctx)
	} else {
		err = w.capture(ctx)
	}
	if flushed := w.finish(); err == nil || errors.Is(err, errDone) {
		err = flushed
	}
	return w.summary, err
}

// errDone is the end of what was asked for.
var errDone = errors.New("done")

// flushAt is when there are enough lines to write them, in bytes.
const flushAt = 64 << 10

// A watcher is one run.
type watcher struct {
	Options
	observer  *Observer
	dissector *Dissector
	packet    Packet
	lines     []byte
	first     time.Time // of the packets of a file
	summary   Summary
	begun     bool // there is something to read from
	kept      bool // the capture may have frames that are not written yet
}

// read watches a file. Its time is the packets'.
func (w *watcher) read(ctx context.Context) error {
	in := &input{ctx: ctx, from: w.File, before: w.flush}
	r, err := netio.NewFileReader(in)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	w.begun = true
	var f netio.Frame
	for {
		if w.summary.Packets%1024 == 0 && ctx.Err() != nil {
			return nil
		}
		switch err := r.Next(&f); {
		case err == io.EOF, err != nil && ctx.Err() != nil:
			return nil
		case in.failed != nil:
			return in.failed
		case err != nil:
			return err
		}
		if w.summary.Packets++; w.first.IsZero() {
			w.first = f.Time
		}
		if w.Duration > 0 && f.Time.Sub(w.first) > w.Duration {
			return nil
		}
		if err := w.frame(&f); err != nil {
			return err
		}
	}
}

// capture watches interfaces.
func (w *watcher) capture(ctx context.Context) error {
	if w.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.Duration)
		defer cancel()
	}
	var c *netio.Capture
	named := len(w.Interfaces) > 0
	link := func(e netio.LinkEvent) {
		up := e.State == netio.LinkUp
		if !up && !named && !w.observer.follows(e.Interface) {
			return // one of many that nobody asked for
		}
		w.tell(w.observer.Link(time.Now(), e.Interface, up))
		if c != nil {
			c.SetDeadline(w.deadline())
		}
	}
	c, err := netio.OpenCapture(ctx, netio.CaptureOptions{Interfaces: w.Interfaces, Promiscuous: named, OnLink: link})
	if err != nil {
		return err
	}
	defer c.Close()
	w.begun = true
	defer func() {
		if s, err := c.Stats(); err == nil {
			w.summary.Dropped = s.Dropped
		}
	}()
	if w.Top != nil {
		if err := w.Top.begin(); err != nil {
			return err
		}
	}
	var f netio.Frame
	for {
		c.SetDeadline(w.deadline())
		switch err := c.Next(&f); {
		case err == io.EOF:
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			if err := w.idle(time.Now()); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			w.summary.Packets++
			if err := w.frame(&f); err != nil {
				return err
			}
			if w.Top != nil && !f.Time.Before(w.Top.next()) {
				if err := w.Top.draw(w.observer, f.Time); err != nil {
					return err
				}
			}
		}
	}
}

// deadline is when to be idle. With lines to write that is at once, if nothing
// more has come.
func (w *watcher) deadline() time.Time {
	if len(w.lines) > 0 || w.kept {
		return time.Unix(0, 1)
	}
	d, ok := w.observer.Deadline()
	if ok {
		d = d.Add(netio.CaptureLag)
	}
	if w.Top != nil {
		return earlier(d, w.Top.next())
	}
	if !ok {
		return time.Time{}
	}
	return d
}

// idle is for the time without packets.
func (w *watcher) idle(now time.Time) error {
	if err := w.flush(); err != nil {
		return err
	}
	w.tell(w.observer.Tick(now.Add(-netio.CaptureLag)))
	if w.Top != nil {
		return w.Top.draw(w.observer, now)
	}
	return nil
}

// frame takes in one frame.
func (w *watcher) frame(f *netio.Frame) error {
	p := &w.packet
	w.dissector.Dissect(f, p)
	if p.Kind == Other || p.Kind == Advert && w.VRID != 0 && p.Advert.VRID != w.VRID {
		return nil
	}
	if w.Capture != nil {
		if err := w.Capture.Write(f); err != nil {
			return err
		}
		w.kept = true
	}
	events := w.observer.See(p)
	if p.Kind == Advert {
		w.summary.Adverts++
		if w.Format != nil && !w.EventsOnly {
			w.lines = w.Format.Advert(w.lines, p, w.observer.Remark())
		}
	}
	w.tell(events)
	if len(w.lines) >= flushAt {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if w.Count > 0 && w.summary.Adverts >= uint64(w.Count) {
		return errDone
	}
	return nil
}

// tell writes events.
func (w *watcher) tell(events []Event) {
	for i := range events {
		if events[i].Severity == diag.Error {
			w.summary.Errors++
		}
		if w.Format != nil {
			w.lines = w.Format.Event(w.lines, &events[i])
		}
	}
}

// flush writes what there is to write.
func (w *watcher) flush() error {
	if w.kept {
		w.kept = false
		if err := w.Capture.Flush(); err != nil {
			return err
		}
	}
	if len(w.lines) == 0 {
		return nil
	}
	_, err := w.Out.Write(w.lines)
	w.lines = w.lines[:0]
	return err
}

// finish writes what is left.
func (w *watcher) finish() error {
	var deaf error
	switch {
	case !w.begun || !w.EventsOnly || w.VRID == 0 || w.observer.heard():
	case w.deaf():
		deaf = fmt.Errorf("nothing of vrid %d could be heard: %s is down", w.VRID, strings.Join(w.Interfaces, ", "))
	default:
		w.tell([]Event{{
			Name: NoAdverts, Severity: Meanings[NoAdverts].Severity, Time: w.last(),
			Router: Router{VRID: w.VRID}, Message: "not one sound advert was seen",
		}})
	}
	w.kept = w.Capture != nil && w.begun // a file without frames is one too
	err := errors.Join(deaf, w.flush())
	if w.Top != nil && w.begun {
		err = errors.Join(err, w.Top.finish(w.observer))
	}
	return err
}

// deaf says whether all interfaces that were asked for are down.
func (w *watcher) deaf() bool {
	for _, name := range w.Interfaces {
		if _, down := w.observer.down[name]; !down {
			return false
		}
	}
	return len(w.Interfaces) > 0
}

// last is the present time, in a file that of its last packet of interest.
func (w *watcher) last() time.Time {
	if w.File != nil {
		return w.observer.Now()
	}
	return time.Now()
}
