// Package probe runs the checks of real servers: one file per check, listed in
// the table below. It returns the result of one probe; package health makes a
// verdict of many.
package probe

import (
	"context"
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/health"
)

// probes are the checks that can be run, in the order of [health.Kind].
var probes = []struct {
	kind health.Kind
	// run makes one probe. The weight is that of a [health.Result].
	run func(context.Context, health.Check) (weight *int, err error)
}{
	{health.TCP, probeTCP},
	{health.HTTP, probeHTTP},
	{health.SSL, probeHTTP},
}

// Runs reports whether there is a probe for checks of kind k.
func Runs(k health.Kind) bool {
	for _, p := range probes {
		if p.kind == k {
			return true
		}
	}
	return false
}

// A Prober runs checks. It is stateless, and safe for concurrent use.
type Prober struct{}

// Probe runs c once. The error of the result is a [health.Trouble] if the probe
// could not be made. An HTTP check asks for all of its URLs, one after the other.
func (*Prober) Probe(ctx context.Context, c health.Check) health.Result {
	for _, p := range probes {
		if p.kind != c.Kind {
			continue
		}
		start := time.Now()
		weight, err := p.run(ctx, c)
		if err != nil && ctx.Err() == nil {
			err = blame(c, err)
		}
		return health.Result{Err: err, Weight: weight, Took: time.Since(start)}
	}
	return health.Result{Err: fmt.Errorf("%s: kactl cannot run this check", c.Kind)}
}
