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

// openChanger opens what changes a layer.
func (s *State) openChanger(l layer) (changer, error) {
	switch l {
	case tablesLayer:
		conn, err := s.sys.OpenTables()
		if err != nil {
			return nil, err
		}
		return &tableChanger{Tables: conn}, nil
	case filterLayer:
		conn, err := s.sys.OpenFilter()
		if err != nil {
			return nil, err
		}
		return &filterChanger{Filter: conn}, nil
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

func (a *addressChanger) change(ctx context.Context, kind Kind, remove bool, items []*Item, ack Ack) error {
	if kind == KindLink { // mostly there is one on an interface: itself
		for n, i := range items {
			change := a.AddLink
			if remove {
				change = a.RemoveLink
			}
			changed, err := change(ctx, *i.Link)
			ack(n, changed, err)
		}
		return nil
	}
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

type filterChanger struct {
	Filter
	room []vrrp.Drop
}

func (f *filterChanger) change(ctx context.Context, _ Kind, remove bool, items []*Item, ack Ack) error {
	f.room = f.room[:0]
	for _, i := range items {
		f.room = append(f.room, *i.Drop)
	}
	if remove {
		f.RemoveDrops(ctx, f.room, ack)
	} else {
		f.AddDrops(ctx, f.room, ack)
	}
	return nil
}
