// Package notify tells external programs of the transitions of virtual routers
// and of real servers (notify, notify_master, notify_up and their kin in
// keepalived.conf(5)).
package notify

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A Runner runs external programs.
type Runner interface {
	// Run runs c with extra appended to its words and returns when it ended.
	Run(ctx context.Context, c command.Command, extra ...string) error
}

// The states that a program can be told of. Stop is the end of an instance,
// not a state of it.
const (
	Master = "MASTER"
	Backup = "BACKUP"
	Fault  = "FAULT"
	Stop   = "STOP"
)

// atOnce is how many programs run at a time.
const atOnce = 256

// A Queue runs the programs without making its callers wait. Those of one
// instance, or of one real server, run one after another in the order of the
// transitions, and none is left out; those of several run side by side.
type Queue struct {
	runner  Runner
	timeout time.Duration
	log     *slog.Logger

	ctx    context.Context // of the programs; ends when Close gives up
	cancel context.CancelFunc
	slots  chan struct{}
	wg     sync.WaitGroup // of the goroutines that drain pending

	mu      sync.Mutex // guards all following
	pending map[subject][]job
	closed  bool
	dropped int
}

// A subject is whose transitions a program is told of.
type subject struct{ kind, name string }

func (s subject) String() string { return s.kind + " " + s.name }

// A job is one program to run.
type job struct {
	command command.Command
	extra   []string
}

// New returns a queue that logs to log what fails. A program may take timeout,
// any time if that is 0, and is then killed with all that it started.
func New(runner Runner, timeout time.Duration, log *slog.Logger) *Queue {
	ctx, cancel := context.WithCancel(context.Background())
	return &Queue{
		runner: runner, timeout: timeout, log: log,
		ctx: ctx, cancel: cancel,
		slots:   make(chan struct{}, atOnce),
		pending: map[subject][]job{},
	}
}

// Notify tells the programs of an instance that it is in a state now, with its
// effective priority: first the one for that state, which gets no arguments,
// then the one for all, which gets "INSTANCE", the name, state and priority.
func (q *Queue) Notify(i *vrrp.Instance, state string, priority uint8) {
	s := subject{"INSTANCE", i.Name}
	q.add(s, forState(i.Notify, state))
	q.add(s, i.Notify.Any, s.kind, s.name, state, strconv.Itoa(int(priority)))
}

// NotifyLower runs the program that is told when an instance, as master, hears
// an advert of lower priority. It comes with every such advert, and so it neither
// holds up what tells of transitions, nor waits more than once.
func (q *Queue) NotifyLower(i *vrrp.Instance) {
	s := subject{"adverts of lower priority, INSTANCE", i.Name}
	q.mu.Lock()
	waits := len(q.pending[s]) > 0
	q.mu.Unlock()
	if !waits {
		q.add(s, i.Notify.MasterHeardLower)
	}
}

// NotifyServer runs the program, which may be nil, that is told of a real server.
func (q *Queue) NotifyServer(key lvs.RealKey, c *command.Command) {
	q.add(subject{"real server", key.String() + " of VS " + key.Service.String()}, c)
}

func (q *Queue) add(s subject, c *command.Command, extra ...string) {
	if c == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		q.log.Warn(fmt.Sprintf("Notify script %s of %s is not run: stopping", c, s))
		return
	}
	before, busy := q.pending[s]
	q.pending[s] = append(before, job{*c, extra})
	if !busy {
		q.wg.Go(func() { q.drain(s) })
	}
}

func forState(n vrrp.Notify, state string) *command.Command {
	switch state {
	case Master:
		return n.Master
	case Backup:
		return n.Backup
	case Fault:
		return n.Fault
	case Stop:
		return n.Stop
	}
	return nil
}

// drain runs what is pending for s until there is no more.
func (q *Queue) drain(s subject) {
	for {
		j, ok := q.take(s)
		if !ok {
			return
		}
		if !q.acquire() {
			q.drop()
			continue
		}
		err := q.run(j)
		<-q.slots
		if err != nil {
			q.log.Warn(fmt.Sprintf("Notify script %s of %s failed", j.command, s), "error", err)
		}
	}
}

// acquire waits for a place to run in. It reports false when there is no time
// for another program.
func (q *Queue) acquire() bool {
	select {
	case q.slots <- struct{}{}:
	case <-q.ctx.Done():
		return false
	}
	if q.ctx.Err() != nil {
		<-q.slots
		return false
	}
	return true
}

func (q *Queue) run(j job) error {
	ctx := q.ctx
	if q.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, q.timeout)
		defer cancel()
	}
	return q.runner.Run(ctx, j.command, j.extra...)
}

func (q *Queue) take(s subject) (job, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs := q.pending[s]
	if len(jobs) == 0 {
		delete(q.pending, s) // the next one starts another drain
		return job{}, false
	}
	q.pending[s] = jobs[1:]
	return jobs[0], true
}

func (q *Queue) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropped++
}

// Close takes no more from then on, lets what is pending run, and returns when
// all is done. When ctx ends before, it kills what runs and drops the rest, and
// the error says how much that was.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()

	stop := context.AfterFunc(ctx, q.cancel)
	q.wg.Wait()
	stop()
	q.cancel()

	q.mu.Lock()
	defer q.mu.Unlock()
	if q.dropped > 0 {
		return fmt.Errorf("%d notify scripts were not run: %w", q.dropped, context.Cause(ctx))
	}
	return nil
}
