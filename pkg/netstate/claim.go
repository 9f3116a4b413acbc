package netstate

import "net/netip"

// A claim is what one owner wants on one interface.
type claim struct {
	owner  *owner
	device *device
	items  []Item // guarded by State.mu

	// These are guarded by device.mu.
	next   decision // the newest one, if queued is set
	queued bool
	rounds int  // announcements that are asked for
	listed bool // in device.orders
	// silent says that its addresses are about to be given up, and unsaid are those
	// whose announcements were dropped then.
	silent bool
	unsaid []netip.Addr

	// All following belongs to the goroutine of the device.
	taken   decision // to be decided upon, if decided is set
	decided bool
	again   int      // announcements to be made
	now     decision // the one that is acted upon
	entries []*entry
	// Of the pass under way:
	tried  bool                    // something was to be added
	fresh  [protocols][]netip.Addr // those to be announced
	repeat [protocols]int          // how often
}

// addresses are those that the claim's owner holds or would hold.
func (c *claim) addresses() map[netip.Addr]bool {
	set := map[netip.Addr]bool{}
	for _, e := range c.entries {
		set[e.key.prefix.Addr()] = true
	}
	return set
}

// present are the addresses of the claim that are there and announced by a protocol.
func (c *claim) present(by protocol) []netip.Addr {
	var list []netip.Addr
	for _, e := range c.entries {
		if e.state == present && e.key.kind == KindAddress && protocolOf(e.key.prefix.Addr()) == by {
			list = append(list, e.key.prefix.Addr())
		}
	}
	return list
}
