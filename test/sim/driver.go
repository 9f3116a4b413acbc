package sim

import (
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A driver does what a router wants, as the daemon's does.
type driver struct {
	driven  []*driven
	effects []vrrp.Effect
	stamp   vrrp.Timestamp // of the last signature
	scripts report         // of what is tracked
	files   report
	own     []vrrp.Address // addresses that stay whatever an instance wants
	excused vrrp.Time      // up to when the router was kept from being in time
}

// A driven is an instance as its driver sees it.
type driven struct {
	cfg   *vrrp.Instance
	state vrrp.State
	known []vrrp.Address // all that were ever its business, until it gave them up
	wants []vrrp.Address
	held  []vrrp.Address // all of the settings
	sent  bool           // an advert, in this step
	said  vrrp.Advert    // what it sends, but for the priority
	timing
}

func (d *driven) configure(cfg *vrrp.Instance) {
	d.cfg, d.held = cfg, slices.Concat(cfg.Addresses, cfg.Excluded)
	d.said = vrrp.NewAdvert(cfg)
}

func (h *host) find(name string) *driven {
	for _, d := range h.driven {
		if d.cfg.Name == name {
			return d
		}
	}
	return nil
}

// of finds the instance that an effect is about.
func (h *host) of(cfg *vrrp.Instance) *driven {
	if cfg == nil {
		return nil
	}
	for _, d := range h.driven {
		if d.cfg == cfg {
			return d
		}
	}
	return h.find(cfg.Name)
}

// do does what an effect asks for.
func (h *host) do(e *vrrp.Effect) {
	switch e.Kind {
	case vrrp.Removed:
		gone := h.of(e.Instance)
		h.driven = slices.DeleteFunc(h.driven, func(o *driven) bool { return o == gone })
	case vrrp.SendAdvert, vrrp.Probe:
		h.send(e)
	case vrrp.SetAddresses:
		h.setAddresses(h.of(e.Instance), e)
	case vrrp.Announce:
		h.announce(h.of(e.Instance).wants)
	case vrrp.RestoreAddress, vrrp.RestoreInterface:
		for _, d := range h.driven {
			for _, a := range d.wants {
				if a.Device == e.Interface && (e.Kind == vrrp.RestoreInterface || a.Prefix == e.Lost) {
					h.put(d, a)
				}
			}
		}
	case vrrp.ClearInterface:
		h.clearRenamed(e)
	case vrrp.SetSocket:
		h.setSocket(e)
	case vrrp.KeepAddresses:
		h.own = e.Addresses
	case vrrp.TryAddresses:
		if !h.refusing {
			h.w.post(h, time.Millisecond, vrrp.RouterEvent{Kind: vrrp.AddressesPossible, Instance: e.Instance.Name})
		}
	}
}

// setAddresses makes the addresses of an instance those that it wants.
func (h *host) setAddresses(d *driven, e *vrrp.Effect) {
	before := d.known
	d.wants, d.known = e.Addresses, d.held
	h.clear(before)
	if !sameAddresses(before, d.known) {
		h.clear(d.known)
	}
	for _, a := range e.Addresses {
		h.put(d, a)
	}
	if e.Repeat > 0 {
		h.announce(e.Addresses)
	}
}

func sameAddresses(a, b []vrrp.Address) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// clearRenamed takes off what was wanted on an interface under its name before.
func (h *host) clearRenamed(e *vrrp.Effect) {
	for _, d := range h.driven {
		for _, a := range d.known {
			if a.Device == e.Was && slices.Contains(e.There, a.Prefix) {
				a.Device = e.Interface
				h.clear([]vrrp.Address{a})
			}
		}
	}
}

// wanted says whether any instance wants the address, or it is to stay.
func (h *host) wanted(a *vrrp.Address) bool {
	if h.owns(a) {
		return true
	}
	for _, d := range h.driven {
		for n := range d.wants {
			if d.wants[n].Prefix == a.Prefix && d.wants[n].Device == a.Device {
				return true
			}
		}
	}
	return false
}

// owns says whether the address is to stay.
func (h *host) owns(a *vrrp.Address) bool {
	for n := range h.own {
		if h.own[n].Prefix == a.Prefix && h.own[n].Device == a.Device {
			return true
		}
	}
	return false
}

// clear takes addresses off that nobody wants. It finds an interface that has another
// name by now as well, as the daemon's driver does not: that leaves an address where a reload
// takes it away in the very moment of a rename.
func (h *host) clear(addrs []vrrp.Address) {
	for n := range addrs {
		for _, f := range h.ifaces {
			if a := &addrs[n]; f.name == a.Device || f.seen == a.Device {
				h.clearOn(f, a)
			}
		}
	}
}

func (h *host) clearOn(f *iface, a *vrrp.Address) {
	if n := slices.Index(f.vips, a.Prefix); n >= 0 && !h.wanted(a) {
		f.vips = slices.Delete(f.vips, n, n+1)
		h.w.post(h, 0, vrrp.RouterEvent{Kind: vrrp.AddressLost, Link: h.link(f), Lost: a.Prefix})
	}
}

// put adds an address for an instance.
func (h *host) put(d *driven, a vrrp.Address) {
	f := h.iface(a.Device)
	switch {
	case f == nil || f.name != a.Device || h.refusing: // it may have another name by now
		h.refused = h.refused || h.refusing
		h.w.post(h, time.Millisecond, vrrp.RouterEvent{
			Kind: vrrp.AddressesReported, Instance: d.cfg.Name, Up: !h.refusing && len(d.cfg.Addresses) > 0,
		})
	case !slices.Contains(f.vips, a.Prefix):
		f.vips = append(f.vips, a.Prefix)
		h.changed(f)
	}
}

// again puts what masters want, when the kernel takes it again.
func (h *host) again() {
	for _, d := range h.driven {
		for _, a := range d.wants {
			h.put(d, a)
		}
		h.w.post(h, 0, vrrp.RouterEvent{Kind: vrrp.AddressesReported, Instance: d.cfg.Name, Up: true})
	}
}

// rob takes the first address of an instance away. One that the host had before is not
// the router's to put back.
func (h *host) rob(d *driven) {
	a := d.cfg.Addresses[0]
	if f := h.iface(a.Device); f != nil && slices.Contains(f.vips, a.Prefix) && !h.owns(&a) {
		n := slices.Index(f.vips, a.Prefix)
		f.vips = slices.Delete(f.vips, n, n+1)
		h.w.post(h, 0, vrrp.RouterEvent{Kind: vrrp.AddressLost, Link: h.link(f), Lost: a.Prefix})
	}
}
