package vrrpd

import (
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// handle lets something happen to the router now, and does what it wants done.
func (l *loop) handle(ev vrrp.RouterEvent) { l.handleAt(monotonic(), ev) }

// handleAt is handle for what happened a moment ago.
func (l *loop) handleAt(at vrrp.Time, ev vrrp.RouterEvent) {
	l.effects = l.router.Step(at, ev, l.effects[:0])
	l.perform(at, l.effects)
	l.handleFollowing()
}

// follow queues what follows from what was done: it happens to the router next.
func (l *loop) follow(ev vrrp.RouterEvent) { l.following = append(l.following, ev) }

func (l *loop) handleFollowing() {
	for n := 0; n < len(l.following); n++ {
		now := monotonic()
		l.effects = l.router.Step(now, l.following[n], l.effects[:0])
		l.perform(now, l.effects)
	}
	l.following = l.following[:0]
}

// perform carries out effects in their order: adverts here and now, all else by
// somebody who may take time over it. Events come last, for they take time too.
func (l *loop) perform(at vrrp.Time, effects []vrrp.Effect) {
	l.limitFlaps(at, effects)
	eventful := mayBeEvents(effects)
	if eventful {
		l.out.hold()
	}
	noted := 0
	for n := range effects {
		e := &effects[n]
		if e.Instance == nil {
			l.performOnInterface(e)
			continue
		}
		l.performOfInstance(e)
		if e.Kind == vrrp.Removed {
			l.note(effects[noted : n+1])
			noted = n + 1
			l.net.Drop(e.Instance.Name)
			delete(l.instances, e.Instance.Name)
			l.last = lastInstance{}
		}
	}
	for n := range effects {
		if effects[n].Kind == vrrp.GroupTransition {
			l.settleGroup(event.GroupSettled{Settings: effects[n].Group, State: effects[n].To})
		}
	}
	if eventful {
		l.note(effects[noted:])
		l.out.release(l.news, l.deferring)
		clear(l.news)
		l.news = l.news[:0]
	}
}

func (l *loop) performOfInstance(e *vrrp.Effect) {
	switch e.Kind {
	case vrrp.Added:
		l.instances[e.Instance.Name] = newInstance(e.Instance)
		l.last = lastInstance{}
		return
	case vrrp.Changed:
		l.change(e)
		l.last = lastInstance{}
		return
	}
	i := l.known(e)
	switch e.Kind {
	case vrrp.SendAdvert:
		l.send(i, e)
	case vrrp.Probe:
		i.probe(l.socketOf(i), e.Source)
		l.reportSent(i)
	case vrrp.SetAddresses:
		l.setAddresses(i, e.Addresses != nil, e.Repeat)
		if i.changed {
			// What it lacked may be none of its business any more.
			i.changed = false
			l.reportAddresses(i.cfg.Name)
		}
	case vrrp.Announce:
		l.net.Announce(e.Instance.Name, e.Repeat)
	case vrrp.TryAddresses:
		l.tryAddresses(e.Instance.Name)
	case vrrp.Transition:
		i.enter(e)
		l.settle(i, event.Settled{State: e.To, Priority: e.Priority})
	case vrrp.Stopped:
		l.settle(i, event.Settled{State: i.state, Ended: true, Deleted: !l.ending, Priority: e.Priority})
		i.state = vrrp.Init
	case vrrp.Note:
		cfg, priority := i.cfg, e.Priority
		if e.Reason == vrrp.ReasonNewElection && (cfg.Notify.MasterHeardLower != nil || l.tellLower) && !i.lowerWaits.Swap(true) {
			l.whenDone(i, func() {
				i.lowerWaits.Store(false)
				l.out.put(event.LowerAdvert{Settings: cfg, Priority: priority, At: time.Now()})
			})
		}
	}
}

func (l *loop) performOnInterface(e *vrrp.Effect) {
	switch e.Kind {
	case vrrp.SetSocket:
		l.setSocket(socketKey{e.Interface, e.IPv6}, e.Socket)
	case vrrp.KeepAddresses:
		l.hostKept = true
		l.net.Set(netstate.Want{Owner: hostOwner, Parts: netstate.ByDevice(e.Addresses), Held: true, Quiet: true, Stays: true, Hurry: netstate.RetryAfter})
	case vrrp.RestoreAddress:
		l.lost(e.Interface, e.Lost)
	case vrrp.RestoreInterface:
		l.net.Renewed(e.Interface)
	case vrrp.AnnounceInterface:
		l.net.Readdressed(e.Interface)
	case vrrp.ClearInterface:
		l.net.Renamed(e.Was, e.Interface, e.There)
	}
}

// lost lets an address that was just removed be put back if it should be there.
func (l *loop) lost(device string, prefix netip.Prefix) {
	if l.lostWithPrimary {
		l.net.LostWithPrimary(device, prefix)
	} else {
		l.net.Lost(device, prefix)
	}
}

// known returns the instance that an effect is of, nil if it is of none, or of one that
// is yet to come.
func (l *loop) known(e *vrrp.Effect) *instance {
	if e.Instance == nil {
		return nil
	}
	if e.Instance != l.last.cfg || l.last.i == nil {
		l.last = lastInstance{e.Instance, l.instances[e.Instance.Name]}
	}
	return l.last.i
}

// A lastInstance is what was looked up last: mostly it is looked up again.
type lastInstance struct {
	cfg *vrrp.Instance
	i   *instance
}

// change lets an instance go on under other settings.
func (l *loop) change(e *vrrp.Effect) {
	from, to := e.Before.Name, e.Instance.Name
	i := l.instances[from]
	if from != to {
		delete(l.instances, from)
		l.instances[to] = i
		l.net.Rename(from, to)
	}
	i.configure(e.Instance)
	i.changed = true
}

// send sends an advert, and reports whether it went out.
func (l *loop) send(i *instance, e *vrrp.Effect) {
	if i.send(l.socketOf(i), e) && e.Priority == vrrp.PriorityResign {
		i.resigned = true
	}
	l.reportSent(i)
}

func (l *loop) reportSent(i *instance) {
	if i.tried {
		i.tried = false
		if i.lastError != nil {
			if dropped, ok := i.unsendable.allow(i.now); ok {
				l.out.first(event.Unsent{Settings: i.cfg, Err: i.lastError, Suppressed: dropped, At: time.Now()})
			}
		}
		if i.sent && !i.unsent {
			return // as ever
		}
		i.unsent = !i.sent
		l.follow(vrrp.RouterEvent{Kind: vrrp.AdvertSent, Instance: i.cfg.Name, Up: i.sent})
	}
}

func (l *loop) socketOf(i *instance) Socket {
	name := i.cfg.Interface
	if i.cfg.Sender != "" {
		name = i.cfg.Sender
	}
	s := l.sockets[socketKey{name, i.cfg.IPv6()}]
	switch {
	case s == nil:
		return nil
	case i.ah != nil:
		return s.ah.socket
	}
	return s.plain.socket
}

// settle passes on e when the addresses of the state are there, or gone: a server that
// a notify script starts has to find its address.
func (l *loop) settle(i *instance, e event.Settled) {
	e.Settings = i.cfg
	l.whenDone(i, func() {
		e.At = time.Now()
		l.out.put(e)
	})
}

// whenDone calls f when the addresses are as the instance has wanted them by now,
// or could not be made so. It keeps the order.
func (l *loop) whenDone(i *instance, f func()) { l.net.After(i.cfg.Name, f) }
