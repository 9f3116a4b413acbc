package track

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// Processes counts processes (vrrp_track_process). It looks at the table of processes
// when the kernel reports a start or an end, and again and again, for not every kernel
// does.
type Processes struct {
	root   string // where proc(5) is
	listen func() (*processEvents, error)
	log    *slog.Logger
	reload chan struct{} // holds one when wanted is news to Run

	mu     sync.Mutex
	wanted []vrrp.Process // guarded by mu
}

// NewProcesses returns what counts the processes once Run is called.
func NewProcesses(processes []vrrp.Process, log *slog.Logger) *Processes {
	return &Processes{root: "/proc", listen: openProcessEvents, log: log, reload: make(chan struct{}, 1), wanted: processes}
}

// Reload makes Run count the processes of other settings. The verdict on one that did
// not change stays. It returns at once, and may be called before Run.
func (p *Processes) Reload(s *vrrp.Settings) {
	p.mu.Lock()
	p.wanted = s.Processes
	p.mu.Unlock()
	select {
	case p.reload <- struct{}{}:
	default:
	}
}

// Kind is that of what it reports.
func (p *Processes) Kind() vrrp.TrackKind { return vrrp.TrackProcess }

const (
	// countEvery is the time between two looks at the table, where nobody reports
	// changes, and countNews that after a report, for many come at once.
	countEvery = 250 * time.Millisecond
	countNews  = 10 * time.Millisecond
	// A look that takes long is repeated less often: it has one part in share of the
	// time of a processor, but at least one look in countAtLeast.
	share        = 50
	countAtLeast = 2 * time.Second
)

// pause is the time until the next look, after one that took so long, where looks are
// to be that often.
func pause(often, took time.Duration) time.Duration {
	return min(max(often, share*took), countAtLeast)
}

// hear passes on that there are reports until ctx ends. It reports false where there
// are none to be had.
func (p *Processes) hear(ctx context.Context, news chan<- struct{}, readers *sync.WaitGroup) bool {
	events, err := p.listen()
	if err != nil {
		p.log.Debug("the kernel does not report processes; they are counted four times a second", "error", err)
		return false
	}
	readers.Go(func() {
		defer context.AfterFunc(ctx, func() { _ = events.close() })()
		for {
			concerns, err := events.read()
			if err != nil {
				return
			}
			if concerns {
				select {
				case news <- struct{}{}:
				default:
				}
			}
		}
	})
	return true
}

// Run counts until ctx is cancelled, which is no error. It calls report with 1 where
// as many processes run as there should, and 0 where not: first, and when that changes.
func (p *Processes) Run(ctx context.Context, report func(name string, value int)) error {
	ctx, cancel := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer cancel()
	var verdicts []*verdict
	t := &processTable{root: p.root}
	timer := time.NewTimer(0)
	defer timer.Stop()
	news := make(chan struct{}, 1)
	often, heard := countEvery, false
	var ended time.Time // of the last look
	var took time.Duration
	trouble := ""
	for {
		reloaded := false
		select {
		case <-ctx.Done():
			return nil
		case <-p.reload:
			reloaded = true // who is reported to may have forgotten what is known
		case <-news:
			timer.Reset(time.Until(ended.Add(pause(countNews, took))))
			continue
		case <-timer.C:
		}
		verdicts = p.arrange(verdicts)
		if len(verdicts) == 0 {
			timer.Stop() // until a reload
			continue
		}
		if !heard { // what comes after this is not missed
			heard = true
			if p.hear(ctx, news, &readers) {
				often = countAtLeast
			}
		}
		began := time.Now()
		counts, err := t.count(verdicts)
		ended = time.Now()
		took = ended.Sub(began)
		if err != nil {
			if trouble != err.Error() {
				p.log.Warn("processes cannot be counted; what is tracked stays as it was", "error", err)
			}
			trouble = err.Error()
			timer.Reset(countAtLeast)
			continue
		}
		trouble = ""
		next := pause(often, took)
		for n, v := range verdicts {
			if v.counted(ended, counts[n]) || reloaded {
				report(v.process.Name, v.value())
			}
			if v.waiting {
				next = min(next, max(v.until.Sub(ended), time.Millisecond))
			}
		}
		timer.Reset(next)
	}
}

// arrange returns the verdicts on the processes that are wanted.
func (p *Processes) arrange(before []*verdict) (after []*verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.wanted {
		v := &verdict{}
		for _, old := range before {
			if old.process.Name == w.Name {
				v = old
			}
		}
		if !reflect.DeepEqual(v.process, w) {
			// The next count decides at once: it is of something else.
			*v = verdict{process: w, pattern: newPattern(&w)}
		}
		after = append(after, v)
	}
	return after
}

// A verdict says whether as many processes run as there should. It is pure.
type verdict struct {
	process vrrp.Process
	pattern pattern

	known, up bool
	count     int
	// waiting says that the count asks for the other verdict, which it has to do until
	// then.
	waiting bool
	until   time.Time
}

func (v *verdict) value() int {
	if v.up {
		return 1
	}
	return 0
}

// counted takes the count at a time. It reports true where the verdict is the first or
// another one. Whether processes that came or processes that ended have made the
// difference says how long that must last.
func (v *verdict) counted(now time.Time, count int) bool {
	up := count >= v.process.Quorum && (v.process.Most == nil || count <= *v.process.Most)
	more := count > v.count
	v.count = count
	switch {
	case !v.known:
		v.known, v.up = true, up
		return true
	case up == v.up:
		v.waiting = false
		return false
	case !v.waiting:
		delay := v.process.TerminateDelay
		if more {
			delay = v.process.ForkDelay
		}
		v.waiting, v.until = true, now.Add(delay)
	}
	if now.Before(v.until) {
		return false
	}
	v.waiting, v.up = false, up
	return true
}

func (v *verdict) String() string {
	return fmt.Sprintf("%s: %d processes, up %v", v.process.Name, v.count, v.up)
}
