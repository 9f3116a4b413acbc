package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/ipvs"
)

func watchFlags(f *pflag.FlagSet) {
	f.Duration("watch", 0, "show the table every `INTERVAL` anew, with the rates since the\nlast time, until interrupted")
}

// shortestWatch is the least time between two reads of the table. Counting less
// would show chance.
const shortestWatch = 100 * time.Millisecond

// validWatch refuses what watching does not go together with. Without another
// view it shows rates.
func (t *tableViewer) validWatch() error {
	switch interval := t.settings.GetDuration("watch"); {
	case interval == 0:
		return nil
	case interval < shortestWatch:
		return fmt.Errorf("--watch %v is too short: write %v or longer", interval, shortestWatch)
	}
	if others := append(t.given(ipvsModes), t.jsonFlag()...); len(others) > 0 {
		return fmt.Errorf("--watch and --%s cannot be given together", others[0])
	}
	if t.view == ipvs.Plain {
		t.view = ipvs.ViewRate
	}
	t.query.Full = true
	return nil
}

// A tableWatcher draws the table again and again.
type tableWatcher struct {
	interval time.Duration
	read     func(context.Context) (*ipvs.Listing, error)
	print    func(context.Context, io.Writer, *ipvs.Listing) error
	screen   *screen
}

// watch draws the table until a signal ends it.
func (t tableViewer) watch(ctx context.Context, h *ipvs.Handle) error {
	w := tableWatcher{
		interval: t.settings.GetDuration("watch"),
		read:     func(ctx context.Context) (*ipvs.Listing, error) { return t.list(ctx, h) },
		print:    t.show,
		screen:   newScreen(t.out),
	}
	return w.runUntilSignal(ctx)
}

func (w tableWatcher) runUntilSignal(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, unix.SIGWINCH)
	defer signal.Stop(resized)
	return w.run(ctx, resized)
}

// run draws until ctx ends, which is no error. What it did to the terminal is
// undone then.
func (w tableWatcher) run(ctx context.Context, resized <-chan os.Signal) (err error) {
	ticker := time.NewTicker(w.interval)
	defer ticker.Stop()
	// Nothing is drawn before the first table is there: an error is better read
	// without.
	var last *ipvs.Listing
	var readAt time.Time
	var frame bytes.Buffer
	for {
		l, err := w.read(ctx)
		now := time.Now()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if last == nil {
			if err := w.screen.Open(); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, w.screen.Close()) }()
		} else {
			l.Since(last, now.Sub(readAt))
		}
		last, readAt = l, now
		frame.Reset()
		fmt.Fprintf(&frame, "Every %v: %s\n\n", w.interval, now.Format(time.DateTime))
		if err := w.print(ctx, &frame, l); err != nil {
			return err
		}
		if err := w.screen.Draw(frame.Bytes()); err != nil {
			return err
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return nil
			case <-resized:
				if err := w.screen.Draw(frame.Bytes()); err != nil {
					return err
				}
			case <-ticker.C:
				waiting = false
			}
		}
	}
}
