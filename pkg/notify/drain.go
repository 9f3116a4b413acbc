package notify

import (
	"fmt"
	"time"
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

// run runs the programs of t one after another, in a place that it frees.
func (q *Queue) run(s subject, w *waiting, t *turn, free func()) {
	for n, j := range t.jobs {
		if n > 0 {
			var ok bool
			if free, ok = q.acquire(); !ok {
				q.mu.Lock()
				q.dropped += len(t.jobs[n:])
				q.mu.Unlock()
				return
			}
		}
		began := time.Now()
		ended := q.start(s, j)
		late := !q.wait(ended, patience)
		free()
		if !late {
			continue
		}
		last := n == len(t.jobs)-1
		if last && !q.await(ended, w, t) {
			continue
		}
		if q.ctx.Err() != nil {
			continue
		}
		q.log.Warn(fmt.Sprintf("Notify script %s of %s has been running for %d s; it goes on, and what follows runs beside it",
			j.command, s, time.Since(began)/time.Second))
		if len(w.news) > 0 && !t.last {
			return // the state is over
		}
	}
}

// start starts a program and returns what is closed when it has ended.
func (q *Queue) start(s subject, j job) <-chan struct{} {
	ended := make(chan struct{})
	q.runs.Go(func() {
		defer close(ended)
		err := q.runner.Run(q.ctx, *j.command, j.extra...)
		switch {
		case err == nil:
		case q.ctx.Err() != nil:
			q.log.Info(fmt.Sprintf("Notify script %s of %s was still running at the stop, and was ended", j.command, s))
		default:
			q.log.Warn(fmt.Sprintf("Notify script %s of %s failed", j.command, s), "error", err)
		}
	})
	return ended
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
