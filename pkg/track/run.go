package track

import (
	"context"
	"time"

	"github.com/kactl/kactl/pkg/command"
)

// A run is one run of a script. It lasts until the process has ended, and that
// can be long after it was told to.
type run struct {
	cancel context.CancelFunc
	ended  chan struct{} // closed when err is what it came to
	err    error

	// limit fires at deadline, when the time of the run is over; nil if never.
	limit    *time.Timer
	deadline time.Time
	// judged says that it was over, and has been counted as a failure.
	judged bool
	// foreign says that it was started, and cancelled, by the watch before: it
	// has no result.
	foreign bool
}

func newRun(ctx context.Context, r Runner, c command.Command) *run {
	ctx, cancel := context.WithCancel(ctx)
	n := &run{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(n.ended)
		n.err = r.Run(ctx, c)
	}()
	return n
}

func (r *run) over() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}
