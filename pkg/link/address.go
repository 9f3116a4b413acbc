package link

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
)

// An Ack is told of the outcome for the address with index i of the list:
// changed is false, and err nil, if there was nothing to do because the address
// was there already, or gone already.
type Ack = func(i int, changed bool, err error)

// AddAddresses adds the addresses in their order and calls ack for each as soon
// as the kernel answers. An address that is refused does not keep the others
// from being added. The error says that the connection failed: the addresses
// that were not acknowledged by then may or may not have been added.
func (c *Conn) AddAddresses(ctx context.Context, list []iproute.Address, ack Ack) error {
	b := batch{conn: c, verb: "add", list: list, done: unix.EEXIST, ack: ack}
	indices := map[string]int{}
	// A few at first. The kernel answers a send when it is done with all of it,
	// and who waits for an address, to announce it, should not wait for all.
	for start, size := 0, 1; start < len(list); size = min(8*size, 64) {
		end := min(start+size, len(list))
		for i, a := range list[start:end] {
			index, err := b.find(indices, a)
			switch {
			case err == nil:
				b.append(start+i, addRequest(a, index))
			case isAnswer(err):
				b.report(start+i, err)
			default:
				return fmt.Errorf("add addresses: %w", err)
			}
		}
		if err := b.send(ctx); err != nil {
			return err
		}
		start = end
	}
	return nil
}

// RemoveAddresses removes the addresses, those of an interface that is gone
// included, and calls ack as AddAddresses does, but in the order in which they
// went: a secondary address goes before its primary one.
//
// Unless promote_secondaries is set for the interface, the kernel drops with a
// primary address every secondary one of the same subnet. Those that are not in
// the list are put back in the same send, as they were; the first of them is
// primary then.
func (c *Conn) RemoveAddresses(ctx context.Context, list []iproute.Address, ack Ack) error {
	b := batch{conn: c, verb: "remove", list: list, done: unix.EADDRNOTAVAIL, ack: ack}
	indices := map[string]int{}
	perIndex := map[int][]int{} // by index of the interface
	var order []int
	var err error
	for i, a := range list {
		index, err := b.find(indices, a)
		switch {
		case errors.Is(err, unix.ENODEV):
			b.report(i, unix.EADDRNOTAVAIL) // it went with its interface
			continue
		case isAnswer(err):
			b.report(i, err)
			continue
		case err != nil:
			return fmt.Errorf("remove addresses: %w", err)
		}
		if perIndex[index] == nil {
			order = append(order, index)
		}
		perIndex[index] = append(perIndex[index], i)
	}
	for _, index := range order {
		var there []address // that a primary address could take along
		if slices.ContainsFunc(perIndex[index], func(i int) bool { return list[i].Prefix.Addr().Is4() }) {
			if there, err = c.dumpAddresses(ctx, unix.AF_INET, index); err != nil {
				return err
			}
		}
		for _, s := range planRemoval(there, list, perIndex[index]) {
			if s.restore != nil {
				b.append(restored, restoreRequest(*s.restore))
			} else {
				b.append(s.remove, deleteRequest(list[s.remove], index))
			}
		}
	}
	return b.send(ctx)
}

// restored stands in for the index of a request that is not for an address of
// the list.
const restored = -1

// A batch is a list of requests that are sent together.
type batch struct {
	conn *Conn
	verb string
	list []iproute.Address
	done unix.Errno // what the kernel says when there is nothing to do
	ack  Ack

	reqs  []*nl.NetlinkRequest
	which []int // the index in list that a request is for
}

// find returns the index of the interface of a. It remembers in known.
func (b *batch) find(known map[string]int, a iproute.Address) (int, error) {
	if !a.Prefix.IsValid() {
		return 0, unix.EAFNOSUPPORT
	}
	if index, ok := known[a.Device]; ok {
		if index == 0 {
			return 0, unix.ENODEV
		}
		return index, nil
	}
	index, err := b.conn.indexOf(a.Device)
	if err == nil || errors.Is(err, unix.ENODEV) {
		known[a.Device] = index
	}
	return index, err
}

// isAnswer reports whether err is what the kernel says to a request, and not
// that the connection failed.
func isAnswer(err error) bool {
	var errno unix.Errno
	return errors.As(err, &errno)
}

func (b *batch) append(i int, req *nl.NetlinkRequest) {
	b.which = append(b.which, i)
	b.reqs = append(b.reqs, req)
}

// report tells ack how the kernel, or we in its place, answered for an address.
func (b *batch) report(i int, err error) {
	if b.ack == nil {
		return
	}
	if errors.Is(err, b.done) {
		b.ack(i, false, nil)
		return
	}
	if err != nil {
		a := b.list[i]
		err = fmt.Errorf("%s %s on %s: %w", b.verb, a.Prefix, a.Device, meaning(err))
	}
	b.ack(i, err == nil, err)
}

// send sends the requests together, what is put back included: that must not wait
// for another turn. The batch is empty then.
func (b *batch) send(ctx context.Context) error {
	var lost error // of what should have been put back
	err := b.conn.nl.Do(ctx, b.reqs, func(n int, err error) {
		i := b.which[n]
		if i != restored {
			b.report(i, err)
		} else if err != nil && !errors.Is(err, unix.EEXIST) && lost == nil {
			lost = fmt.Errorf("put back a secondary address that went with its primary: %w", meaning(err))
		}
	})
	b.reqs, b.which = b.reqs[:0], b.which[:0]
	if err != nil {
		return fmt.Errorf("%s addresses: %w", b.verb, err)
	}
	return lost
}
