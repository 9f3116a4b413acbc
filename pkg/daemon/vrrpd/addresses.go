package vrrpd

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// want is what an instance wants of its interfaces: to hold its addresses, or not
// to. What comes to be there is announced repeat times.
func (i *instance) want(held bool, repeat int) netstate.Want {
	return netstate.Want{
		Owner: i.cfg.Name, Parts: i.held, Held: held,
		Repeat: repeat, Pause: i.cfg.GARP.Interval, Hurry: i.cfg.AdvertInterval,
		Quiet: i.quiet || i.flaps.often(i.now),
	}
}

// setAddresses makes the addresses of an instance be held, or not.
func (l *loop) setAddresses(i *instance, held bool, repeat int) {
	if l.starting {
		for _, part := range i.held {
			if err := l.net.Open(part.Device); err != nil {
				l.cannotStart(err)
			}
		}
	}
	l.net.Set(i.want(held, repeat))
}

// addresses returns all that an instance holds as master.
func addresses(cfg *vrrp.Instance) []vrrp.Address {
	return append(cfg.Addresses[:len(cfg.Addresses):len(cfg.Addresses)], cfg.Excluded...)
}

// addressLog is what is logged of addresses: what others cause bounded, by
// interface. Its method may be called from several goroutines.
type addressLog struct {
	log *slog.Logger

	mu     sync.Mutex
	limits map[addressLimit]*limiter // guarded by mu
}

type addressLimit struct {
	kind   netstate.ReportKind
	device string
}

func (a *addressLog) report(r netstate.Report) {
	switch r.Kind {
	case netstate.Failed:
		if more, ok := a.allow(r); ok {
			a.log.Error(fmt.Sprintf("(%s) %v; trying again every %v%s", r.Owner, r.Err, r.Again, more))
		}
	case netstate.Restored:
		if more, ok := a.allow(r); ok {
			a.log.Warn(fmt.Sprintf("(%s) %v was taken from %s by somebody else, put back%s", r.Owner, r.Item, r.Device, more))
		}
	case netstate.Unannounced:
		if more, ok := a.allow(r); ok {
			a.log.Warn(fmt.Sprintf("(%s) announce %v on %s: %v%s", r.Owner, r.Addr, r.Device, r.Err, more))
		}
	case netstate.Announcing:
		if a.log.Enabled(context.Background(), slog.LevelDebug) {
			a.log.Debug(fmt.Sprintf("(%s) Sending/queueing gratuitous ARPs on %s for %v", r.Owner, r.Device, r.Addr))
		}
	}
}

func (a *addressLog) allow(r netstate.Report) (more string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := addressLimit{r.Kind, r.Device}
	if a.limits[key] == nil {
		a.limits[key] = new(limiter)
	}
	dropped, ok := a.limits[key].allow(monotonic())
	return andMore(dropped), ok
}
