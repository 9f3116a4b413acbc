package notify

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kactl/kactl/pkg/command"
)

// A Runner runs external programs.
type Runner interface {
	// Run runs c with extra appended to its words and returns when it ended.
	// It ends c when ctx ends. An error that is script.OwnTrouble says that it
	// was not started.
	Run(ctx context.Context, c command.Command, extra ...string) error
}

const (
	// atOnce is how many programs run at a time, without those that are late.
	atOnce = 256
	// patience is how long a program keeps others of its subject from being
	// run. It goes on, and they run beside it.
	patience = 5 * time.Second
	// retry is the pause before the next attempt when the machine had no processes,
	// descriptors or memory left to start a program.
	retry = time.Second
	// killing is how long Close waits for the programs that it ends.
	killing = 3 * time.Second
)

// A Queue runs the programs without making its callers wait.
//
// Those of one instance, or of one real server, run one after another in the order
// of the transitions, those of several run side by side. A state that is over before
// its programs could be started is left out: what waits is the latest state, and
// the end of an instance, whose programs always run. A program that takes longer than
// some seconds is not killed, and no longer waited for. One that cannot be started
// because this machine lacks something is tried again for as long as that is the
// latest state.
type Queue struct {
	runner Runner
	log    *slog.Logger

	ctx    context.Context // of the programs; ends when Close gives up
	cancel context.CancelFunc
	slots  chan struct{}
	drains sync.WaitGroup // of the goroutines that drain subjects
	runs   sync.WaitGroup // of those that wait for programs

	mu       sync.Mutex // guards all following
	subjects map[subject]*waiting
	skipped  map[subject]int // states left out and not logged yet
	dropped  int             // programs that Close left out
	closed   bool
	closing  chan struct{} // closed when closed is set
}

// A subject is the instance or real server whose transitions programs report.
type subject struct{ kind, name string }

func (s subject) String() string { return s.kind + " " + s.name }

// A turn is what there is to run for one state.
type turn struct {
	jobs  []job
	last  bool // the end of an instance
	alone bool // it never runs beside the one before
}

// A job is one program to run.
type job struct {
	command *command.Command
	extra   []string
}

// Waiting is what is to be run for a subject when its turn comes.
type waiting struct {
	end, latest *turn
	news        chan struct{} // holds one while there is something
	lacking     atomic.Bool   // the last program could not be started, and the log says so
}

// lacks takes note of whether the machine lacks something to start programs. It
// reports true if that is news for the log.
func (w *waiting) lacks(lacking bool) bool {
	return !w.lacking.Swap(lacking) && lacking
}

// signal makes news say whether there is something.
func (w *waiting) signal() {
	if w.end == nil && w.latest == nil {
		select {
		case <-w.news:
		default:
		}
		return
	}
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// New returns a queue that logs to log what fails.
func New(runner Runner, log *slog.Logger) *Queue {
	ctx, cancel := context.WithCancel(context.Background())
	return &Queue{
		runner: runner, log: log,
		ctx: ctx, cancel: cancel,
		slots:    make(chan struct{}, atOnce),
		subjects: map[subject]*waiting{},
		skipped:  map[subject]int{},
		closing:  make(chan struct{}),
	}
}

// add makes t what is to be run next for s, in the place of what waited.
func (q *Queue) add(s subject, t *turn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		for _, j := range t.jobs {
			q.log.Warn(fmt.Sprintf("Notify script %s of %s is not run: stopping", j.command, s))
		}
		return
	}
	w, busy := q.subjects[s]
	if !busy {
		if len(t.jobs) == 0 {
			return
		}
		w = &waiting{news: make(chan struct{}, 1)}
		q.subjects[s] = w
		q.drains.Go(func() { q.drain(s, w) })
	}
	if w.latest != nil && !t.alone {
		q.skip(s)
	}
	w.latest = nil
	switch {
	case len(t.jobs) == 0: // what waited is over all the same
	case t.last:
		w.end = t
	default:
		w.latest = t
	}
	w.signal()
}

// take returns what is to be run now. When there is nothing it returns nil, and
// the next turn of s starts another drain.
func (q *Queue) take(s subject, w *waiting) *turn {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := w.end
	if t == nil {
		t, w.latest = w.latest, nil
	}
	w.end = nil
	w.signal()
	if t != nil && t.alone && q.closed {
		t = nil // there is time for what tells of states
	}
	if t == nil {
		delete(q.subjects, s)
	}
	return t
}

// skip counts a state that is left out. One log line a second tells how many. The
// caller holds mu.
func (q *Queue) skip(s subject) {
	q.skipped[s]++
	if q.skipped[s] > 1 {
		return
	}
	time.AfterFunc(time.Second, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.logSkipped(s)
	})
}

// logSkipped tells how many states of s were left out. The caller holds mu.
func (q *Queue) logSkipped(s subject) {
	if n := q.skipped[s]; n > 0 {
		q.log.Info(fmt.Sprintf("Notify scripts of %s: %d states were over before their scripts could be run", s, n))
	}
	delete(q.skipped, s)
}

// drop counts what is not run any more.
func (q *Queue) drop(s subject, w *waiting) {
	for t := q.take(s, w); t != nil; t = q.take(s, w) {
		q.mu.Lock()
		q.dropped += len(t.jobs)
		q.mu.Unlock()
	}
}

// Close takes no more from then on, lets what waits run, the end of instances
// above all, and returns when that is done. What still runs then, or when ctx ends
// before, is ended, and the rest is dropped: the error says how much that was. It
// does not wait for a program that cannot be ended.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	q.closed = true
	close(q.closing)
	q.mu.Unlock()

	stop := context.AfterFunc(ctx, q.cancel)
	q.drains.Wait()
	stop()
	q.cancel()
	ended := make(chan struct{})
	go func() {
		q.runs.Wait()
		close(ended)
	}()
	limit := time.NewTimer(killing)
	defer limit.Stop()
	select {
	case <-ended:
	case <-limit.C:
		q.log.Warn("Notify scripts do not end; the stop does not wait for them")
	}

	q.mu.Lock()
	defer q.mu.Unlock()
	for s := range q.skipped {
		q.logSkipped(s)
	}
	if q.dropped > 0 {
		return fmt.Errorf("%d notify scripts were not run: %w", q.dropped, context.Cause(ctx))
	}
	return nil
}
