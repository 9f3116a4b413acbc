package link

import (
	"maps"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// A table is what is known of all interfaces, by index. Its methods turn
// messages and snapshots into events; it does no input or output.
type table map[int]*node

type node struct {
	linkInfo
	addrs []address // in the kernel's order
}

func (n *node) exported() Interface {
	i := n.linkInfo.exported()
	for _, a := range n.addrs {
		i.Addrs = append(i.Addrs, a.prefix)
	}
	return i
}

func (t table) sorted() []*node {
	nodes := make([]*node, 0, len(t))
	for _, index := range slices.Sorted(maps.Keys(t)) {
		nodes = append(nodes, t[index])
	}
	return nodes
}

func (t table) interfaces() []Interface {
	list := make([]Interface, 0, len(t))
	for _, n := range t.sorted() {
		list = append(list, n.exported())
	}
	return list
}

// apply takes in one message of the monitor.
func (t table) apply(msg syscall.NetlinkMessage, emit func(Event)) {
	switch msg.Header.Type {
	case unix.RTM_NEWLINK:
		if l, ok := parseLink(msg.Data); ok {
			t.setLink(l, emit)
		}
	case unix.RTM_DELLINK:
		if l, ok := parseLink(msg.Data); ok {
			t.dropLink(l.index, emit)
		}
	case unix.RTM_NEWADDR:
		if a, ok := parseAddress(msg.Data); ok {
			t.setAddress(a, emit)
		}
	case unix.RTM_DELADDR:
		if a, ok := parseAddress(msg.Data); ok {
			t.dropAddress(a, emit)
		}
	}
}

// setLink applies what is now true of an interface.
func (t table) setLink(l linkInfo, emit func(Event)) {
	n := t[l.index]
	if n == nil {
		n = &node{linkInfo: l}
		t[l.index] = n
		emit(Event{Kind: LinkAdded, Interface: n.exported()})
		return
	}
	old := n.linkInfo
	if old.name != l.name {
		emit(Event{Kind: LinkRemoved, Interface: n.exported()})
		n.linkInfo = l
		emit(Event{Kind: LinkAdded, Interface: n.exported()})
		return
	}
	n.linkInfo = l
	if old.mac != l.mac {
		emit(Event{Kind: LinkChanged, Interface: n.exported()})
	}
	switch {
	case l.up && !old.up:
		emit(Event{Kind: LinkUp, Interface: n.exported()})
	case !l.up && old.up:
		emit(Event{Kind: LinkDown, Interface: n.exported()})
	}
}

func (t table) dropLink(index int, emit func(Event)) {
	if n := t[index]; n != nil {
		delete(t, index)
		emit(Event{Kind: LinkRemoved, Interface: n.exported()})
	}
}

// setAddress applies that an address is there.
func (t table) setAddress(a address, emit func(Event)) {
	n := t[a.index]
	if n == nil {
		return
	}
	k := n.find(a)
	if k >= 0 && n.addrs[k].secondary == a.secondary {
		n.addrs[k] = a
		return
	}
	if k >= 0 { // it took the place of its primary
		n.addrs = slices.Delete(n.addrs, k, k+1)
	}
	n.addrs = slices.Insert(n.addrs, n.place(a), a)
	if k < 0 {
		emit(Event{Kind: AddressAdded, Interface: n.exported(), Addr: a.prefix})
	}
}

func (t table) dropAddress(a address, emit func(Event)) {
	n := t[a.index]
	if n == nil {
		return
	}
	if k := n.find(a); k >= 0 {
		n.addrs = slices.Delete(n.addrs, k, k+1)
		emit(Event{Kind: AddressRemoved, Interface: n.exported(), Addr: a.prefix})
	}
}

// find returns where in n.addrs the address is, or -1.
func (n *node) find(a address) int {
	return slices.IndexFunc(n.addrs, func(b address) bool {
		return b.prefix == a.prefix && b.peer == a.peer
	})
}

// place returns where the kernel puts a new address: a secondary one at the
// end, a primary one behind the primary ones of its scope and of narrower ones.
func (n *node) place(a address) int {
	if a.secondary {
		return len(n.addrs)
	}
	at := 0
	for k, b := range n.addrs {
		if !b.secondary && a.scope <= b.scope {
			at = k + 1
		}
	}
	return at
}

// become makes t equal to now and emits the differences: what is gone first.
func (t table) become(now table, emit func(Event)) {
	for _, n := range t.sorted() {
		if now[n.index] == nil {
			t.dropLink(n.index, emit)
			continue
		}
		for _, a := range slices.Clone(n.addrs) {
			if now[n.index].find(a) < 0 {
				t.dropAddress(a, emit)
			}
		}
	}
	for _, n := range now.sorted() {
		if t[n.index] == nil {
			t[n.index] = n
			emit(Event{Kind: LinkAdded, Interface: n.exported()})
			continue
		}
		t.setLink(n.linkInfo, emit)
		for _, a := range n.addrs {
			t.setAddress(a, emit)
		}
		t[n.index].addrs = n.addrs
	}
}
