package netstate

import (
	"context"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A changer adds or removes items that are of one kind.
type changer interface {
	change(ctx context.Context, kind Kind, remove bool, items []*Item, ack Ack) error
	Close() error
}

// openChanger opens what changes an interface, or the routing tables.
func (s *State) openChanger(tables bool) (changer, error) {
	if tables {
		conn, err := s.sys.OpenTables()
		if err != nil {
			return nil, err
		}
		return &tableChanger{Tables: conn}, nil
	}
	conn, err := s.sys.OpenAddresses()
	if err != nil {
		return nil, err
	}
	return &addressChanger{Addresses: conn}, nil
}

type addressChanger struct {
	Addresses
	room []vrrp.Address // is used again and again
}

func (a *addressChanger) change(ctx context.Context, _ Kind, remove bool, items []*Item, ack Ack) error {
	a.room = a.room[:0]
	for _, i := range items {
		a.room = append(a.room, i.Address)
	}
	if remove {
		return a.RemoveAddresses(ctx, a.room, ack)
	}
	return a.AddAddresses(ctx, a.room, ack)
}

type tableChanger struct {
	Tables
	routes []*iproute.Route
	rules  []*iproute.Rule
}

func (t *tableChanger) change(ctx context.Context, kind Kind, remove bool, items []*Item, ack Ack) error {
	t.routes, t.rules = t.routes[:0], t.rules[:0]
	for _, i := range items {
		t.routes, t.rules = append(t.routes, i.Route), append(t.rules, i.Rule)
	}
	switch {
	case kind == KindRoute && remove:
		return t.RemoveRoutes(ctx, t.routes, ack)
	case kind == KindRoute:
		return t.AddRoutes(ctx, t.routes, ack)
	case remove:
		return t.RemoveRules(ctx, t.rules, ack)
	}
	return t.AddRules(ctx, t.rules, ack)
}
