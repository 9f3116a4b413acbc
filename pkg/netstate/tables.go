package netstate

import (
	"time"

	"github.com/kactl/kactl/pkg/iproute"
)

// tablesName is the name of the device that is none: routes and rules are in
// tables of the whole machine.
const tablesName = ""

// InTables are the routes and rules of an owner, as a Part. They must not be changed
// any more.
func InTables(routes []iproute.Route, rules []iproute.Rule) Part {
	p := Part{Device: tablesName}
	for n := range routes {
		p.Items = append(p.Items, RouteItem(&routes[n]))
	}
	for n := range rules {
		p.Items = append(p.Items, RuleItem(&rules[n]))
	}
	return p
}

// LostRoute says that a route was removed of which the destination, table, metric
// and type of service are known; without a destination any routes and rules may have been. It may have
// been the State that did so, and the route may be back.
func (s *State) LostRoute(r iproute.Route) { s.lost(tablesName, loss{route: &r}) }

// LostRule says that a rule was removed of which the family and preference are
// known.
func (s *State) LostRule(r iproute.Rule) { s.lost(tablesName, loss{rule: &r}) }

// moved is what has changed of what routes depend on.
type moved uint8

const (
	movedCloser moved = iota + 1 // what could not be added may be possible now
	movedAway                    // and the kernel may have dropped some
)

// movedPause is the shortest time between two tries because something has moved.
const movedPause = 50 * time.Millisecond

// Moved says that interfaces or addresses have changed: routes that could not be
// added are tried again. Unless something was added and nothing else, the kernel
// may have dropped some, and those are put back.
func (s *State) Moved(added bool) {
	how := movedAway
	if added {
		how = movedCloser
	}
	s.ifDevice(tablesName, func(d *device) {
		d.order(func(o *orders) { o.moved = max(o.moved, how) })
	})
}

// move lets the model know what has moved, not too often.
func (d *device) move(how moved, now time.Time) {
	d.moved = max(d.moved, how)
	if d.moved == 0 || now.Before(d.since.Add(movedPause)) {
		return
	}
	d.model.move(d.moved)
	d.moved, d.since = 0, now
}

// deadline is when the device has to look at something again.
func (d *device) deadline() (at time.Time, ok bool) {
	at, ok = d.model.deadline()
	if next := d.since.Add(movedPause); d.moved != 0 && (!ok || next.Before(at)) {
		return next, true
	}
	return at, ok
}

// move lets what has failed be tried again, and what may be gone be added.
func (m *model) move(how moved) {
	m.tryAll()
	if how != movedAway {
		return
	}
	for _, e := range m.sorted() {
		if e.key.kind != KindRoute || e.desired() == nil || e.expires() {
			continue
		}
		there := e.lost || e.with || e.state == present
		m.doubt(e, 1)
		e.lost, e.with = false, there
	}
}

// loseTables takes note that somebody may have removed a route or a rule.
func (m *model) loseTables(l loss) {
	for _, e := range m.sorted() {
		item := e.desired()
		if item == nil || item.leftAlone() || e.expires() {
			continue
		}
		if l.anything() || l.route != nil && item.Route != nil && like(item.Route, l.route) || l.rule != nil && item.Rule != nil && likeRule(item.Rule, l.rule) {
			m.doubt(e, 1)
		}
	}
}

// expires says that the kernel drops the route after a time, which is no loss.
func (e *entry) expires() bool {
	return e.state == present && e.item.Route != nil && e.item.Route.Expires > 0
}

// defaultMetric is that of an IPv6 route without one.
const defaultMetric = 1024

// anything says that nothing is known of what was removed.
func (l loss) anything() bool { return l.route != nil && !l.route.Destination.IsValid() }

// like says that lost may be what is known of r.
func like(r, lost *iproute.Route) bool {
	metric, table := r.Metric, r.Table
	if metric == 0 && r.Destination.Addr().Is6() {
		metric = defaultMetric
	}
	if table == 0 {
		table = mainTable
	}
	return r.Destination.Masked() == lost.Destination.Masked() && metric == lost.Metric && r.TOS == lost.TOS &&
		(r.VRF != "" || table == lost.Table)
}

// mainTable is the table of a route without one (RT_TABLE_MAIN).
const mainTable = 254

func likeRule(r, lost *iproute.Rule) bool {
	return r.IPv6 == lost.IPv6 && r.Preference == lost.Preference
}
