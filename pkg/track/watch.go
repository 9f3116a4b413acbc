package track

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/script"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A watch runs one script again and again.
type watch struct {
	script vrrp.Script
	start  func(context.Context) *run
	log    *slog.Logger
	// publish is told of a verdict that is news.
	publish func(up bool)

	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended; then others may read what follows

	verdict *health.RiseFall
	// status is the last exit status; a log line tells when it changes.
	status int
	// broken is why the script could not be started the last time, tries how
	// often that was so in a row.
	broken string
	tries  int
	// late is set while runs take longer than the interval.
	late bool

	// run is the one that has not ended yet, or nil.
	run *run
	// missed says that a start was due while it had not ended.
	missed bool
}

func newWatch(ctx context.Context, sc vrrp.Script, log *slog.Logger) *watch {
	ctx, cancel := context.WithCancel(ctx)
	return &watch{
		script: sc, log: log,
		ctx: ctx, cancel: cancel, done: make(chan struct{}),
		verdict: health.NewRiseFall(sc.Rise, sc.Fall, !sc.InitFail),
	}
}

// succeed takes over the verdict of old, which has ended.
func (w *watch) succeed(old *watch) {
	w.verdict, w.status = old.verdict, old.status
	w.verdict.Tune(w.script.Rise, w.script.Fall)
}

// await takes over a run that was cancelled and may not have ended: nothing is
// started beside it, and it has the time of a run from now on.
func (w *watch) await(r *run) {
	if r != nil && !r.over() {
		r.foreign, r.judged = true, false
		w.setLimit(r)
		w.run, w.missed = r, true
	}
}

// over reports whether w has ended, and its script does not run any more.
func (w *watch) over() bool {
	select {
	case <-w.done:
		return w.run == nil || w.run.over()
	default:
		return false
	}
}

func (w *watch) setLimit(r *run) {
	r.limit = nil
	if w.script.Timeout > 0 {
		r.limit = time.NewTimer(w.script.Timeout)
		r.deadline = time.Now().Add(w.script.Timeout)
	}
}

// loop runs the script at every interval until the watch is cancelled. A run that
// lasts longer is not joined by a second one: the next begins when it has ended.
// What is stuck in the kernel and does not end is given up by nobody, and waited
// for by nobody: its time-out is a failure, and so is each interval after it.
func (w *watch) loop() {
	defer close(w.done)
	defer w.cancel()
	interval := max(w.script.Interval, time.Millisecond) // 0 would run for ever
	next := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var ended <-chan struct{}
		var limit <-chan time.Time
		if w.run != nil {
			ended = w.run.ended
			if w.run.limit != nil {
				limit = w.run.limit.C
			}
		}
		select {
		case <-w.ctx.Done():
			return
		case <-limit:
			w.timedOut()
		case <-ended:
			w.judge()
			if !w.missed {
				w.late = false
				continue
			}
			w.begin()
			if over := time.Since(next); over >= 0 { // stay in step
				next = next.Add(over.Truncate(interval) + interval)
				timer.Reset(time.Until(next))
			}
		case <-timer.C:
			if w.run == nil {
				w.begin()
			} else {
				w.miss(next)
			}
			next = next.Add(interval)
			if over := time.Since(next); over > 0 {
				next = next.Add(over.Truncate(interval))
			}
			timer.Reset(time.Until(next))
		}
	}
}

// begin starts a run.
func (w *watch) begin() {
	w.missed = false
	w.run = w.start(w.ctx)
	w.setLimit(w.run)
}

// miss takes note that a start was due at a time at which the run before had not
// ended.
func (w *watch) miss(due time.Time) {
	w.missed = true
	switch {
	case w.run.judged:
		if due.After(w.run.deadline) {
			w.result(false, "timed_out")
		}
	// One that is killed at the end of its interval ends a little after it: that
	// is no surprise.
	case !w.late && !w.run.foreign && (w.script.Timeout == 0 || w.script.Timeout > w.script.Interval):
		w.late = true
		w.log.Info(fmt.Sprintf("Track script %s is already running, expect idle - skipping run", w.script.Name))
	}
}

// timedOut judges a run whose time is over, and ends it.
func (w *watch) timedOut() {
	w.run.judged = true
	w.run.cancel()
	w.broken, w.tries = "", 0
	w.result(false, "timed_out")
}

// judge judges the end of a run, unless its time was over before.
func (w *watch) judge() {
	r := w.run
	w.run = nil
	if r.limit != nil {
		r.limit.Stop()
	}
	r.cancel()
	if r.judged || r.foreign || w.ctx.Err() != nil {
		return
	}
	var exit *script.ExitError
	switch {
	case r.err == nil:
		w.exited(0)
		w.result(true, "succeeded")
	case errors.As(r.err, &exit):
		if exit.Signal == 0 {
			w.exited(exit.Code)
		}
		w.result(false, "failed ("+exit.Error()+")")
	default:
		w.notStarted(r.err)
		return
	}
	w.broken, w.tries = "", 0
}

// exited logs an exit status that is not that of the run before.
func (w *watch) exited(status int) {
	if status != w.status {
		w.log.Info(fmt.Sprintf("Script `%s` now returning %d", w.script.Name, status))
	}
	w.status = status
}

// notStarted judges that there was no run. A machine that is short of processes,
// descriptors or memory says nothing of what is checked, and the verdict stays;
// before the first, it is what it would be taken for. A script that cannot be
// started, or that others could have replaced, fails: the first time too not
// before it was tried as often as it may fail.
func (w *watch) notStarted(err error) {
	own := script.OwnTrouble(err)
	if err.Error() != w.broken {
		what := "cannot be run"
		if own {
			what = "cannot be run now, and its state stays"
		}
		w.log.Error(fmt.Sprintf("VRRP_Script(%s) %s", w.script.Name, what), "error", err)
	}
	w.broken = err.Error()
	switch {
	case !own:
		w.tries++
		if w.verdict.Decided() || w.tries >= w.script.Fall {
			w.result(false, "failed ("+err.Error()+")")
		}
	case w.verdict.Decided():
	case w.script.InitFail:
		w.result(false, "failed (not run)")
	default:
		w.result(true, "considered successful")
	}
}

// result counts a result and, if that is news, logs it in the given words and
// publishes the verdict.
func (w *watch) result(ok bool, words string) {
	if w.verdict.Result(ok) {
		w.log.Info(fmt.Sprintf("VRRP_Script(%s) %s", w.script.Name, words))
		w.publish(w.verdict.Up())
	}
}
