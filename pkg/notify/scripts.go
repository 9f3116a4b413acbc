package notify

import (
	"context"

	"github.com/kactl/kactl/pkg/event"
)

// Scripts is the sink that runs notify scripts. See [Queue].
type Scripts struct{ queue *Queue }

// NewScripts returns a sink that runs the programs of q.
func NewScripts(q *Queue) *Scripts { return &Scripts{q} }

// Handle runs the programs of e's object for e. It does not wait for them.
func (s *Scripts) Handle(e event.Event) {
	switch e := e.(type) {
	case event.Settled:
		state := e.State.String()
		if e.Ended {
			state = ending(e)
		}
		if e.Ended && e.Deleted {
			s.queue.NotifyDeleted(e.Settings, state, e.Priority)
			return
		}
		s.queue.Notify(e.Settings, state, e.Priority)
	case event.GroupSettled:
		state := e.State.String()
		if e.Ended {
			state = Stop
		}
		s.queue.NotifyGroup(e.Settings, state)
	case event.LowerAdvert:
		s.queue.NotifyLower(e.Settings)
	case event.RealServer:
		if e.Up {
			s.queue.NotifyServer(e.Key, e.Real.NotifyUp)
		} else {
			s.queue.NotifyServer(e.Key, e.Real.NotifyDown)
		}
	}
}

// Close lets the programs of the end run. See [Queue.Close].
func (s *Scripts) Close(ctx context.Context) error { return s.queue.Close(ctx) }
