package checkd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kactl/kactl/pkg/lvs"
)

const (
	// resync is the time between two comparisons with the kernel's table, and
	// retryFirst that after a failure, which doubles up to resync.
	resync     = time.Minute
	retryFirst = time.Second
	// stopTimeout bounds the removal of the services at the end.
	stopTimeout = 10 * time.Second
)

// flush writes the difference of the services that changed.
func (d *Daemon) flush(ctx context.Context) {
	if len(d.dirty) == 0 || d.shadow == nil {
		return // without a shadow the next synchronize writes everything
	}
	have, want := lvs.Table{}, lvs.Table{}
	for key := range d.dirty {
		if s, ok := d.shadow[key]; ok {
			have[key] = s
		}
		if svc := d.pool.byKey[key]; svc != nil {
			want[key] = svc.virtual.Want(d.pool.up)
		}
	}
	clear(d.dirty)
	d.apply(ctx, lvs.Diff(have, want, d.owned))
}

func (d *Daemon) owned(k lvs.ServiceKey) bool { return d.ours[k] }

// apply writes ops and follows in the shadow those that were done. What the
// kernel refuses is tried again, and keeps nothing else from being done. After a
// failure nobody knows what the kernel holds: it is read again soon, and apply
// returns false.
func (d *Daemon) apply(ctx context.Context, ops []lvs.Op) bool {
	if len(ops) == 0 {
		return true
	}
	refused, err := d.ipvs.Apply(ctx, ops)
	if err != nil {
		d.fail(ctx, "IPVS cannot be changed, trying again", err)
		return false
	}
	not := d.refuse(refused)
	for _, op := range ops {
		object := op.Object()
		if not[object] {
			continue
		}
		d.shadow.Apply(op)
		if op.Kind == lvs.DeleteService {
			delete(d.ours, op.Key)
		}
		if d.stands(op) {
			d.accept(object)
		}
	}
	if len(refused) > 0 {
		d.retry()
	}
	return true
}

// fail takes note that the kernel's table cannot be read or changed, and says so
// when that is news.
func (d *Daemon) fail(ctx context.Context, what string, err error) {
	if ctx.Err() == nil && d.failure != err.Error() {
		d.log.Error(what, "error", err)
		d.failure = err.Error()
	}
	d.retry()
}

// synchronize compares the kernel's table with what is wanted and repairs it.
func (d *Daemon) synchronize(ctx context.Context) {
	table, err := d.ipvs.Table(ctx)
	if err != nil {
		d.fail(ctx, "IPVS table cannot be read, trying again", err)
		return
	}
	first, failing := d.shadow == nil, d.failure != ""
	if !first && !failing {
		keepWeights(table, d.shadow)
	}
	d.shadow = table
	clear(d.dirty)
	ops := lvs.Diff(table, d.pool.settings.Want(d.pool.up), d.owned)
	if drift := d.drift(ops); len(drift) > 0 && !first && !failing {
		d.log.Warn("IPVS table was changed by another program, repairing it", "changes", len(drift), "first", drift[0].String())
	}
	d.syncAt = time.Now().Add(resync)
	if !d.apply(ctx, ops) {
		return
	}
	if failing {
		d.failure = ""
		d.log.Info("IPVS table is as it should be again")
	}
	if len(d.refused) == 0 {
		d.backoff = 0
	}
}

// keepWeights gives the destinations of table the weights that we wrote, so that
// one which somebody changed by hand, to drain a server, stays as it is until
// the health of that server changes.
func keepWeights(table, written lvs.Table) {
	for key, service := range table {
		for addr, dest := range service.Destinations {
			if w, ok := written[key].Destinations[addr]; ok {
				dest.Weight = w.Weight
				service.Destinations[addr] = dest
			}
		}
	}
}

func (d *Daemon) retry() {
	d.backoff = min(max(retryFirst, 2*d.backoff), resync)
	d.syncAt = time.Now().Add(d.backoff)
}

// shutdown removes our services.
func (d *Daemon) shutdown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	d.logShutdown()
	var ops []lvs.Op
	if !d.cfg.KeepServices {
		ops = lvs.Diff(d.shadow, nil, d.owned)
	}
	var err error
	if len(ops) > 0 {
		var refused []lvs.Refusal
		if refused, err = d.ipvs.Apply(ctx, ops); len(refused) > 0 {
			err = fmt.Errorf("%s, the first of %d: %w", refused[0].Op, len(refused), refused[0].Err)
		}
	}
	if err = errors.Join(err, d.ipvs.Close()); err != nil {
		d.log.Error("IPVS services may be left behind", "error", err)
	}
}
