package watch

import (
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/diag"
)

// Link takes in that an interface that is captured on went down or away, or up
// again, and returns what happened. A virtual router of which nothing can be
// heard is not judged: what is silent is the interface. The events are good
// until the next call.
func (o *Observer) Link(now time.Time, name string, up bool) []Event {
	o.events = o.events[:0]
	if now.After(o.now) {
		o.now = now // what was due by now is not, where nothing was heard
	}
	if since, down := o.down[name]; up && down {
		o.up(name, since)
	} else if !up && !down && len(o.down) < maxRouters {
		o.down[name] = o.now
		o.tellLink(Event{Severity: Meanings[InterfaceDown].Severity, Message: "it is down or gone, and nothing can be heard there"}, name)
		for _, v := range o.order {
			if slices.ContainsFunc(v.keys, func(r Router) bool { return r.Interface == name }) && v.unhearable() {
				v.deafen()
			}
		}
	}
	if !o.now.Before(o.next) {
		o.sweep()
	}
	return o.events
}

// up tells of the end of an interface's down time.
func (o *Observer) up(name string, since time.Time) {
	delete(o.down, name)
	lasted := o.now.Sub(since)
	o.tellLink(Event{End: true, Severity: diag.Info, Details: Details{Since: since, Duration: lasted},
		Message: "it is up again, after " + round(lasted).String()}, name)
}

func (o *Observer) tellLink(e Event, name string) {
	e.Name, e.Time, e.Router = InterfaceDown, o.now, Router{Interface: name}
	o.events = append(o.events, e)
}

// leftover says whether p came before its interface went down, and is only read
// now. Anything later shows that the interface is up.
func (o *Observer) leftover(p *Packet) bool {
	since, down := o.down[p.Interface]
	if down && p.Time.After(since) {
		o.up(p.Interface, since)
		return false
	}
	return down
}

// follows says whether a virtual router was seen on an interface.
func (o *Observer) follows(name string) bool {
	for key := range o.routers {
		if key.Interface == name {
			return true
		}
	}
	return false
}

// unhearable says whether all interfaces where v was seen are down.
func (v *virtual) unhearable() bool {
	return !slices.ContainsFunc(v.keys, func(r Router) bool {
		_, down := v.o.down[r.Interface]
		return !down
	})
}

// deafen forgets how v stands. What lasts ends, but for mismatches: those end
// when two agree.
func (v *virtual) deafen() {
	if c := v.contest; c.confirmed {
		d := Details{Masters: c.masters, Since: c.since, Duration: v.o.now.Sub(c.since)}
		if c.split {
			v.emitEnd(SplitBrain, d, "neither can be heard any more, after %v", round(d.Duration))
		}
		if c.collision != 0 {
			d.Differs = c.collision.words()
			v.emitEnd(Collision, d, "neither can be heard any more, after %v", round(d.Duration))
		}
	}
	for i := range v.episodes {
		if e := &v.episodes[i]; e.told {
			d := Details{Sender: &e.party, Since: e.first, Duration: e.last.Sub(e.first), Count: e.count}
			v.emitEnd(e.name, d, "%s: %d in %v, and nothing can be heard any more", e.party, e.count, round(d.Duration))
		}
	}
	v.unindex()
	v.sources, v.latest, v.master, v.former = nil, nil, nil, nil
	v.contest, v.episodes, v.claims = contest{}, nil, nil
	v.deaf, v.since = true, v.o.now
}
