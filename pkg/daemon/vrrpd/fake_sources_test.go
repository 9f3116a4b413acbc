package vrrpd

import (
	"context"
	"sync"

	"github.com/kactl/kactl/pkg/vrrp"
)

// fakeScripts has verdicts that come from the test.
type fakeScripts struct{ verdicts chan verdict }

type verdict struct {
	name string
	up   bool
}

func (f fakeScripts) Run(ctx context.Context, report func(string, bool)) error {
	for {
		select {
		case v := <-f.verdicts:
			report(v.name, v.up)
		case <-ctx.Done():
			return nil
		}
	}
}
func (f fakeScripts) Reload([]vrrp.Script) {}

// A fakeSource has values that come from the test.
type fakeSource struct {
	kind   vrrp.TrackKind
	values chan value
}

type value struct {
	name  string
	value int
}

func (f fakeSource) Kind() vrrp.TrackKind { return f.kind }
func (f fakeSource) Run(ctx context.Context, report func(string, int)) error {
	for {
		select {
		case v := <-f.values:
			report(v.name, v.value)
		case <-ctx.Done():
			return nil
		}
	}
}
func (f fakeSource) Reload(*vrrp.Settings) {}

// A fakeBeat is the drivers of interfaces, which have a carrier unless a test takes it.
type fakeBeat struct {
	mu   sync.Mutex
	gone map[string]bool   // guarded by mu
	how  map[string]string // guarded by mu: by which method each was asked last
}

func (f *fakeBeat) ask(ifname, method string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.how == nil {
		f.how = map[string]string{}
	}
	f.how[ifname] = method
	return !f.gone[ifname], nil
}

// lose takes the carrier of an interface, or gives it back.
func (f *fakeBeat) lose(ifname string, gone bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone == nil {
		f.gone = map[string]bool{}
	}
	f.gone[ifname] = gone
}

// asked returns the method by which an interface was asked; ok is false if never.
func (f *fakeBeat) asked(ifname string) (method string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	method, ok = f.how[ifname]
	return method, ok
}
