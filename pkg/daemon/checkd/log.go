package checkd

import (
	"fmt"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

// The messages here have keepalived's wording, as its process of the health
// checkers logs them, for people's log rules hang on it.

func (d *Daemon) logf(format string, args ...any) { d.log.Info(fmt.Sprintf(format, args...)) }

func (d *Daemon) logActivation(c *checker) {
	d.logf("Activating healthchecker for service %s for VS %s", c.server.key, c.server.key.Service)
}

// logStep logs what a probe meant for its check. Why it failed is a field.
func (d *Daemon) logStep(c *checker, step health.Outcome, err error) {
	check, key := c.state.Check(), c.server.key
	name, retries := "TCP_CHECK", step.Retries
	web := check.Kind == health.HTTP || check.Kind == health.SSL
	if web {
		// keepalived counts what is configured here, tried or not.
		name, retries = "HTTP_CHECK", check.Retries
	}
	switch {
	case step.Change == health.WentDown && retries > 0:
		d.log.Info(fmt.Sprintf("%s on service %s failed after %d retries.", name, key, retries), "reason", err)
	case step.Change == health.WentDown:
		d.log.Info(fmt.Sprintf("%s on service %s failed.", name, key), "reason", err)
	case err != nil:
		d.log.Debug(fmt.Sprintf("%s on service %s failed, next try in %v", name, key, step.After), "reason", err)
	case step.FirstSuccess && web:
		d.logf("Remote Web server %s succeed on service.", key)
	case step.FirstSuccess:
		d.logf("TCP connection to %s success.", key)
	}
}

func (d *Daemon) logVerdict(s *server) {
	switch {
	case s.up && s.real.Inhibit:
		d.logf("Enabling service %s of VS %s", s.key, s.key.Service)
	case s.up:
		d.logf("Adding service %s to VS %s", s.key, s.key.Service)
	case s.real.Inhibit:
		d.logf("Disabling service %s of VS %s", s.key, s.key.Service)
	default:
		d.logf("Removing service %s from VS %s", s.key, s.key.Service)
	}
}

// logQuorum logs that svc gained or lost its quorum; first says that the
// service is new and so has no sorry server to remove.
func (d *Daemon) logQuorum(svc *service, first bool) {
	vs, weight := svc.virtual.Key(), svc.virtual.Weight(d.pool)
	if !svc.quorum {
		d.logf("Lost quorum 1-0=1 > %d for VS %s", weight, vs)
	} else {
		d.logf("Gained quorum 1+0=1 <= %d for VS %s", weight, vs)
	}
	sorry := svc.virtual.Sorry
	if sorry == nil || first {
		return
	}
	key := lvs.RealKey{Service: vs, Addr: sorry.Addr}
	if !svc.quorum {
		d.logf("Adding sorry server %s to VS %s", key, vs)
		d.logf("Removing alive servers from the pool for VS %s", vs)
	} else {
		d.logf("Removing sorry server %s from VS %s", key, vs)
		d.logf("Adding alive servers to the pool for VS %s", vs)
	}
}

func (d *Daemon) logWeight(w weightChange) {
	s := w.server
	state := "active"
	if !s.up {
		state = "inactive"
	}
	d.logf("Changing weight from %d to %d for %s service %s of VS %s", w.from, s.real.Weight, state, s.key, s.key.Service)
}

func (d *Daemon) logRemovals(ch change) {
	for _, svc := range ch.removedServices {
		d.logf("Removing Virtual Server %s", svc.virtual.Key())
	}
	for _, s := range ch.removedServers {
		if d.pool.byKey[s.key.Service] != nil {
			d.logf("service %s no longer exist", s.key)
		}
		switch {
		case s.real.Inhibit:
			d.logf("Removing (inhibited) service %s from VS %s", s.key, s.key.Service)
		case s.up:
			d.logf("Removing service %s from VS %s", s.key, s.key.Service)
		}
	}
}

func (d *Daemon) logShutdown() {
	for _, svc := range d.pool.services {
		for _, s := range svc.servers {
			if s.real.Inhibit {
				d.logf("Shutting down (inhibited) service %s from VS %s", s.key, s.key.Service)
			} else {
				d.logf("Shutting down service %s from VS %s", s.key, s.key.Service)
			}
		}
	}
}
