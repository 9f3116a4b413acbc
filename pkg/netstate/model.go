package netstate

import (
	"net/netip"
	"slices"
	"time"
)

// A model is what should be on one interface, by owner, and what is known to be
// there. It does no input or output, and belongs to one goroutine.
type model struct {
	entries map[key]*entry
	changed []*entry // those to be looked at
	taken   []*entry // those that were, the last time
	failed  []*entry // those to be tried again
	claims  []*claim
}

func newModel() *model { return &model{entries: map[key]*entry{}} }

// decide takes a decision in.
func (m *model) decide(c *claim, d decision) {
	if !slices.Contains(m.claims, c) {
		m.claims = append(m.claims, c)
	}
	before := c.now
	c.now = d
	if !sameSlice(before.items, d.items) {
		m.define(c, d.items)
		c.tried = c.tried || d.held // what it lacked may be none of its business any more
	}
	if d.dropped {
		m.claims = slices.DeleteFunc(m.claims, func(o *claim) bool { return o == c })
	}
	for _, e := range c.entries {
		e.retry = time.Time{}
		if d.takeOver {
			e.verify = true
			e.announce(c, dueAlways, d.repeat)
		} else if !d.held && e.cause == c {
			e.handOver()
		}
		m.touch(e)
	}
}

// define makes items those that are the claim's business.
func (m *model) define(c *claim, items []Item) {
	before := c.entries
	c.entries = make([]*entry, 0, len(items))
	for k := range items {
		item := &items[k]
		e := m.entry(item)
		n := e.ref(c)
		switch {
		case n < 0:
			e.refs = append(e.refs, ref{c, item, true})
		case e.refs[n].defined:
			continue // it is in the list twice
		default:
			e.refs[n] = ref{c, item, true}
		}
		c.entries = append(c.entries, e)
	}
	for _, e := range before {
		if n := e.ref(c); n >= 0 && !e.refs[n].defined {
			e.refs = slices.Delete(e.refs, n, n+1)
			e.name = c.now.name
			e.handOver()
			m.touch(e)
		}
	}
	for _, e := range c.entries {
		e.refs[e.ref(c)].defined = false
	}
}

// sameSlice reports whether two slices are one: an owner's items are not changed.
func sameSlice(a, b []Item) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

func (m *model) entry(item *Item) *entry {
	e := m.entries[item.key()]
	if e == nil {
		e = &entry{key: item.key(), item: item}
		if item.foreign() || item.Kind == KindDrop { // a predecessor's went with it
			e.state = absent
		}
		m.entries[e.key] = e
	}
	return e
}

// touch lets an entry be looked at.
func (m *model) touch(e *entry) {
	if !e.queued {
		e.queued = true
		m.changed = append(m.changed, e)
	}
}

// resume lets addresses whose announcements were dropped with one owner be
// announced for another, if one holds them, now or later.
func (m *model) resume(addrs []netip.Addr) {
	if len(addrs) == 0 {
		return
	}
	set := map[netip.Addr]bool{}
	for _, a := range addrs {
		set[a] = true
	}
	for _, e := range m.changed { // with all that the decisions were about
		if set[e.key.prefix.Addr()] {
			e.unsaid = true
		}
	}
}

// leave takes note of an item that is there, and is nobody's unless an owner
// says otherwise.
func (m *model) leave(item Item, name string) {
	e := m.entry(&item)
	if e.name == "" {
		e.name = name
	}
	if e.state == absent {
		e.state = unknown
	}
	m.touch(e)
}

// sorted returns the entries in an order that does not depend on a map.
func (m *model) sorted() []*entry {
	list := make([]*entry, 0, len(m.entries))
	for _, e := range m.entries {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *entry) int { return a.key.compare(b.key) })
	return list
}

// take returns what is to be looked at by now. It is valid until the next call.
func (m *model) take(now time.Time) []*entry {
	for _, e := range m.failed {
		if !e.retry.After(now) {
			m.touch(e)
		}
	}
	list := m.changed
	m.changed, m.taken = m.taken[:0], list
	for _, e := range list {
		e.queued, e.err = false, nil
		e.expect()
	}
	return list
}

// tryAll lets all that has failed be looked at.
func (m *model) tryAll() {
	for _, e := range m.failed {
		m.touch(e)
	}
}

// settle takes note of which entries have failed, and forgets those that are not
// there and nobody's.
func (m *model) settle(list []*entry) {
	for _, e := range list {
		if e.state == absent && len(e.refs) == 0 {
			delete(m.entries, e.key)
		}
		if e.err != nil && !slices.Contains(m.failed, e) {
			m.failed = append(m.failed, e)
		}
	}
	m.failed = slices.DeleteFunc(m.failed, func(e *entry) bool { return e.err == nil })
}

// deadline is when the first of what failed is to be tried again.
func (m *model) deadline() (at time.Time, ok bool) {
	for _, e := range m.failed {
		if !ok || e.retry.Before(at) {
			at, ok = e.retry, true
		}
	}
	return at, ok
}

// idle says that there is nothing on the interface that is anybody's business.
func (m *model) idle() bool { return len(m.claims) == 0 && len(m.entries) == 0 }
