package vrrpd

import (
	"context"
	"fmt"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/netstate"
	"github.com/kactl/kactl/pkg/vrrp"
)

// fakeFilter writes down what is dropped, and answers for each address.
type fakeFilter struct{ sys *fakeSystem }

func (a fakeFilter) AddDrops(_ context.Context, drops []vrrp.Drop, ack netstate.Ack) {
	a.change("drop", drops, ack)
}
func (a fakeFilter) RemoveDrops(_ context.Context, drops []vrrp.Drop, ack netstate.Ack) {
	a.change("do not drop", drops, ack)
}
func (a fakeFilter) Close() error { return nil }

func (a fakeFilter) change(verb string, drops []vrrp.Drop, ack netstate.Ack) {
	for n, d := range drops {
		a.sys.mu.Lock()
		err := a.sys.noDrop
		a.sys.mu.Unlock()
		a.sys.note("%s %v", verb, d.Addr)
		ack(n, err == nil, err)
	}
}

// fakeTables write down what is added and removed, and answer for each route.
type fakeTables struct{ sys *fakeSystem }

func (a fakeTables) AddRoutes(_ context.Context, routes []*iproute.Route, ack netstate.Ack) error {
	return note(a.sys, "add route", routes, ack)
}
func (a fakeTables) RemoveRoutes(_ context.Context, routes []*iproute.Route, ack netstate.Ack) error {
	return note(a.sys, "remove route", routes, ack)
}
func (a fakeTables) AddRules(_ context.Context, rules []*iproute.Rule, ack netstate.Ack) error {
	return note(a.sys, "add rule", rules, ack)
}
func (a fakeTables) RemoveRules(_ context.Context, rules []*iproute.Rule, ack netstate.Ack) error {
	return note(a.sys, "remove rule", rules, ack)
}
func (a fakeTables) Close() error { return nil }

func note[T fmt.Stringer](f *fakeSystem, verb string, list []T, ack netstate.Ack) error {
	for n, x := range list {
		f.mu.Lock()
		err := f.noRoute
		f.mu.Unlock()
		f.note("%s %v", verb, x)
		ack(n, err == nil, err)
	}
	return nil
}
