// Package probe runs the checks of real servers: one file per check. It says
// whether one probe succeeded; package health makes a verdict of many.
package probe

import (
	"context"
	"fmt"

	"github.com/kactl/kactl/pkg/health"
)

// A Prober runs checks. It is stateless, and safe for concurrent use.
type Prober struct{}

// Probe runs c once. A nil error is a success; otherwise the error says why
// the probe failed, and is a [health.Trouble] if it could not be made. An HTTP
// check asks for all of its URLs, one after the other.
func (p *Prober) Probe(ctx context.Context, c health.Check) error {
	err := p.probe(ctx, c)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return blame(c, err)
}

func (*Prober) probe(ctx context.Context, c health.Check) error {
	switch c.Kind {
	case health.TCP:
		return probeTCP(ctx, c)
	case health.HTTP:
		return probeHTTP(ctx, c)
	}
	return fmt.Errorf("%s: kactl cannot run this check", c.Kind)
}
