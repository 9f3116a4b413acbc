package checkd

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
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
	if len(d.dirty) == 0 || d.applied == nil {
		return // before the table was read the next synchronize writes everything
	}
	have, want := lvs.Table{}, lvs.Table{}
	for id := range d.dirty {
		if s, ok := d.applied[id]; ok {
			have[id] = s
		}
		if s, ok := d.balancer.Entry(id); ok {
			want[id] = s
		}
	}
	clear(d.dirty)
	d.apply(ctx, lvs.Diff(have, want, d.owns))
}

func (d *Daemon) owns(id lvs.ServiceID) bool { return d.owned[id] }

// apply writes ops and follows in applied those that were done. What the
// kernel refuses is tried again, and keeps nothing else from being done. After a
// failure nobody knows what the kernel holds: it is read again soon, and apply
// returns an error.
func (d *Daemon) apply(ctx context.Context, ops []lvs.Op) error {
	if len(ops) == 0 {
		return nil
	}
	refused, err := d.ipvs.Apply(ctx, ops)
	if err != nil {
		return d.fail(ctx, "IPVS cannot be changed", err)
	}
	not := d.refuse(refused)
	for _, op := range ops {
		object := op.Object()
		if not[object] {
			continue
		}
		d.applied.Apply(op)
		if op.Kind == lvs.DeleteService {
			delete(d.owned, op.ID)
		}
		if d.stands(op) {
			d.accept(object)
		}
	}
	if len(refused) > 0 {
		d.retry()
	}
	return nil
}

// fail takes note that the kernel's table cannot be read or changed, says so when
// that is news, and returns it as an error.
func (d *Daemon) fail(ctx context.Context, what string, err error) error {
	if ctx.Err() == nil && d.failure != err.Error() {
		d.log.Error(what+", trying again", "error", err)
		d.failure = err.Error()
	}
	d.retry()
	return fmt.Errorf("%s: %w; the virtual servers may be as they were before; kactl keeps trying, and logs when it succeeds", what, err)
}

// synchronize compares the kernel's table with what is wanted and repairs it. The
// error says why the table is not as it should be.
func (d *Daemon) synchronize(ctx context.Context) error {
	table, err := d.ipvs.Table(ctx)
	if err != nil {
		return d.fail(ctx, "IPVS table cannot be read", err)
	}
	first, failing := d.applied == nil, d.failure != ""
	want, written := d.balancer.Desired(), lvs.Table{}
	if !first && !failing {
		written = d.applied
	}
	own := lvs.Diff(written, want, d.owns)
	kept := keepDrained(table, want, written)
	ops := lvs.Diff(table, want, d.owns)
	if drift := d.drift(ops, own); len(drift) > 0 && !first && !failing {
		d.log.Warn("IPVS table was changed by another program, repairing it", "changes", len(drift), "first", drift[0].String())
	}
	d.applied = table
	clear(d.dirty)
	d.syncAt = time.Now().Add(resync)
	err = d.apply(ctx, ops)
	d.asWritten(kept)
	if err != nil {
		return err
	}
	if failing {
		d.failure = ""
		d.log.Info("IPVS table is as it should be again")
	}
	err = d.setTimeouts(ctx)
	if len(d.refused) == 0 && err == nil {
		d.backoff = 0
	}
	refusal := d.refusal()
	switch {
	case err == nil:
		return refusal
	case refusal == nil:
		return err
	}
	return fmt.Errorf("%w; %w", err, refusal)
}

// A drained weight is one that somebody changed by hand since it was written.
type drained struct {
	id      lvs.ServiceID
	addr    netip.AddrPort
	written int
}

// keepDrained finds the weights in have that somebody changed by hand, to drain a
// server, since they were written, and makes want have them too. They stay until
// the health of that server changes, even where something else of it is repaired:
// ipvsadm -e resets all that it is not given.
func keepDrained(have, want, written lvs.Table) (kept []drained) {
	for id, service := range want {
		for addr, wanted := range service.Destinations {
			h, there := have[id].Destinations[addr]
			w, ours := written[id].Destinations[addr]
			if there && ours && h.Weight != w.Weight && wanted.Weight == w.Weight {
				wanted.Weight = h.Weight
				service.Destinations[addr] = wanted
				kept = append(kept, drained{id, addr, w.Weight})
			}
		}
	}
	return kept
}

// asWritten makes applied say of kept what was written.
func (d *Daemon) asWritten(kept []drained) {
	for _, k := range kept {
		if dest, ok := d.applied[k.id].Destinations[k.addr]; ok {
			dest.Weight = k.written
			d.applied[k.id].Destinations[k.addr] = dest
		}
	}
}

// retry makes the next try due, each after a longer time. One that is due within that
// time already stays.
func (d *Daemon) retry() {
	now := time.Now()
	if d.syncAt.After(now) && d.syncAt.Sub(now) <= d.backoff {
		return
	}
	d.backoff = min(max(retryFirst, 2*d.backoff), resync)
	d.syncAt = now.Add(d.backoff)
}

// shutdown removes our services.
func (d *Daemon) shutdown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	d.obey(d.balancer.Stop(d.effects[:0]))
	var ops []lvs.Op
	if !d.cfg.KeepServices {
		ops = lvs.Diff(d.applied, nil, d.owns)
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
