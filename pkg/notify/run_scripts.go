package notify

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/script"
)

// drain runs what waits for s until there is no more.
func (q *Queue) drain(s subject, w *waiting) {
	for {
		// First the place, then the turn: it is the latest then.
		free, ok := q.acquire()
		if !ok {
			q.drop(s, w)
			return
		}
		t := q.take(s, w)
		if t == nil {
			free()
			return
		}
		q.run(s, w, t, free)
	}
}

// acquire waits for a place to run in, and returns what frees it. It reports false
// when there is no time for another program. At the stop nobody waits for places.
func (q *Queue) acquire() (free func(), ok bool) {
	free = func() {}
	select {
	case q.slots <- struct{}{}:
		free = func() { <-q.slots }
	case <-q.closing:
	case <-q.ctx.Done():
	}
	if q.ctx.Err() != nil {
		free()
		return nil, false
	}
	return free, true
}

// run runs the programs of t one after another, in a place that it frees. One that
// the machine lacks something to start is tried again until the state is over.
func (q *Queue) run(s subject, w *waiting, t *turn, free func()) {
	for n := 0; n < len(t.jobs); {
		if free == nil {
			var ok bool
			if free, ok = q.acquire(); !ok {
				q.giveUp(t, n)
				return
			}
		}
		j := t.jobs[n]
		began := time.Now()
		r := q.start(s, w, j)
		late := !q.wait(r.ended, patience)
		free()
		free = nil
		last := n == len(t.jobs)-1
		if late && last && !q.await(r.ended, w, t) {
			late = false
		}
		switch {
		case r.lacking():
			if !q.again(s, w, t) {
				q.giveUp(t, n)
				return
			}
			continue // with the same program
		case late && q.ctx.Err() == nil:
			q.log.Warn(fmt.Sprintf("Notify script %s of %s has been running for %d s; it goes on, and what follows runs beside it",
				j.command, s, time.Since(began)/time.Second))
			if len(w.news) > 0 && !t.last {
				return // the state is over
			}
		}
		n++
	}
}

// giveUp counts the programs of t from the nth on, where it is the stop that keeps
// them from being run.
func (q *Queue) giveUp(t *turn, n int) {
	if q.ctx.Err() == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropped += len(t.jobs[n:])
}

// again waits before t is tried once more. It reports false if that is not to be:
// t is over, or there is no more time.
func (q *Queue) again(s subject, w *waiting, t *turn) bool {
	news, closing := w.news, q.closing
	if t.last {
		news = nil // the end of an instance always runs its programs
	}
	if !t.alone {
		closing = nil
	}
	timer := time.NewTimer(retry)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-news:
		q.mu.Lock()
		defer q.mu.Unlock()
		w.signal()
		if !t.alone {
			q.skip(s)
		}
	case <-closing:
	case <-q.ctx.Done():
	}
	return false
}

// A run is a program that was started, or that could not be.
type run struct {
	ended chan struct{} // closed when err is what it came to
	err   error
}

// lacking reports whether it has ended, and was not started since the machine lacks
// something.
func (r *run) lacking() bool {
	select {
	case <-r.ended:
		return script.OwnTrouble(r.err)
	default:
		return false
	}
}

// start starts a program.
func (q *Queue) start(s subject, w *waiting, j job) *run {
	r := &run{ended: make(chan struct{})}
	q.runs.Go(func() {
		defer close(r.ended)
		r.err = q.runner.Run(q.ctx, *j.command, j.extra...)
		lacking := script.OwnTrouble(r.err)
		if w.lacks(lacking) {
			q.log.Warn(fmt.Sprintf("Notify script %s of %s cannot be run now, and is tried again", j.command, s), "error", r.err)
		}
		switch {
		case r.err == nil || lacking:
		case q.ctx.Err() != nil:
			q.log.Info(fmt.Sprintf("Notify script %s of %s was still running at the stop, and was ended", j.command, s))
		default:
			q.log.Warn(fmt.Sprintf("Notify script %s of %s failed", j.command, s), "error", r.err)
		}
	})
	return r
}

// wait reports whether a program ended in time.
func (q *Queue) wait(ended <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-ended:
		return true
	case <-timer.C:
	case <-q.ctx.Done():
	}
	return false
}

// await waits for the end of a late program of t. It reports true if another one
// is to be run before that.
func (q *Queue) await(ended <-chan struct{}, w *waiting, t *turn) bool {
	news, closing := w.news, q.closing
	if t.alone {
		news = nil
	}
	if t.last {
		closing = nil
	}
	select {
	case <-ended:
	case <-news:
		q.mu.Lock()
		w.signal()
		q.mu.Unlock()
		return true
	case <-closing: // Close ends it
	case <-q.ctx.Done():
	}
	return false
}
