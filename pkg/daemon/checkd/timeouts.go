package checkd

import (
	"context"
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/lvs"
)

// timeouts are the kernel's time-outs of idle connections.
type timeouts struct {
	want lvs.Timeouts // of the settings
	// set is what was wanted when they were set the last time, and before what the
	// kernel had until then.
	set, before lvs.Timeouts
	// failure is why they cannot be set; empty if they can.
	failure string
}

// setTimeouts sets the time-outs that the settings have changed. One that they leave
// out is what it was when the daemon started (keepalived.conf(5), lvs_timeouts).
func (d *Daemon) setTimeouts(ctx context.Context) error {
	t := &d.timeouts
	if t.want == t.set {
		return nil
	}
	err := d.writeTimeouts(ctx)
	switch {
	case err == nil && t.failure != "":
		d.log.Info("IPVS time-outs are set again")
		t.failure = ""
	case err != nil:
		if ctx.Err() == nil && t.failure != err.Error() {
			d.log.Error("IPVS time-outs cannot be set, trying again", "error", err)
			t.failure = err.Error()
		}
		d.retry()
		return fmt.Errorf("lvs_timeouts: %w; kactl keeps trying, and logs when it succeeds", err)
	}
	return nil
}

func (d *Daemon) writeTimeouts(ctx context.Context) error {
	t := &d.timeouts
	if t.before == (lvs.Timeouts{}) {
		before, err := d.ipvs.Timeouts(ctx)
		if err != nil {
			return err
		}
		t.before = before
	}
	choose := func(want, set, before time.Duration) time.Duration {
		if want == 0 && set != 0 {
			return before
		}
		return want
	}
	if err := d.ipvs.SetTimeouts(ctx, lvs.Timeouts{
		TCP:    choose(t.want.TCP, t.set.TCP, t.before.TCP),
		TCPFin: choose(t.want.TCPFin, t.set.TCPFin, t.before.TCPFin),
		UDP:    choose(t.want.UDP, t.set.UDP, t.before.UDP),
	}); err != nil {
		return err
	}
	t.set = t.want
	return nil
}
