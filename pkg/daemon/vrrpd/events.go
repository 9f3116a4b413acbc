package vrrpd

import (
	"context"
	"log/slog"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// mayBeEvents reports whether there may be events among effects. An advert that
// changes nothing has none.
func mayBeEvents(effects []vrrp.Effect) bool {
	for n := range effects {
		switch effects[n].Kind {
		case vrrp.Transition, vrrp.Stopped, vrrp.Note, vrrp.SetAddresses, vrrp.GroupTransition:
			return true
		}
	}
	return false
}

// note makes events of effects that were carried out, and adds them to the news.
// Those of one instance come together: they are about one thing. That of a group is
// next to those of the member that led the others.
func (l *loop) note(effects []vrrp.Effect) {
	for n := range effects {
		e := &effects[n]
		switch {
		case e.Kind == vrrp.GroupTransition && mentions(effects[:n], e.Member): // it was noted there
		case e.Instance == nil:
			l.noteOther(e)
		default:
			i := l.known(e)
			if i == nil || e.Kind == vrrp.SendAdvert || mentions(effects[:n], e.Instance) {
				continue
			}
			l.noteOf(i, e.Instance, effects[n:])
			if g := ledBy(e.Instance, effects); g != nil {
				l.noteOther(g)
			}
		}
	}
}

// mentions reports whether an instance that is not nil has effects that there may be
// events about. Its adverts go out before those of all others, whoever leads.
func mentions(effects []vrrp.Effect, i *vrrp.Instance) bool {
	for n := range effects {
		if i != nil && effects[n].Instance == i && effects[n].Kind != vrrp.SendAdvert {
			return true
		}
	}
	return false
}

// noteOf makes events of those effects that are of an instance, which they call cfg:
// why something has changed before what follows from it. Where it changes too often
// for the log nothing but changes of the state and the priority are events.
func (l *loop) noteOf(i *instance, cfg *vrrp.Instance, effects []vrrp.Effect) {
	changed := false // by a reload: addresses follow without a transition
	for n := range effects {
		e := &effects[n]
		if e.Instance != cfg {
			continue
		}
		if e.Kind == vrrp.Transition {
			l.tell(i, e, 0)
		}
		changed = changed || e.Kind == vrrp.Changed
	}
	if i.resigned && !i.quiet {
		l.tell(i, &vrrp.Effect{Kind: vrrp.SendAdvert, Instance: cfg, Priority: vrrp.PriorityResign}, 0)
	}
	i.resigned = false
	for n := range effects {
		e := &effects[n]
		if e.Instance != cfg {
			continue
		}
		switch e.Kind {
		case vrrp.SetAddresses:
			if !i.quiet {
				l.deferring = l.deferring || e.Addresses != nil
				if !changed {
					l.tell(i, e, 0)
				}
			}
		case vrrp.Stopped:
			if !i.quiet {
				l.account(i)
			}
			l.tell(i, e, 0)
		case vrrp.Note:
			if !i.quiet || e.Reason == vrrp.ReasonPriority {
				l.remark(i, e)
			}
		}
	}
}

// remark makes an event of a note. What a peer can cause with every packet is
// limited.
func (l *loop) remark(i *instance, e *vrrp.Effect) {
	limit := &i.limits[e.Reason]
	switch e.Reason {
	case vrrp.ReasonPriority, vrrp.ReasonRoom, vrrp.ReasonPreemptDelay:
		l.tell(i, e, 0)
		return
	case vrrp.ReasonRejected:
		i.refused[e.Reject.Reason]++
		limit = &i.rejects[e.Reject.Reason]
	}
	if dropped, ok := limit.allow(i.now); ok {
		l.tell(i, e, dropped)
	}
}

// tell makes an event of an effect.
func (l *loop) tell(i *instance, e *vrrp.Effect, suppressed int) {
	l.news = append(l.news, event.Instance{
		Settings: i.cfg, Effect: *e, Detail: i.detail(e.Reason), Suppressed: suppressed, Often: i.quiet, At: time.Now(),
	})
}

// account says at the end how many messages were refused, and why.
func (l *loop) account(i *instance) {
	for reason, n := range i.refused {
		if n > 0 {
			l.news = append(l.news, event.Refused{Settings: i.cfg, Reason: vrrp.RejectReason(reason), Count: n, At: time.Now()})
		}
	}
}

// noteOther makes an event of an effect that is of no single instance, if it is one.
func (l *loop) noteOther(e *vrrp.Effect) {
	switch e.Kind {
	case vrrp.Note:
		l.news = append(l.news, event.Interface{Effect: *e, At: time.Now()})
	case vrrp.GroupTransition:
		g := event.Group{Settings: e.Group, From: e.From, To: e.To, At: time.Now()}
		if e.Member != nil {
			g.Member = e.Member.Name
			if i := l.instances[g.Member]; i != nil {
				g.Often = i.quiet
			}
		}
		l.news = append(l.news, g)
	}
}

// detail is what the driver knows of a reason.
func (i *instance) detail(r vrrp.Reason) string {
	var err error
	switch r {
	case vrrp.ReasonCannotSend:
		err = i.lastError
	case vrrp.ReasonNoAddresses:
		err = i.lacking
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

// enter takes note of a transition, for the status.
func (i *instance) enter(e *vrrp.Effect) {
	i.state, i.since, i.last = e.To, time.Now(), *e
	i.transitions++
}

// addressEvent makes an event of what happened to addresses, if it is one: what
// others cause is limited by interface. It may be called by several goroutines.
func (l *loop) addressEvent(r netstate.Report) {
	e := event.Address{Instance: ownerName(r.Owner), Device: r.Device, Addr: r.Addr, Err: r.Err, Again: r.Again, At: time.Now()}
	switch r.Kind {
	case netstate.Failed:
		e.What = event.AddressFailed
	case netstate.Restored:
		e.What, e.Item, e.Kernel = event.AddressRestored, r.Item.String(), r.Kernel
	case netstate.Unannounced:
		e.What = event.Unannounced
	case netstate.Announcing:
		if !l.log.Enabled(context.Background(), slog.LevelDebug) {
			return // one for each address, on the way to it
		}
		e.What = event.Announcing
	}
	ok := true
	if r.Kind != netstate.Announcing {
		e.Suppressed, ok = l.addressLimits.allow(r.Kind, r.Device)
	}
	if ok {
		l.out.put(e)
	}
}
