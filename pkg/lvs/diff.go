package lvs

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// OpKind says what an Op does.
type OpKind uint8

// The operations of the kernel on its table.
const (
	AddService OpKind = iota + 1
	EditService
	DeleteService
	AddDestination
	EditDestination
	DeleteDestination
)

// String returns the operation in words.
func (k OpKind) String() string {
	switch k {
	case AddService:
		return "add virtual server"
	case EditService:
		return "edit virtual server"
	case DeleteService:
		return "delete virtual server"
	case AddDestination:
		return "add real server"
	case EditDestination:
		return "edit real server"
	case DeleteDestination:
		return "delete real server"
	}
	return fmt.Sprintf("operation(%d)", uint8(k))
}

// An Op is one change of the kernel's table.
type Op struct {
	Kind OpKind
	ID   ServiceID
	// Service is what to add or edit; it carries no destinations.
	Service Service
	// Addr and Destination are set for operations on a destination.
	Addr        netip.AddrPort
	Destination Destination
}

// String returns the operation with its objects, for errors.
func (o Op) String() string {
	verb, _, _ := strings.Cut(o.Kind.String(), " ")
	return verb + " " + o.Object()
}

// Object returns the virtual server or the real server that o is about: "real
// server [10.0.0.1]:tcp:80 of virtual server [198.51.100.1]:tcp:80".
func (o Op) Object() string {
	switch o.Kind {
	case AddDestination, EditDestination, DeleteDestination:
		return fmt.Sprintf("real server %s of virtual server %s", realName(o.ID, o.Addr), o.ID)
	}
	return fmt.Sprintf("virtual server %s", o.ID)
}

// A Refusal is an operation that the kernel refused, and why.
type Refusal struct {
	Op  Op
	Err error
}

// Diff returns the operations that turn have into want, in an order that can be
// applied under load: within a service what is new comes before what goes, and
// services go last. The same tables always give the same order.
//
// A service that is not wanted is deleted only if owned says that it is ours;
// what other programs put into the table stays.
func Diff(have, want Table, owned func(ServiceID) bool) []Op {
	var ops []Op
	for _, id := range slices.SortedFunc(maps.Keys(want), ServiceID.Compare) {
		w := want[id]
		if h, ok := have[id]; ok {
			ops = append(ops, DiffService(id, &h, &w)...)
		} else {
			ops = append(ops, DiffService(id, nil, &w)...)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(have), ServiceID.Compare) {
		if _, ok := want[id]; !ok && owned(id) {
			ops = append(ops, Op{Kind: DeleteService, ID: id})
		}
	}
	return ops
}

// DiffService is Diff for one service; nil is a service that is not there.
func DiffService(id ServiceID, have, want *Service) []Op {
	switch {
	case want == nil && have == nil:
		return nil
	case want == nil:
		return []Op{{Kind: DeleteService, ID: id}}
	case have == nil:
		have = &Service{}
	}
	var ops []Op
	bare := *want
	bare.Destinations = nil
	switch {
	case have.Scheduler == "":
		ops = append(ops, Op{Kind: AddService, ID: id, Service: bare})
	case !sameService(*have, *want):
		ops = append(ops, Op{Kind: EditService, ID: id, Service: bare})
	}
	return append(ops, diffDestinations(id, bare, have.Destinations, want.Destinations)...)
}

func diffDestinations(id ServiceID, service Service, have, want map[netip.AddrPort]Destination) []Op {
	if maps.Equal(have, want) {
		return nil // the common case, without sorting
	}
	var adds, edits, deletes []Op
	for addr, w := range want { // any order: sorted below
		op := Op{ID: id, Service: service, Addr: addr, Destination: w}
		switch h, ok := have[addr]; {
		case !ok:
			op.Kind = AddDestination
			adds = append(adds, op)
		case !sameDestination(h, w):
			op.Kind = EditDestination
			edits = append(edits, op)
		}
	}
	for addr, h := range have { // any order: sorted below
		if _, ok := want[addr]; !ok {
			deletes = append(deletes, Op{Kind: DeleteDestination, ID: id, Service: service, Addr: addr, Destination: h})
		}
	}
	byAddr := func(a, b Op) int { return a.Addr.Compare(b.Addr) }
	for _, ops := range [][]Op{adds, edits, deletes} {
		slices.SortFunc(ops, byAddr)
	}
	return slices.Concat(adds, edits, deletes)
}

// Apply changes t as op changes the kernel's table.
func (t Table) Apply(op Op) {
	s, ok := t[op.ID]
	switch op.Kind {
	case AddService, EditService:
		destinations := s.Destinations
		if destinations == nil {
			destinations = map[netip.AddrPort]Destination{}
		}
		s = op.Service
		s.Destinations = destinations
		t[op.ID] = s
	case DeleteService:
		delete(t, op.ID)
	case AddDestination, EditDestination:
		if ok {
			s.Destinations[op.Addr] = op.Destination
		}
	case DeleteDestination:
		if ok {
			delete(s.Destinations, op.Addr)
		}
	}
}
