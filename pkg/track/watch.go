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
	runner Runner
	log    *slog.Logger
	// publish is told of a verdict that is news.
	publish func(up bool)

	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended

	verdict *health.RiseFall
	// status is the last exit status; a log line tells when it changes.
	status int
	// broken is why the script could not be started the last time.
	broken string
	// late is set while runs take longer than the interval.
	late bool
}

func newWatch(ctx context.Context, sc vrrp.Script, r Runner, log *slog.Logger) *watch {
	ctx, cancel := context.WithCancel(ctx)
	return &watch{
		script: sc, runner: r, log: log,
		ctx: ctx, cancel: cancel, done: make(chan struct{}),
		verdict: health.NewRiseFall(sc.Rise, sc.Fall, !sc.InitFail),
	}
}

// run takes over from old, if there is one, when that has ended, and runs the
// script at every interval. A run that lasts longer is not joined by a second
// one: the next begins when it has ended.
func (w *watch) run(old *watch) {
	defer close(w.done)
	defer w.cancel()
	if old != nil {
		<-old.done
		w.verdict, w.status = old.verdict, old.status
		w.verdict.Tune(w.script.Rise, w.script.Fall)
	}
	interval := max(w.script.Interval, time.Millisecond) // 0 would run for ever
	timer := time.NewTimer(0)
	defer timer.Stop()
	for next := time.Now(); ; {
		select {
		case <-w.ctx.Done():
			return
		case <-timer.C:
		}
		timedOut := w.once()
		next = next.Add(interval)
		over := time.Since(next)
		late := over > 0
		// A run that was killed at the end of its interval ends a little after
		// it: that is no surprise.
		if late && !timedOut && !w.late {
			w.log.Info(fmt.Sprintf("Track script %s is already running, expect idle - skipping run", w.script.Name))
		}
		w.late = late
		timer.Reset(-over)
		if late {
			next = next.Add(over.Truncate(interval)) // stay in step
		}
	}
}

// once runs the script once and judges its end.
func (w *watch) once() (timedOut bool) {
	ctx := w.ctx
	if w.script.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.script.Timeout)
		defer cancel()
	}
	err := w.runner.Run(ctx, w.script.Command)
	if w.ctx.Err() != nil {
		return false // killed because we stop: no result
	}
	var exit *script.ExitError
	switch {
	case err == nil:
		w.exited(0)
		w.result(true, "succeeded")
	case errors.Is(err, script.ErrTimeout):
		w.result(false, "timed_out")
		timedOut = true
	case errors.As(err, &exit):
		if exit.Signal == 0 {
			w.exited(exit.Code)
		}
		w.result(false, "failed ("+exit.Error()+")")
	default:
		w.notStarted(err)
		return false
	}
	w.broken = ""
	return timedOut
}

// exited logs an exit status that is not that of the run before.
func (w *watch) exited(status int) {
	if status != w.status {
		w.log.Info(fmt.Sprintf("Script `%s` now returning %d", w.script.Name, status))
	}
	w.status = status
}

// notStarted judges that there was no run: a program that is being replaced, a
// machine short of memory say nothing of what is checked, and the verdict
// stays. Before the first, it is what it would be taken for.
func (w *watch) notStarted(err error) {
	if err.Error() != w.broken {
		w.log.Error(fmt.Sprintf("VRRP_Script(%s) cannot be run", w.script.Name), "error", err)
	}
	w.broken = err.Error()
	if w.verdict.Decided() {
		return
	}
	if w.script.InitFail {
		w.result(false, "failed (not run)")
	} else {
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
