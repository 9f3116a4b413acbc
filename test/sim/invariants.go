package sim

import (
	"slices"

	"github.com/kactl/kactl/pkg/vrrp"
)

// see holds the effects of one event against what must hold in every life.
func (h *host) see(ev *vrrp.RouterEvent, now vrrp.Time) {
	for _, d := range h.driven {
		d.sent = false
	}
	for n := range h.effects {
		e := &h.effects[n]
		switch {
		case e.Kind == vrrp.Added:
			d := &driven{timing: timing{interval: e.Instance.AdvertInterval}}
			d.configure(e.Instance)
			h.driven = append(h.driven, d)
			continue
		case e.Kind == vrrp.Changed:
			d := h.of(e.Before)
			if d == nil {
				h.w.fail("changed: %s, which is not known", e.Before.Name)
			}
			d.changed(e.Instance, now)
			continue
		case e.Kind == vrrp.GroupTransition:
			if e.From == e.To || e.Member != nil && !slices.Contains(e.Group.Members, e.Member.Name) {
				h.w.fail("%v, by %v", *e, e.Member)
			}
			continue
		case e.Kind == vrrp.KeepAddresses:
			continue
		case e.Instance == nil && e.Interface == "":
			h.w.fail("names no instance: %v", *e)
		case e.Instance == nil:
			continue
		}
		d := h.known(e.Instance)
		if d == nil {
			h.w.fail("names an instance that does not exist: %s: %v", e.Instance.Name, *e)
		}
		h.seeOne(d, e)
		h.time(d, e, ev, now)
	}
	h.heard(ev, now)
}

// known finds an instance; its settings may be others now, and it goes on unchanged.
func (h *host) known(cfg *vrrp.Instance) *driven {
	for _, d := range h.driven {
		if d.cfg == cfg {
			return d
		}
	}
	d := h.find(cfg.Name)
	if now, _ := h.router.Instance(cfg.Name); d == nil || now != cfg {
		return nil
	}
	d.cfg = cfg
	return d
}

func (h *host) seeOne(d *driven, e *vrrp.Effect) {
	fail := h.w.fail
	switch e.Kind {
	case vrrp.SendAdvert:
		if e.Priority != vrrp.PriorityResign && e.Priority != d.priority(h) || !e.Source.IsValid() && d.cfg.DontTrackPrimary {
			fail("%s sends an advert of priority %d from %v", d.cfg.Name, e.Priority, e.Source)
		}
		d.sent = true
	case vrrp.SetAddresses:
		if len(e.Addresses) > 0 && d.state != vrrp.Master && !d.sent {
			fail("%s wants its addresses before it has said so", d.cfg.Name)
		}
	case vrrp.Announce:
		if d.state != vrrp.Master || e.Repeat < 1 {
			fail("%s in %v: %v", d.cfg.Name, d.state, *e)
		}
	case vrrp.Transition:
		if e.From != d.state || e.From == e.To || e.Reason == 0 {
			fail("%s was in %v: %v", d.cfg.Name, d.state, *e)
		}
		if h.w.calm {
			fail("%s changes state where nothing is wrong: %v", d.cfg.Name, *e)
		}
		d.state = e.To
	case vrrp.Stopped:
		if e.From != d.state {
			fail("%s was in %v: %v", d.cfg.Name, d.state, *e)
		}
		d.state = vrrp.Init
	case vrrp.Removed:
		if d.state != vrrp.Init {
			fail("%s ends in %v", d.cfg.Name, d.state)
		}
	}
}

// priority is the effective one, or that of the moment before the end.
func (d *driven) priority(h *host) uint8 {
	if _, m := h.router.Instance(d.cfg.Name); m != nil {
		return m.Priority()
	}
	return 0
}

// rest checks a host between two events.
func (h *host) rest(ev *vrrp.RouterEvent, now vrrp.Time) {
	fail := h.w.fail
	if ev.Kind == vrrp.Stop {
		h.checkLeft("stopped")
		return
	}
	count := 0
	h.router.Instances(func(cfg *vrrp.Instance, m *vrrp.Machine) bool {
		count++
		d := h.known(cfg)
		switch {
		case d == nil:
			fail("%s is not known to its driver", cfg.Name)
		case d.state != m.State():
			fail("%s is in %v, its effects end in %v", cfg.Name, m.State(), d.state)
		case (d.state == vrrp.Master) != (len(d.wants) > 0):
			fail("%s in %v wants %v", cfg.Name, m.State(), d.wants)
		case d.state == vrrp.Master && m.Faulty():
			fail("%s is master with a fault", cfg.Name)
		}
		if d.state == vrrp.Master {
			d.checkWants(h)
		}
		h.restSocket(cfg, m)
		h.checkPriority(cfg, m)
		d.clockwork(m, now)
		return true
	})
	if count != len(h.driven) {
		fail("%d instances, %d driven", count, len(h.driven))
	}
	h.restGroups()
}

// checkWants says whether a master wants what the settings give it.
func (d *driven) checkWants(h *host) {
	same := len(d.wants) == len(d.held)
	for n := 0; same && n < len(d.wants); n++ {
		same = d.wants[n].Prefix == d.held[n].Prefix && d.wants[n].Device == d.held[n].Device
	}
	if !same {
		h.w.fail("%s wants %v", d.cfg.Name, d.wants)
	}
}

// checkLeft looks for addresses that nobody wants.
func (h *host) checkLeft(when string) {
	for _, f := range h.ifaces {
		for _, v := range f.vips {
			if !h.wanted(&vrrp.Address{Prefix: v, Device: f.name}) {
				h.w.fail("%s: host %d has %v on %s, which nobody wants", when, h.number, v, f.name)
			}
		}
	}
}
