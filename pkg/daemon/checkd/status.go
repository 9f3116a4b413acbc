package checkd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/status"
)

// Status returns what the virtual servers are doing. It waits for the loop until ctx
// ends.
func (d *Daemon) Status(ctx context.Context) (status.LVS, error) {
	var s status.LVS
	done := make(chan struct{})
	ask := func() {
		s = d.collect()
		close(done)
	}
	select {
	case d.asks <- ask:
		<-done
		return s, nil
	case <-d.ended:
		return s, fmt.Errorf("status of the checkers: %w", errEnded)
	case <-ctx.Done():
		return s, fmt.Errorf("status of the checkers: %w", context.Cause(ctx))
	}
}

// collect is called by the goroutine of Run.
func (d *Daemon) collect() status.LVS {
	s := status.LVS{Trouble: d.failure}
	for _, v := range d.balancer.View() {
		service := status.Service{Name: v.Key().String(), Quorum: v.HasQuorum, Weight: v.Sum, Need: v.Quorum, SorryUsed: v.SorryUsed}
		if v.Sorry != nil {
			service.Sorry = v.Sorry.Addr
		}
		for _, r := range v.Reals {
			server := status.Server{
				Addr: r.Addr, Forward: r.Forward, Up: r.Up, Since: d.since[lvs.RealKey{Service: v.Key(), Addr: r.Addr}], Weight: r.InForce, Base: r.Weight,
			}
			for _, c := range r.Checks {
				server.Checks = append(server.Checks, d.checkers[c].status())
			}
			service.Servers = append(service.Servers, server)
		}
		s.Services = append(s.Services, service)
	}
	return s
}

// counts are what there is to say of the probes of a check.
type counts struct {
	probes, failures uint64
	lastErr          error
	lastFailed       time.Time
	took             time.Duration
}

// count takes note of the result of a probe. One that could not be made is none.
func (c *checker) count(r health.Result, at time.Time) {
	var own *health.Trouble
	if errors.As(r.Err, &own) {
		return
	}
	c.probes++
	c.took = r.Took
	if r.Err != nil {
		c.failures++
		c.lastErr, c.lastFailed = r.Err, at
	}
}

func (c *checker) status() status.Check {
	s := status.Check{Kind: c.Settings().Kind, Up: c.Up(), Probes: c.probes, Failures: c.failures, LastFailed: c.lastFailed, Took: c.took}
	if c.lastErr != nil {
		s.LastErr = c.lastErr.Error()
	}
	if c.trouble != nil {
		s.Trouble = c.trouble.text
	}
	return s
}
