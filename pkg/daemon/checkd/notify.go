package checkd

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/lvs"
)

// Runner runs external programs.
type Runner interface {
	// Run runs c with extra appended to its words and returns when it ended.
	Run(ctx context.Context, c command.Command, extra ...string) error
}

const (
	// scripts is how many notify scripts run at a time.
	scripts = 64
	// scriptAtMost is the time that one has: those behind it wait.
	scriptAtMost = 5 * time.Minute
)

// A notifier runs notify scripts without making its caller wait: those of one
// real server in their order, those of several side by side.
type notifier struct {
	runner Runner
	log    *slog.Logger
	slots  chan struct{}
	wg     sync.WaitGroup

	mu      sync.Mutex // guards pending
	pending map[lvs.RealKey][]command.Command
}

func newNotifier(r Runner, log *slog.Logger) *notifier {
	return &notifier{
		runner:  r,
		log:     log,
		slots:   make(chan struct{}, scripts),
		pending: map[lvs.RealKey][]command.Command{},
	}
}

// notify runs c, which may be nil, after what runs for the same real server.
func (n *notifier) notify(ctx context.Context, key lvs.RealKey, c *command.Command) {
	if c == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	queue, busy := n.pending[key]
	n.pending[key] = append(queue, *c)
	if !busy {
		n.wg.Go(func() { n.drain(ctx, key) })
	}
}

// drain runs what is pending for key until there is no more.
func (n *notifier) drain(ctx context.Context, key lvs.RealKey) {
	for {
		c, ok := n.take(key)
		if !ok {
			return
		}
		select {
		case <-ctx.Done():
			continue // a script that has not started by now is not run
		case n.slots <- struct{}{}:
		}
		limited, cancel := context.WithTimeout(ctx, scriptAtMost)
		err := n.runner.Run(limited, c)
		cancel()
		<-n.slots
		if err != nil && ctx.Err() == nil {
			n.log.Warn("Notify script "+c.String()+" failed", "server", key.String(), "error", err)
		}
	}
}

func (n *notifier) take(key lvs.RealKey) (command.Command, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	queue := n.pending[key]
	if len(queue) == 0 {
		delete(n.pending, key)
		return command.Command{}, false
	}
	n.pending[key] = queue[1:]
	return queue[0], true
}

// wait returns when every script has ended.
func (n *notifier) wait() { n.wg.Wait() }
