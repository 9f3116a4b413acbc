package checkd

import (
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

// report emits an effect as the events that it is. It is the one place that tells of
// servers.
func (d *Daemon) report(e lvs.Effect, at time.Time) {
	if d.cfg.Events == nil {
		return
	}
	emit := d.cfg.Events
	vs := e.Virtual.Key()
	switch e.Kind {
	case lvs.VirtualAdded, lvs.VirtualRemoved:
		emit(event.VirtualServer{Key: vs, Virtual: e.Virtual, Removed: e.Kind == lvs.VirtualRemoved, Cause: e.Cause, At: at})
	case lvs.CheckAdded:
		emit(event.Activated{Key: e.Key(), Virtual: e.Virtual, Real: e.Real, Check: e.Check.Settings(), Cause: e.Cause, At: at})
	case lvs.Probed:
		d.reportProbe(e, at)
	case lvs.RealAdded, lvs.RealRemoved:
		removed := e.Kind == lvs.RealRemoved
		emit(event.Membership{
			Key: e.Key(), Virtual: e.Virtual, Real: e.Real, Removed: removed, Up: e.Up, WithVirtual: e.WithVirtual, Cause: e.Cause, At: at,
		})
		if removed && e.Up && e.Cause != lvs.Stopped || !removed && e.Up && d.initNotifies {
			emit(event.RealServer{Key: e.Key(), Virtual: e.Virtual, Real: e.Real, Up: !removed, Added: !removed, Removed: removed, Cause: e.Cause, Err: e.Err, At: at})
		}
	case lvs.RealUp, lvs.RealDown:
		x := event.RealServer{Key: e.Key(), Virtual: e.Virtual, Real: e.Real, Up: e.Kind == lvs.RealUp, Cause: e.Cause, Err: e.Err, At: at}
		if e.Check != nil {
			x.Check = e.Check.Settings().Kind
		}
		emit(x)
	case lvs.WeightChanged:
		emit(event.Weight{Key: e.Key(), Virtual: e.Virtual, Real: e.Real, From: e.From, To: e.To, Up: e.Up, Cause: e.Cause, At: at})
	case lvs.QuorumGained, lvs.QuorumLost:
		emit(event.Quorum{
			Key: vs, Virtual: e.Virtual, Up: e.Kind == lvs.QuorumGained, Weight: e.Weight, Need: e.Virtual.Quorum, Hysteresis: e.Virtual.Hysteresis,
			Added: e.Added, Cause: e.Cause, At: at,
		})
	case lvs.SorryUsed, lvs.SorryLeft:
		used := e.Kind == lvs.SorryUsed
		emit(event.SorryServer{Key: vs, Virtual: e.Virtual, Sorry: e.Key(), Used: used, Quorum: !used && e.Up, Cause: e.Cause, At: at})
	}
}

// reportProbe emits what a probe means for its check. One that could not be made is
// reported as the trouble that it met.
func (d *Daemon) reportProbe(e lvs.Effect, at time.Time) {
	check, o := e.Check.Settings(), e.Outcome
	switch {
	case o.Trouble != nil:
	case o.Change != health.None:
		d.cfg.Events(event.Check{
			Key: e.Key(), Virtual: e.Virtual, Real: e.Real, Check: check, Up: e.Check.Up(), ServerUp: e.Up, Retries: o.Retries, Err: e.Err, At: at,
		})
	case e.Err != nil, o.FirstSuccess:
		d.cfg.Events(event.Probe{Key: e.Key(), Virtual: e.Virtual, Real: e.Real, Check: check, Err: e.Err, Again: o.After, At: at})
	}
}
