// Package firewall drops packets to virtual addresses that take none (no_accept,
// vrrp_strict), in tables of nftables that belong to this process: nobody else can
// change them, and the kernel removes them at its end, whatever the end is.
package firewall

import (
	"context"
	"fmt"
	"net"

	"github.com/google/nftables"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A Conn changes what is dropped. It belongs to the network namespace of the
// threads that use it, and to one goroutine.
type Conn struct {
	tables  map[tableKey]*table
	options []nftables.ConnOption
}

// A tableKey is what the table of an address depends on.
type tableKey struct {
	vrrp.Filter
	ipv6 bool
}

// Open returns a Conn that drops nothing yet.
func Open() *Conn { return &Conn{tables: map[tableKey]*table{}} }

// Close drops no packets any more.
func (c *Conn) Close() error {
	for key, t := range c.tables {
		t.close()
		delete(c.tables, key)
	}
	return nil
}

// An Ack is called for each item when it is done, or failed.
type Ack = func(i int, changed bool, err error)

// AddDrops lets packets to and from addresses be dropped: all of one table from
// one moment on.
func (c *Conn) AddDrops(ctx context.Context, drops []vrrp.Drop, ack Ack) {
	c.change(ctx, drops, false, ack)
}

// RemoveDrops takes back AddDrops.
func (c *Conn) RemoveDrops(ctx context.Context, drops []vrrp.Drop, ack Ack) {
	c.change(ctx, drops, true, ack)
}

// change changes one table after the other: what fails in one is no failure of another.
func (c *Conn) change(ctx context.Context, drops []vrrp.Drop, remove bool, ack Ack) {
	errs := make([]error, len(drops))
	parts := map[tableKey][]int{}
	var order []tableKey
	for n, d := range drops {
		key := tableKey{d.Filter, d.Addr.Is6()}
		if parts[key] == nil {
			order = append(order, key)
		}
		parts[key] = append(parts[key], n)
	}
	for _, key := range order {
		t := c.tables[key]
		if t == nil {
			t = newTable(key, c.options)
			c.tables[key] = t
		}
		next := t.copy()
		for _, n := range parts[key] {
			if remove {
				delete(next, drops[n])
				continue
			}
			next[drops[n]], errs[n] = t.element(drops[n])
			if errs[n] != nil {
				delete(next, drops[n])
			}
		}
		err := t.set(ctx, next)
		for _, n := range parts[key] {
			if errs[n] == nil {
				errs[n] = err
			}
		}
		if len(t.there) == 0 && !t.open() {
			delete(c.tables, key)
		}
	}
	for n, err := range errs {
		ack(n, true, err)
	}
}

// element is what the kernel compares packets with.
func (t *table) element(d vrrp.Drop) (element, error) {
	b := d.Addr.AsSlice()
	switch {
	case d.Interface == "":
		return element{string(b), false}, nil
	case t.key.ByIndex:
		i, err := net.InterfaceByName(d.Interface)
		if err != nil {
			return element{}, fmt.Errorf("drop packets to %v on %s: %w", d.Addr, d.Interface, err)
		}
		return element{string(append(b, nativeUint32(uint32(i.Index))...)), true}, nil
	}
	name := make([]byte, ifNameSize)
	copy(name, d.Interface)
	return element{string(append(b, name...)), true}, nil
}
