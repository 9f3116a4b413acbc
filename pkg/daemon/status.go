package daemon

import (
	"context"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/status"
)

// statusWithin is how long the parts have to say what they are doing.
const statusWithin = 5 * time.Second

// logStatus writes to the log what the daemon is doing.
func (d *daemon) logStatus(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, statusWithin)
	defer cancel()
	s := status.Status{At: time.Now(), Reload: d.read}
	if d.router != nil {
		v, err := d.router.Status(ctx)
		d.warn(err)
		if err == nil {
			s.VRRP = &v
		}
	}
	if d.checkers != nil {
		l, err := d.checkers.Status(ctx)
		d.warn(err)
		if err == nil {
			s.LVS = &l
		}
	}
	var b strings.Builder
	d.warn(status.Write(&b, s))
	for line := range strings.Lines(b.String()) {
		d.log.Info("status: " + strings.TrimRight(line, "\n"))
	}
}
