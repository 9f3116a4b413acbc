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
	Key  ServiceKey
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
		return fmt.Sprintf("real server %s of virtual server %s", RealKey{o.Key, o.Addr}, o.Key)
	}
	return fmt.Sprintf("virtual server %s", o.Key)
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
func Diff(have, want Table, owned func(ServiceKey) bool) []Op {
	var ops []Op
	for _, key := range slices.SortedFunc(maps.Keys(want), ServiceKey.Compare) {
		w := want[key]
		if h, ok := have[key]; ok {
			ops = append(ops, DiffService(key, &h, &w)...)
		} else {
			ops = append(ops, DiffService(key, nil, &w)...)
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(have), ServiceKey.Compare) {
		if _, ok := want[key]; !ok && owned(key) {
			ops = append(ops, Op{Kind: DeleteService, Key: key})
		}
	}
	return ops
}

// DiffService is Diff for one service; nil is a service that is not there.
func DiffService(key ServiceKey, have, want *Service) []Op {
	switch {
	case want == nil && have == nil:
		return nil
	case want == nil:
		return []Op{{Kind: DeleteService, Key: key}}
	case have == nil:
		have = &Service{}
	}
	var ops []Op
	bare := *want
	bare.Destinations = nil
	switch {
	case have.Scheduler == "":
		ops = append(ops, Op{Kind: AddService, Key: key, Service: bare})
	case have.Scheduler != want.Scheduler || have.Persistence != want.Persistence || have.Netmask != want.Netmask:
		ops = append(ops, Op{Kind: EditService, Key: key, Service: bare})
	}
	return append(ops, diffDestinations(key, bare, have.Destinations, want.Destinations)...)
}

func diffDestinations(key ServiceKey, service Service, have, want map[netip.AddrPort]Destination) []Op {
	if maps.Equal(have, want) {
		return nil // the common case, without sorting
	}
	var adds, edits, deletes []Op
	for addr, w := range want {
		op := Op{Key: key, Service: service, Addr: addr, Destination: w}
		switch h, ok := have[addr]; {
		case !ok:
			op.Kind = AddDestination
			adds = append(adds, op)
		case h != w:
			op.Kind = EditDestination
			edits = append(edits, op)
		}
	}
	for addr, h := range have {
		if _, ok := want[addr]; !ok {
			deletes = append(deletes, Op{Kind: DeleteDestination, Key: key, Service: service, Addr: addr, Destination: h})
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
	s, ok := t[op.Key]
	switch op.Kind {
	case AddService, EditService:
		destinations := s.Destinations
		if destinations == nil {
			destinations = map[netip.AddrPort]Destination{}
		}
		s = op.Service
		s.Destinations = destinations
		t[op.Key] = s
	case DeleteService:
		delete(t, op.Key)
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
