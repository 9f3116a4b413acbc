package link

import (
	"maps"
	"net/netip"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
)

// A table is what is known of all interfaces, by index. Its methods turn
// messages and snapshots into events; it does no input or output.
type table map[int]*node

type node struct {
	linkInfo
	addrs []address // those of each family in the kernel's order, IPv4 first
}

func (n *node) exported() Interface {
	i := n.linkInfo.exported()
	i.Addrs = make([]netip.Prefix, 0, len(n.addrs))
	for _, a := range n.addrs {
		if !a.unusable {
			i.Addrs = append(i.Addrs, a.prefix)
		}
	}
	return i
}

// A change is what an Event is made of: event makes it of what is true of the
// interface when it is called.
type change struct {
	kind Kind
	node *node
	addr netip.Prefix

	address     address // of AddressRemoved
	withPrimary bool
	route       iproute.Route
	rule        iproute.Rule
}

func (c change) event() Event {
	if c.node == nil {
		return Event{Kind: c.kind, Route: c.route, Rule: c.rule}
	}
	return Event{Kind: c.kind, Interface: c.node.exported(), Addr: c.addr, WithPrimary: c.withPrimary}
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
func (t table) apply(msg syscall.NetlinkMessage, emit func(change)) {
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
	case unix.RTM_DELROUTE:
		if r, ok := parseRoute(msg.Data); ok {
			emit(change{kind: RouteRemoved, route: r})
		}
	case unix.RTM_DELRULE:
		if r, ok := parseRule(msg.Data); ok {
			emit(change{kind: RuleRemoved, rule: r})
		}
	}
}

// setLink applies what is now true of an interface.
func (t table) setLink(l linkInfo, emit func(change)) {
	n := t[l.index]
	if n == nil {
		n = &node{linkInfo: l}
		t[l.index] = n
		emit(change{kind: LinkAdded, node: n})
		return
	}
	old := n.linkInfo
	if old.name != l.name {
		emit(change{kind: LinkRemoved, node: n})
		n.linkInfo = l
		emit(change{kind: LinkAdded, node: n})
		return
	}
	n.linkInfo = l
	if old.mac != l.mac || old.mtu != l.mtu {
		emit(change{kind: LinkChanged, node: n})
	}
	switch {
	case l.up && !old.up:
		emit(change{kind: LinkUp, node: n})
	case !l.up && old.up:
		emit(change{kind: LinkDown, node: n})
	}
}

func (t table) dropLink(index int, emit func(change)) {
	if n := t[index]; n != nil {
		delete(t, index)
		emit(change{kind: LinkRemoved, node: n})
	}
}

// setAddress applies that an address is there.
func (t table) setAddress(a address, emit func(change)) {
	n := t[a.index]
	if n == nil {
		return
	}
	k := n.find(a)
	there := k >= 0 && !n.addrs[k].unusable
	switch {
	case k >= 0 && n.addrs[k].secondary == a.secondary:
		n.addrs[k] = a
	case k >= 0: // it took the place of its primary
		n.addrs = slices.Delete(n.addrs, k, k+1)
		n.addrs = slices.Insert(n.addrs, n.place(a), a)
	default:
		n.addrs = slices.Insert(n.addrs, n.place(a), a)
	}
	switch {
	case !there && !a.unusable:
		emit(change{kind: AddressAdded, node: n, addr: a.prefix})
	case there && a.unusable:
		emit(change{kind: AddressRemoved, node: n, addr: a.prefix})
	}
}

func (t table) dropAddress(a address, emit func(change)) {
	n := t[a.index]
	if n == nil {
		return
	}
	if k := n.find(a); k >= 0 {
		there := !n.addrs[k].unusable
		n.addrs = slices.Delete(n.addrs, k, k+1)
		if there {
			emit(change{kind: AddressRemoved, node: n, addr: a.prefix, address: a})
		}
	}
}

// find returns where in n.addrs the address is, or -1.
func (n *node) find(a address) int {
	return slices.IndexFunc(n.addrs, func(b address) bool {
		return b.prefix == a.prefix && b.peer == a.peer
	})
}

// place returns where the kernel puts a new address. Of IPv4, a secondary one goes to
// the end, a primary one behind the primary ones of its scope and of narrower ones; of
// IPv6, each goes before those of its scope and of narrower ones.
func (n *node) place(a address) int {
	first6 := slices.IndexFunc(n.addrs, func(b address) bool { return b.ipv6() })
	if first6 < 0 {
		first6 = len(n.addrs)
	}
	if a.ipv6() {
		at := slices.IndexFunc(n.addrs[first6:], func(b address) bool { return a.scope <= b.scope })
		if at < 0 {
			return len(n.addrs)
		}
		return first6 + at
	}
	if a.secondary {
		return first6
	}
	at := 0
	for k, b := range n.addrs[:first6] {
		if !b.secondary && a.scope <= b.scope {
			at = k + 1
		}
	}
	return at
}

// become makes t equal to now and emits the differences: what is gone first.
func (t table) become(now table, emit func(change)) {
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
			emit(change{kind: LinkAdded, node: n})
			continue
		}
		t.setLink(n.linkInfo, emit)
		for _, a := range n.addrs {
			t.setAddress(a, emit)
		}
		t[n.index].addrs = n.addrs
	}
}
