package vrrpd

import (
	"sync"

	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// want is what an instance wants of its interfaces: to hold its addresses, or not
// to. What comes to be there is announced repeat times.
func (i *instance) want(held bool, repeat int) netstate.Want {
	return netstate.Want{
		Owner: i.cfg.Name, Parts: i.held, Held: held,
		Repeat: repeat, Pause: netstate.Pause{ARP: i.cfg.GARP.Interval, NA: i.cfg.GARP.NAInterval}, Hurry: i.cfg.AdvertInterval,
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

// parts are all that an instance wants as master.
func parts(cfg *vrrp.Instance) []netstate.Part {
	list := netstate.ByDevice(addresses(cfg))
	if len(cfg.Routes)+len(cfg.Rules) > 0 {
		list = append(list, netstate.InTables(cfg.Routes, cfg.Rules))
	}
	if drops := cfg.Drops(); len(drops) > 0 {
		list = append(list, netstate.InFilter(drops))
	}
	return list
}

// addressLimits bound what others can cause of events of addresses. Their method may
// be called by several goroutines.
type addressLimits struct {
	mu     sync.Mutex
	limits map[addressLimit]*limiter // guarded by mu
}

type addressLimit struct {
	kind   netstate.ReportKind
	device string
}

// allow says whether there is to be an event now, and how many were kept back since
// the last one.
func (a *addressLimits) allow(kind netstate.ReportKind, device string) (dropped int, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := addressLimit{kind, device}
	if a.limits[key] == nil {
		a.limits[key] = new(limiter)
	}
	return a.limits[key].allow(monotonic())
}
