package sim

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// timing is a second opinion of when an instance is to send adverts and to take over:
// RFC 9568 section 6.4, and keepalived's delay of preemptions. It knows what goes in
// and comes out, and nothing of how the machine keeps its timers. All times are of
// the host's clock.
type timing struct {
	// next is when a master's next advert is due, answerAfter the earliest time of one
	// out of turn.
	next, answerAfter vrrp.Time

	// A backup takes over at due: so many intervals of the master and the skew time
	// after since, not before notBefore.
	since, due, computed vrrp.Time
	adverts              int
	interval             time.Duration
	learned              bool
	notBefore            vrrp.Time // after a resignation
	preemptAt            vrrp.Time // the end of the delay, 0 for none
	overheard            bool      // a master that the socket may be about to hear
	moved                bool      // it was master at the beginning of this step
}

// never is after every time.
const never = vrrp.Time(math.MaxInt64)

// slack is what rounding adds to times.
const slack = 10 * time.Microsecond

// changed lets an instance go on under other settings.
func (d *driven) changed(cfg *vrrp.Instance, now vrrp.Time) {
	old := d.cfg
	if d.state == vrrp.Master && cfg.AdvertInterval != old.AdvertInterval {
		d.next = now
	}
	interval := d.interval
	if !d.learned || cfg.Version != old.Version {
		d.interval, d.learned = cfg.AdvertInterval, false
	}
	if d.adverts > 0 && (d.interval != interval || cfg.DownAdverts != old.DownAdverts || cfg.Version != old.Version) {
		d.restart(now, cfg.DownAdverts)
	}
	d.configure(cfg)
}

func (d *driven) restart(now vrrp.Time, adverts int) {
	d.since, d.adverts, d.overheard = now, adverts, false
	d.due, d.computed = never, never
}

// time follows an effect, and holds it against its time.
func (h *host) time(d *driven, e *vrrp.Effect, ev *vrrp.RouterEvent, now vrrp.Time) {
	switch {
	case e.Kind == vrrp.SendAdvert && e.Priority != vrrp.PriorityResign:
		h.timeAdvert(d, ev, now)
	case e.Kind == vrrp.Transition && e.To == vrrp.Master:
		switch e.Reason {
		case vrrp.ReasonTimer, vrrp.ReasonResigned, vrrp.ReasonLowerPriority:
			if now < d.due {
				h.w.fail("%s takes over %v before its time: %v", d.cfg.Name, d.due.Sub(now), *e)
			}
		}
		d.notBefore = now.Add(d.cfg.AdvertInterval)
	case e.Kind == vrrp.Transition:
		if e.To == vrrp.Backup {
			if e.From != vrrp.Master {
				d.interval, d.learned = d.cfg.AdvertInterval, false
			}
			if a, ok := advertOf(ev); ok && e.From == vrrp.Master && e.Peer == ev.From {
				d.adopt(a)
			}
			d.restart(now, d.cfg.DownAdverts)
		}
		d.preemptAt, d.moved = 0, e.From == vrrp.Master
	}
}

// timeAdvert holds an advert against its time: one that is due, the first of a new
// master, or one out of turn, which answers another's and is bounded.
func (h *host) timeAdvert(d *driven, ev *vrrp.RouterEvent, now vrrp.Time) {
	interval := d.cfg.AdvertInterval
	received := ev.Kind == vrrp.MessageReceived
	switch {
	case d.state != vrrp.Master:
		d.next = now.Add(interval)
	case now >= d.next && !received && !(now >= d.answerAfter && h.says(d, vrrp.ReasonOneMaster)):
		if d.next = d.next.Add(interval); d.next <= now {
			d.next = now.Add(interval)
		}
	case received && d.cfg.HigherPrioritySendAdvert && h.yields(d):
	case (received || ev.Kind == vrrp.DeadlineReached) && now >= d.answerAfter:
		d.answerAfter, d.next = now.Add(interval), now.Add(interval)
	default:
		h.w.fail("host %d: %s sends an advert %v before its time, and %v after the last answer", h.number, d.cfg.Name, d.next.Sub(now), d.answerAfter.Sub(now))
	}
}

// yields says whether a master gives way in this step.
func (h *host) yields(d *driven) bool {
	return h.says(d, vrrp.ReasonHigherPriority) || h.says(d, vrrp.ReasonHigherAddress)
}

// says tells whether an effect of this step has a reason.
func (h *host) says(d *driven, r vrrp.Reason) bool {
	for n := range h.effects {
		if e := &h.effects[n]; e.Reason == r && h.of(e.Instance) == d {
			return true
		}
	}
	return false
}

// heard follows a message that a backup has received.
func (h *host) heard(ev *vrrp.RouterEvent, now vrrp.Time) {
	a, ok := advertOf(ev)
	if !ok {
		if ev.Kind == vrrp.Reload {
			h.excuse(now)
		}
		for _, d := range h.driven {
			d.moved = false
		}
		return
	}
	for _, d := range h.driven {
		if !d.moved && d.state == vrrp.Backup && d.isFor(ev, a) {
			switch {
			case ev.Kind == vrrp.MessageOverheard:
				d.overheard = true
			case !h.rejects():
				_, m := h.router.Instance(d.cfg.Name)
				d.hear(a, m.Priority(), now)
			}
		}
		d.moved = false
	}
}

// hear is what the RFC's backup does with an advert, and the delay of a preemption.
func (d *driven) hear(a advert, priority uint8, now vrrp.Time) {
	delay := d.cfg.PreemptDelay
	switch {
	case a.priority == vrrp.PriorityResign:
		d.restart(now, 0)
		return
	case a.priority >= priority:
		d.preemptAt = 0
	case d.cfg.NoPreempt:
	case delay > 0 && d.preemptAt == 0:
		d.preemptAt = now.Add(delay)
	case delay > 0 && now.Add(d.interval/10) < d.preemptAt:
	default:
		return // not heard
	}
	d.adopt(a)
	d.restart(now, d.cfg.DownAdverts)
}

func (d *driven) adopt(a advert) {
	if a.version == 3 {
		d.interval, d.learned = a.interval, true
	}
}

// clockwork follows the skew time, which depends on the priority.
func (d *driven) clockwork(m *vrrp.Machine, now vrrp.Time) {
	unit := time.Second
	if d.cfg.Version == 3 {
		unit = d.interval
	}
	at := d.since.Add(time.Duration(d.adverts)*d.interval + time.Duration(256-int(m.Priority()))*unit/256)
	if d.adverts == 0 {
		at = max(at, d.notBefore)
	}
	if at == d.computed {
		return
	}
	d.computed = at
	if d.due >= now { // what was before stays so
		d.due = max(at, now)
	}
}

// excuse forgives what a host was kept from doing.
func (h *host) excuse(now vrrp.Time) { h.excused = now }

// checkLate looks, before an event, for what should have been done before.
func (h *host) checkLate(now vrrp.Time) {
	for _, d := range h.driven {
		switch {
		case d.state == vrrp.Master && now.Sub(max(d.next, h.excused)) > slack:
			h.w.fail("host %d: %s is %v late with its advert", h.number, d.cfg.Name, now.Sub(d.next))
		case d.late(h, now) && (!h.inGroup(d) || h.groupLate(now)):
			h.w.fail("host %d: %s is %v late to take over", h.number, d.cfg.Name, now.Sub(d.due))
		}
	}
}

// late says whether a backup should have taken over.
func (d *driven) late(h *host, now vrrp.Time) bool {
	allowed := slack
	if d.overheard { // it may be about to be heard
		allowed += d.interval / 4
	}
	return d.state == vrrp.Backup && now.Sub(max(d.due, h.excused)) > allowed
}

// groupLate says whether all members of the group should have taken over.
func (h *host) groupLate(now vrrp.Time) bool {
	late := true
	h.router.Groups(func(g *vrrp.SyncGroup, _ vrrp.State) bool {
		for _, name := range g.Members {
			d := h.find(name)
			late = late && d != nil && d.late(h, now) && !d.overheard
		}
		return true
	})
	return late
}

// An advert is what the timing needs of a message.
type advert struct {
	version, vrid, priority uint8
	interval                time.Duration
}

// advertOf reads a message, if the event is one.
func advertOf(ev *vrrp.RouterEvent) (a advert, ok bool) {
	if ev.Kind != vrrp.MessageReceived && ev.Kind != vrrp.MessageOverheard {
		return advert{}, false
	}
	m := vrrp.Within(ev.Protocol, ev.Message)
	a = advert{version: m[0] >> 4, vrid: m[1], priority: m[2]}
	a.interval = time.Duration(m[5]) * time.Second
	if a.version == 3 {
		a.interval = time.Duration(binary.BigEndian.Uint16(m[4:])&0xfff) * 10 * time.Millisecond
	}
	return a, true
}

// isFor says whether a message is for the instance.
func (d *driven) isFor(ev *vrrp.RouterEvent, a advert) bool {
	c := d.cfg
	return c.VRID == a.vrid && c.Interface == ev.Interface && c.IPv6() == ev.From.Is6() &&
		(len(c.Peers) > 0) != ev.To.IsMulticast() && (len(c.Peers) > 0 || c.Group == ev.To)
}

// rejects says whether the message of this step was not accepted.
func (h *host) rejects() bool {
	for n := range h.effects {
		if h.effects[n].Reason == vrrp.ReasonRejected {
			return true
		}
	}
	return false
}
