package checkd

import (
	"context"
	"errors"
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

// apply writes ops, follows them in the shadow, and reports success. After a
// failure nobody knows what the kernel holds: it is read again soon.
func (d *Daemon) apply(ctx context.Context, ops []lvs.Op) bool {
	if len(ops) == 0 {
		return true
	}
	err := d.ipvs.Apply(ctx, ops)
	for _, op := range ops {
		d.shadow.Apply(op)
		if op.Kind == lvs.DeleteService && err == nil {
			delete(d.ours, op.Key)
		}
	}
	if err == nil {
		return true
	}
	if ctx.Err() == nil {
		d.log.Error("IPVS change failed, trying again", "error", err)
	}
	d.retry()
	return false
}

// synchronize compares the kernel's table with what is wanted and repairs it.
func (d *Daemon) synchronize(ctx context.Context) {
	table, err := d.ipvs.Table(ctx)
	if err != nil {
		if ctx.Err() == nil {
			d.log.Error("IPVS table cannot be read, trying again", "error", err)
		}
		d.retry()
		return
	}
	first, failing := d.shadow == nil, d.backoff > 0
	if !first && !failing {
		keepWeights(table, d.shadow)
	}
	d.shadow = table
	clear(d.dirty)
	ops := lvs.Diff(table, d.pool.settings.Want(d.pool.up), d.owned)
	if len(ops) > 0 && !first && !failing {
		d.log.Warn("IPVS table was changed by another program, repairing it", "changes", len(ops), "first", ops[0].String())
	}
	if !d.apply(ctx, ops) {
		return
	}
	if failing {
		d.log.Info("IPVS table is as it should be again")
	}
	d.backoff = 0
	d.syncAt = time.Now().Add(resync)
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
		err = d.ipvs.Apply(ctx, ops)
	}
	if err = errors.Join(err, d.ipvs.Close()); err != nil {
		d.log.Error("IPVS services may be left behind", "error", err)
	}
}
