package netstate

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// apply takes the orders in, and makes the interface what it should be.
func (d *device) apply(closing bool) {
	for _, f := range d.taken.early {
		f()
	}
	d.absorb()
	now := time.Now()
	if closing {
		d.model.tryAll()
	}
	list := d.model.take(now)
	d.ops = difference(list, d.ops[:0])
	whole := false // an addition failed as a whole
	for ops := d.ops; len(ops) > 0; {
		n := run(ops)
		if err := d.change(ops[:n]); err != nil && !ops[0].remove {
			whole = true
		}
		ops = ops[n:]
	}
	for _, e := range list {
		if e.state == present && e.due != dueNever {
			d.due(e, false)
		}
	}
	d.repeat()
	d.judge(list, whole, closing)
	d.model.settle(list)
	clear(d.ops)
	if len(d.ops) > 0 {
		d.garp.flush()
	}
	d.call()
}

// absorb lets the model have the orders.
func (d *device) absorb() {
	m, o := &d.model, &d.taken
	for _, c := range o.claims {
		if !c.decided {
			continue
		}
		before := c.now.items
		m.decide(c, c.taken)
		if !c.now.held {
			o.unsaid = append(o.unsaid, d.garp.drop(c)...)
		} else if !sameSlice(before, c.now.items) {
			has := c.addresses()
			o.unsaid = append(o.unsaid, d.garp.keep(c, func(a netip.Addr) bool { return has[a] })...)
		}
	}
	m.resume(o.unsaid)
	for _, l := range o.lost {
		m.lose(l)
	}
	for _, l := range o.left {
		m.leave(l.item, l.name)
	}
	d.move(o.moved, time.Now())
	if o.renewed {
		m.loseAll()
	}
	if o.changed {
		for _, c := range m.claims {
			c.again = max(c.again, c.now.repeat)
		}
	}
}

// change carries out ops that can be done together. The error says that it could
// not be done at all, or not to the end.
func (d *device) change(ops []op) error {
	remove := ops[0].remove
	if !remove { // what could not be removed cannot be added in another form
		ops = slices.DeleteFunc(ops, func(o op) bool { return o.entry.replaced(o.item) })
	}
	if len(ops) == 0 {
		return nil
	}
	d.asked, d.answered = d.asked[:0], d.answered[:0]
	for _, o := range ops {
		o.entry.try(remove)
		d.asked, d.answered = append(d.asked, o.item), append(d.answered, false)
	}
	first := true
	acknowledge := func(n int, changed bool, err error) {
		d.answered[n] = true
		o := &ops[n]
		if remove {
			if errors.Is(err, unix.ENODEV) {
				err = nil // gone with its interface
			}
			o.entry.removed(err)
			return
		}
		if changed && err == nil && o.item.Kind == KindLink {
			d.linkMade()
		}
		lost, with, holder := o.entry.lost, o.entry.with, o.entry.cause
		if o.entry.added(o.item, changed, err) && d.due(o.entry, first) {
			first = false
		}
		if (lost || with) && changed && err == nil && holder != nil {
			r := Report{Kind: Restored, Owner: holder.now.name, Device: d.name, Item: *o.item, Kernel: with}
			if r.Item.Kind == KindLink {
				r.Device = "" // it is on none
			}
			d.state.report(r)
		}
	}
	err := d.silently(ops, func() error { return d.exchange(ops[0].item.Kind, remove, acknowledge) })
	if err == nil {
		return nil
	}
	for n, o := range ops {
		switch {
		case d.answered[n]:
		case remove:
			o.entry.removed(err)
		default:
			o.entry.added(o.item, false, err)
		}
	}
	return err
}

// linkMade takes note that the device's own interface was made or switched on: what
// was on one before is there no more, what could not be there without it can be now,
// and it is announced by another socket.
func (d *device) linkMade() {
	for _, e := range d.model.failed {
		e.retry = time.Time{}
	}
	for _, e := range d.model.sorted() {
		if e.key.kind != KindLink && e.state == present && !e.verify && e.desired() != nil {
			d.model.doubt(e, max(e.holder().now.repeat, 1))
			e.lost = false
			poke(d.wake)
		}
	}
	d.announcer.renew()
}

// exchange asks the kernel for what d.asked is about.
func (d *device) exchange(kind Kind, remove bool, ack Ack) error {
	if err := d.open(); err != nil {
		return err
	}
	err := d.conn.change(d.ctx, kind, remove, d.asked, ack)
	if err != nil {
		// The connection may hold half an answer: the next exchange begins anew.
		d.conn.Close()
		d.conn = nil
	}
	return err
}

// due announces an address that is there, unless that was overtaken: the first
// one here and now, for the scheduler would have to be woken up. Where a pause is
// set the repetitions are all that there is, for the kernel's answers are not to
// be kept waiting.
func (d *device) due(e *entry, first bool) (announced bool) {
	c := e.cause
	if d.superseded(c) {
		return false // what is decided upon next will tell
	}
	rounds, addr := e.rounds, e.key.prefix.Addr()
	e.announced()
	if rounds == 0 || e.key.kind != KindAddress {
		return false
	}
	by := protocolOf(addr)
	if d.pause(c, by) == 0 {
		if first {
			d.announcer.announce(c.now.name, addr)
		} else {
			d.garp.first(pendingGARP{claim: c, name: c.now.name, addr: addr})
		}
		rounds--
		announced = first
	}
	c.fresh[by], c.repeat[by] = append(c.fresh[by], addr), max(c.repeat[by], rounds)
	return announced
}

// repeat queues the repetitions of what was announced, and what was asked for
// besides.
func (d *device) repeat() {
	for _, c := range d.model.claims {
		for by := range protocols {
			r := garpRounds{claim: c, name: c.now.name, pause: d.pause(c, by)}
			if fresh := c.fresh[by]; len(fresh) > 0 {
				r.addrs, r.left = fresh, c.repeat[by]
				d.garp.repeat(r)
				for _, a := range fresh {
					if !c.now.quiet {
						d.state.report(Report{Kind: Announcing, Owner: c.now.name, Device: d.name, Addr: a})
					}
				}
				c.fresh[by], c.repeat[by] = nil, 0
			}
			if c.again > 0 && c.now.held && !d.silent(c) {
				r.addrs, r.left = c.present(by), c.again
				d.garp.repeat(r)
			}
		}
		c.again = 0
	}
}
