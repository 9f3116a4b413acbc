// Package track runs the check scripts (vrrp_script) that the priority and the state
// of virtual routers depend on.
package track

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A Runner runs external programs.
type Runner interface {
	// Run runs c with extra appended to its words and returns when it ended,
	// or was killed because ctx did: nil if it succeeded, a
	// *script.ExitError if not, and another error if it could not be
	// started. One that cannot be killed keeps it from returning.
	Run(ctx context.Context, c command.Command, extra ...string) error
}

// Scripts runs the check scripts and keeps the verdict on each.
type Scripts struct {
	runner Runner
	log    *slog.Logger
	reload chan struct{} // holds one when wanted is news to Run

	mu       sync.Mutex // guards all following
	wanted   []vrrp.Script
	verdicts map[string]bool // of those that have one
}

// New returns what runs the scripts once Run is called. It logs in keepalived's
// words.
func New(scripts []vrrp.Script, runner Runner, log *slog.Logger) *Scripts {
	return &Scripts{
		runner: runner, log: log,
		reload:   make(chan struct{}, 1),
		wanted:   scripts,
		verdicts: map[string]bool{},
	}
}

// Reload makes Run run other scripts. One that did not change is not disturbed;
// one that did starts anew, but keeps the verdict on its name until its results
// say otherwise. It returns at once, and may be called before Run.
func (s *Scripts) Reload(scripts []vrrp.Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = scripts
	for _, sc := range scripts {
		up, ok := s.verdicts[sc.Name]
		if !ok {
			continue
		}
		successful := "unsuccessful"
		if up {
			successful = "successful"
		}
		s.log.Info(fmt.Sprintf("VRRP_Script(%s) considered %s on reload", sc.Name, successful))
	}
	select {
	case s.reload <- struct{}{}:
	default:
	}
}

// endsWithin is how long a run may take to end at the stop: somewhat longer than
// the runner lets it live.
const endsWithin = 3 * time.Second

// Run runs the scripts until ctx is cancelled, which is no error. It calls
// report with each first verdict and each that changes, from several
// goroutines. When it returns no script runs any more, unless it is stuck in the
// kernel and cannot be ended.
func (s *Scripts) Run(ctx context.Context, report func(name string, up bool)) error {
	var watches sync.WaitGroup
	var runs sync.WaitGroup
	defer func() {
		watches.Wait()
		s.awaitEnd(&runs)
	}()
	running, left := map[string]*watch{}, map[string]*watch{}
	for {
		s.arrange(running, left, report, func(sc vrrp.Script, old, before *watch) *watch {
			w := newWatch(ctx, sc, s.log)
			w.start = func(ctx context.Context) *run {
				r := newRun(ctx, s.runner, sc.Command)
				runs.Go(func() { <-r.ended })
				return r
			}
			w.publish = func(up bool) {
				if s.keep(w, up) {
					report(sc.Name, up)
				}
			}
			watches.Go(func() {
				if before != nil {
					<-before.done // at once: it does not wait for its script
					w.await(before.run)
				}
				if old != nil {
					w.succeed(old)
				}
				w.loop()
			})
			return w
		})
		select {
		case <-s.reload:
		case <-ctx.Done():
			return nil
		}
	}
}

// awaitEnd waits for the end of all runs, as long as that is to be expected.
func (s *Scripts) awaitEnd(runs *sync.WaitGroup) {
	ended := make(chan struct{})
	go func() {
		runs.Wait()
		close(ended)
	}()
	limit := time.NewTimer(endsWithin)
	defer limit.Stop()
	select {
	case <-ended:
	case <-limit.C:
		s.log.Warn("Track scripts do not end; the stop does not wait for them")
	}
}

// arrange makes running what is wanted. In left are those that are not wanted any
// more: the script of one that comes back may still run. The verdicts of those that go on
// are reported again: two reloads may have come at once, of which the first had them
// forgotten by whom they are reported to.
func (s *Scripts) arrange(running, left map[string]*watch, report func(name string, up bool), start func(sc vrrp.Script, old, before *watch) *watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := map[string]bool{}
	for _, sc := range s.wanted {
		wanted[sc.Name] = true
		old := running[sc.Name]
		if up, known := s.verdicts[sc.Name]; old != nil && known {
			report(sc.Name, up)
		}
		if old != nil && reflect.DeepEqual(old.script, sc) {
			continue
		}
		before := left[sc.Name]
		delete(left, sc.Name)
		if old != nil {
			old.cancel()
			before = old
		}
		running[sc.Name] = start(sc, old, before)
	}
	for name, w := range left {
		if w.over() {
			delete(left, name)
		}
	}
	for name, w := range running {
		if !wanted[name] {
			w.cancel()
			delete(running, name)
			delete(s.verdicts, name)
			left[name] = w
		}
	}
}

// keep takes note of a verdict, unless what it comes from was cancelled.
func (s *Scripts) keep(w *watch, up bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.ctx.Err() != nil {
		return false
	}
	s.verdicts[w.script.Name] = up
	return true
}
