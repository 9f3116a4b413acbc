package lab

import (
	"slices"

	"golang.org/x/sys/unix"
)

// Cut takes the far end of every cable of the host down: its interfaces lose
// their carrier.
func (h *Host) Cut() {
	h.lab.t.Helper()
	for _, p := range h.ports {
		p.Cut()
	}
}

// Heal undoes Cut and Silence.
func (h *Host) Heal() {
	h.lab.t.Helper()
	for _, p := range h.ports {
		p.Heal()
	}
}

// Silence unplugs the host's cables from their bridges: its interfaces keep
// their carrier, and nothing gets through, as when a switch in between fails.
func (h *Host) Silence() {
	h.lab.t.Helper()
	for _, p := range h.ports {
		p.Silence()
	}
}

// Cut takes the far end of the cable down.
func (p *Port) Cut() {
	l := p.host.lab
	l.t.Helper()
	l.check(l.bridge.handle.LinkSetDown(p.peer), "cut %s of %s", p.Interface, p.host.Name)
}

// Remove takes the cable away, and the interface with it. Another one may be
// attached under its name.
func (p *Port) Remove() {
	l := p.host.lab
	l.t.Helper()
	l.check(l.bridge.handle.LinkDel(p.peer), "remove %s of %s", p.Interface, p.host.Name)
	p.host.ports = slices.DeleteFunc(p.host.ports, func(o *Port) bool { return o == p })
}

// Silence unplugs the cable from its bridge, with the carrier left on.
func (p *Port) Silence() {
	l := p.host.lab
	l.t.Helper()
	l.check(l.bridge.handle.LinkSetNoMaster(p.peer), "unplug %s of %s", p.Interface, p.host.Name)
}

// Isolate keeps the port from others that are isolated too; what is captured on
// the bridge still sees all of them.
func (p *Port) Isolate() { p.isolate(true) }

// Join undoes Isolate.
func (p *Port) Join() { p.isolate(false) }

func (p *Port) isolate(on bool) {
	l := p.host.lab
	l.t.Helper()
	l.check(l.bridge.handle.LinkSetIsolated(p.peer, on), "isolate %s of %s: %t", p.Interface, p.host.Name, on)
}

// Heal plugs the cable in and sets its far end up.
func (p *Port) Heal() {
	l := p.host.lab
	l.t.Helper()
	l.check(l.bridge.handle.LinkSetMaster(p.peer, p.seg.bridge), "plug %s of %s in", p.Interface, p.host.Name)
	l.check(l.bridge.handle.LinkSetUp(p.peer), "mend %s of %s", p.Interface, p.host.Name)
}

// carrier tells whether the host's first interface has its link up.
func (h *Host) carrier() bool {
	link, err := h.handle.LinkByName(h.Port().Interface)
	return err == nil && link.Attrs().RawFlags&unix.IFF_LOWER_UP != 0
}
