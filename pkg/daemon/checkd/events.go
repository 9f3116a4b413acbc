package checkd

import (
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/health"
)

// needed is the weight that makes a quorum.
const needed = 1

func (d *Daemon) emit(e event.Event) {
	if d.cfg.Events != nil {
		d.cfg.Events(e)
	}
}

// emitCheck emits that the verdict of c has changed.
func (d *Daemon) emitCheck(c *checker, step health.Outcome, err error) {
	s := c.server
	e := event.Check{Key: s.key, Check: c.state.Check(), Up: c.state.Up(), ServerUp: s.verdict(), Retries: step.Retries, Err: err, At: time.Now()}
	e.Real, e.Virtual = s.settings(), &d.pool.byKey[s.key.Service].virtual
	d.emit(e)
}

// emitServer emits e about s, with what is known of s.
func (d *Daemon) emitServer(s *server, e event.RealServer) {
	e.Key, e.Real, e.At = s.key, s.settings(), time.Now()
	if svc := d.pool.byKey[s.key.Service]; svc != nil {
		e.Virtual = &svc.virtual
	}
	d.emit(e)
}

func (d *Daemon) emitQuorum(svc *service, first bool, cause event.Cause) {
	d.emit(event.Quorum{
		Key: svc.virtual.Key(), Virtual: &svc.virtual, Up: svc.quorum, Weight: svc.virtual.Weight(d.pool), Need: needed,
		Added: first, Cause: cause, At: time.Now(),
	})
}
