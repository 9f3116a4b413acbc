package netstate

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/kactl/kactl/pkg/iproute"
)

// A loss is what was removed from an interface.
type loss struct {
	prefix netip.Prefix
	route  *iproute.Route
	rule   *iproute.Rule
	with   bool // by the kernel, with what it depends on
	link   bool // the interface itself, which is ours, with all that was on it
}

// Lost says that an address was removed from an interface. It may have been the
// State that did so, and the address may be back.
func (s *State) Lost(name string, prefix netip.Prefix) { s.lost(name, loss{prefix: prefix}) }

// LostWithPrimary says that the kernel removed a secondary address with the primary
// one of its subnet.
func (s *State) LostWithPrimary(name string, prefix netip.Prefix) {
	s.lost(name, loss{prefix: prefix, with: true})
}

// LostLink says that an interface which we make was removed, or switched off. It may
// have been the State that did so.
func (s *State) LostLink(name string) { s.lost(name, loss{link: true}) }

func (s *State) lost(name string, l loss) {
	s.ifDevice(name, func(d *device) {
		d.order(func(o *orders) { o.lost = append(o.lost, l) })
	})
}

// Renewed says that the interface is another one under the same name.
func (s *State) Renewed(name string) {
	s.ifDevice(name, func(d *device) {
		d.announcer.reopen.Store(true)
		d.order(func(o *orders) { o.renewed = true })
	})
}

// Readdressed says that the interface has another hardware address.
func (s *State) Readdressed(name string) {
	s.ifDevice(name, func(d *device) {
		d.announcer.reopen.Store(true)
		d.order(func(o *orders) { o.changed = true })
	})
}

// ifDevice calls f with what changes an interface, if any owner has business there.
func (s *State) ifDevice(name string, f func(*device)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.devices[name]; d != nil {
		f(d)
	}
}

// Renamed says that an interface has another name, and that these addresses are
// on it. Owners want them under the old name only, so they are removed from the new
// one unless an owner wants them there, or they were there before their owner.
func (s *State) Renamed(from, to string, there []netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.devices[from]
	if before == nil || s.closed {
		return
	}
	var left []leftover
	stays := map[netip.Prefix]bool{}
	for _, name := range slices.Sorted(maps.Keys(s.owners)) {
		o := s.owners[name]
		for _, c := range o.claims {
			if c.device != before {
				continue
			}
			for _, item := range c.items {
				if slices.Contains(there, item.Address.Prefix) {
					stays[item.Address.Prefix] = stays[item.Address.Prefix] || o.stays
					item.Address.Device = to
					left = append(left, leftover{item, name})
				}
			}
		}
	}
	left = slices.DeleteFunc(left, func(l leftover) bool { return stays[l.item.Address.Prefix] })
	if len(left) > 0 {
		s.device(to).order(func(o *orders) { o.left = append(o.left, left...) })
	}
}

// lose takes note that somebody may have removed something.
func (m *model) lose(l loss) {
	switch {
	case l.route != nil || l.rule != nil:
		m.loseTables(l)
		return
	case l.link:
		m.loseLink()
		return
	}
	e := m.entries[key{kind: KindAddress, prefix: l.prefix}]
	if e == nil {
		return
	}
	if item := e.desired(); item != nil && !item.leftAlone() {
		m.doubt(e, 1)
		e.with = e.lost && l.with
		m.doubtLink()
	}
}

// loseLink takes note that somebody may have removed our interface, or switched it off.
// What is on it is gone with it, which is no loss of its own.
func (m *model) loseLink() {
	for _, e := range m.sorted() {
		if e.desired() != nil {
			m.doubt(e, max(e.holder().now.repeat, 1))
			e.lost = e.lost && e.key.kind == KindLink
		}
	}
}

// doubtLink lets our interface be looked at before what was on it is put back.
func (m *model) doubtLink() {
	if e := m.entries[key{kind: KindLink}]; e != nil && e.desired() != nil {
		m.doubt(e, 1)
	}
}

// loseAll takes note that the interface is another one under the same name. If we made
// it, it is ours all the same.
func (m *model) loseAll() {
	for _, e := range m.sorted() {
		if e.key.kind != KindLink && e.desired() != nil {
			m.doubt(e, max(e.holder().now.repeat, 1))
		}
	}
}

// doubt lets an entry that should be there be added if it is not.
func (m *model) doubt(e *entry, rounds int) {
	e.lost = e.lost || e.state == present && e.due == dueNever
	e.verify, e.retry = true, time.Time{}
	e.announce(e.holder(), dueIfChanged, rounds)
	m.touch(e)
}
