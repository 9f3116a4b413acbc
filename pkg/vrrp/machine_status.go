package vrrp

import "net/netip"

// Master returns the router that is heard as master, and the priority of its last
// advert. The zero Addr is nobody, or the instance itself.
func (m *Machine) Master() (netip.Addr, uint8) {
	if !m.master.IsValid() {
		return netip.Addr{}, 0
	}
	return m.master, m.masterPriority
}

// Tracks returns what the machine depends on: what the instance tracks, as far as that
// counts in its sync group, and then what the group tracks.
func (m *Machine) Tracks() []Track { return m.cfg.Tracks }

// Track returns the value of the nth of Tracks. known is false where
// it has none yet.
func (m *Machine) Track(n int) (value int, known bool) {
	return m.tracks[n].value, m.tracks[n].known
}

// Counts returns what the track adds to the priority while its thing has a value, and
// whether it makes a FAULT: see Change and Fails.
func (t Track) Counts(value int) (change int, fault bool) { return t.change(value), t.fails(value) }
