package netstate

import (
	"net/netip"
	"sync"
	"sync/atomic"
)

// An announcer announces addresses on one interface. It opens what it needs, and
// does so anew where that has failed. Several goroutines may use it, in turns.
type announcer struct {
	device string
	sys    System
	report func(Report)

	// reopen asks for a new connection: the interface has changed.
	reopen atomic.Bool

	mu   sync.Mutex
	conn Announcer // guarded by mu
}

// warm opens the connection before it is needed.
func (a *announcer) warm() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open()
}

// renew opens the connection anew, before it is needed: the interface is another one.
func (a *announcer) renew() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reopen.Store(false)
	a.shut()
	_ = a.open() // if that fails, so will the first announcement, and report it
}

// announce announces one address of an owner. An interface that was made anew
// needs a new socket, so a failure closes the old one and tries once more.
func (a *announcer) announce(owner string, addr netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	err := a.try(addr)
	if err != nil {
		err = a.try(addr)
	}
	if err != nil {
		a.report(Report{Kind: Unannounced, Owner: owner, Device: a.device, Addr: addr, Err: err})
	}
}

func (a *announcer) try(addr netip.Addr) error {
	if a.reopen.Swap(false) {
		a.shut()
	}
	if err := a.open(); err != nil {
		return err
	}
	err := a.conn.Announce(addr)
	if err != nil {
		a.shut()
	}
	return err
}

func (a *announcer) open() error {
	if a.conn != nil {
		return nil
	}
	conn, err := a.sys.OpenAnnouncer(a.device)
	if err != nil {
		return err
	}
	a.conn = conn
	return nil
}

func (a *announcer) shut() {
	if a.conn != nil {
		a.conn.Close()
		a.conn = nil
	}
}

func (a *announcer) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shut()
}
