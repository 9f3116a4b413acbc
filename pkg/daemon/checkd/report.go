package checkd

import (
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

func (d *Daemon) logf(format string, args ...any) { d.log.Info(fmt.Sprintf(format, args...)) }

// report logs an effect, and emits it as an event. It is the one place that tells of
// servers.
func (d *Daemon) report(e lvs.Effect, at time.Time) {
	d.logEffect(e)
	if x := d.event(e, at); x != nil && d.cfg.Events != nil {
		d.cfg.Events(x)
	}
}

// event returns what others need to know of e, or nil.
func (d *Daemon) event(e lvs.Effect, at time.Time) event.Event {
	vs := e.Virtual.Key()
	server := func() event.RealServer {
		return event.RealServer{Key: e.Key(), Virtual: e.Virtual, Real: e.Real, Cause: e.Cause, Err: e.Err, At: at}
	}
	switch e.Kind {
	case lvs.Probed:
		if e.Outcome.Change == health.None {
			return nil
		}
		return event.Check{
			Key: e.Key(), Virtual: e.Virtual, Real: e.Real, Check: e.Check.Settings(), Up: e.Check.Up(), ServerUp: e.Up,
			Retries: e.Outcome.Retries, Err: e.Err, At: at,
		}
	case lvs.RealAdded:
		if !e.Up || !d.initNotifies {
			return nil
		}
		x := server()
		x.Up, x.Added = true, true
		return x
	case lvs.RealRemoved:
		if !e.Up || e.Cause == lvs.Stopped {
			return nil
		}
		x := server()
		x.Removed = true
		return x
	case lvs.RealUp, lvs.RealDown:
		x := server()
		if x.Up = e.Kind == lvs.RealUp; e.Check != nil {
			x.Check = e.Check.Settings().Kind
		}
		return x
	case lvs.WeightChanged:
		return event.Weight{Key: e.Key(), Virtual: e.Virtual, Real: e.Real, From: e.From, To: e.To, Up: e.Up, Cause: e.Cause, At: at}
	case lvs.QuorumGained, lvs.QuorumLost:
		return event.Quorum{
			Key: vs, Virtual: e.Virtual, Up: e.Kind == lvs.QuorumGained, Weight: e.Weight, Need: e.Virtual.Quorum, Hysteresis: e.Virtual.Hysteresis,
			Added: e.Added, Cause: e.Cause, At: at,
		}
	case lvs.SorryUsed, lvs.SorryLeft:
		return event.SorryServer{Key: vs, Virtual: e.Virtual, Sorry: e.Key(), Used: e.Kind == lvs.SorryUsed, Cause: e.Cause, At: at}
	}
	return nil
}

// logEffect logs an effect in keepalived's wording, as its process of the health
// checkers does, for people's log rules depend on it.
func (d *Daemon) logEffect(e lvs.Effect) {
	vs := e.Virtual.Key()
	switch e.Kind {
	case lvs.CheckAdded:
		d.logf("Activating healthchecker for service %s for VS %s", e.Key(), vs)
	case lvs.Probed:
		d.logProbe(e)
	case lvs.VirtualRemoved:
		d.logf("Removing Virtual Server %s", vs)
	case lvs.RealRemoved:
		d.logRemoval(e)
	case lvs.RealUp:
		d.logVerdict(e, "Enabling service %s of VS %s", "Adding service %s to VS %s")
	case lvs.RealDown:
		d.logVerdict(e, "Disabling service %s of VS %s", "Removing service %s from VS %s")
	case lvs.WeightChanged:
		state := "inactive"
		if e.Up {
			state = "active"
		}
		d.logf("Changing weight from %d to %d for %s service %s of VS %s", e.From, e.To, state, e.Key(), vs)
	case lvs.QuorumGained:
		q, h := e.Virtual.Quorum, e.Virtual.Hysteresis
		d.logf("Gained quorum %d+%d=%d <= %d for VS %s", q, h, q+h, e.Weight, vs)
	case lvs.QuorumLost:
		q, h := e.Virtual.Quorum, e.Virtual.Hysteresis
		d.logf("Lost quorum %d-%d=%d > %d for VS %s", q, h, q-h, e.Weight, vs)
	case lvs.SorryUsed:
		d.logf("Adding sorry server %s to VS %s", e.Key(), vs)
		d.logf("Removing alive servers from the pool for VS %s", vs)
	case lvs.SorryLeft:
		d.logf("Removing sorry server %s from VS %s", e.Key(), vs)
		if e.Up {
			d.logf("Adding alive servers to the pool for VS %s", vs)
		}
	}
}

// logProbe logs what a probe meant for its check. Why it failed is a field.
func (d *Daemon) logProbe(e lvs.Effect) {
	check, o := e.Check.Settings(), e.Outcome
	name, retries := "TCP_CHECK", o.Retries
	web := check.Kind == health.HTTP || check.Kind == health.SSL
	if web {
		// keepalived counts what is configured here, tried or not.
		name, retries = "HTTP_CHECK", check.Retries
	}
	switch {
	case o.Trouble != nil: // troubles are logged by themselves
	case o.Change == health.WentDown && retries > 0:
		d.log.Info(fmt.Sprintf("%s on service %s failed after %d retries.", name, e.Key(), retries), "reason", e.Err)
	case o.Change == health.WentDown:
		d.log.Info(fmt.Sprintf("%s on service %s failed.", name, e.Key()), "reason", e.Err)
	case e.Err != nil:
		d.log.Debug(fmt.Sprintf("%s on service %s failed, next try in %v", name, e.Key(), o.After), "reason", e.Err)
	case o.FirstSuccess && web:
		d.logf("Remote Web server %s succeed on service.", e.Key())
	case o.FirstSuccess:
		d.logf("TCP connection to %s success.", e.Key())
	}
}

func (d *Daemon) logVerdict(e lvs.Effect, inhibited, plain string) {
	if e.Real.Inhibit {
		plain = inhibited
	}
	d.logf(plain, e.Key(), e.Virtual.Key())
}

func (d *Daemon) logRemoval(e lvs.Effect) {
	vs := e.Virtual.Key()
	switch {
	case e.Cause == lvs.Stopped && e.Real.Inhibit:
		d.logf("Shutting down (inhibited) service %s from VS %s", e.Key(), vs)
		return
	case e.Cause == lvs.Stopped:
		d.logf("Shutting down service %s from VS %s", e.Key(), vs)
		return
	case !e.WithVirtual:
		d.logf("service %s no longer exist", e.Key())
	}
	switch {
	case e.Real.Inhibit:
		d.logf("Removing (inhibited) service %s from VS %s", e.Key(), vs)
	case e.Up:
		d.logf("Removing service %s from VS %s", e.Key(), vs)
	}
}
