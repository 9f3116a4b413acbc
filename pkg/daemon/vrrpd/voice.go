package vrrpd

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/kactl/kactl/pkg/vrrp"
)

// A voice announces addresses on one interface. It opens what it needs, and does
// so anew where that has failed. Several goroutines may use it, in turns.
type voice struct {
	device string
	sys    System
	log    *slog.Logger

	// reopen asks for a new announcer: the interface has changed.
	reopen atomic.Bool

	mu        sync.Mutex // guards all following
	announcer Announcer
	failures  limiter // for the log
}

// warm opens the announcer before it is needed.
func (v *voice) warm() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.open()
}

// announce announces one address of the instance with that name. An interface
// that was made anew needs a new socket, so a failure closes the old one and
// tries once more.
func (v *voice) announce(name string, a vrrp.Address) {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.try(a)
	if err != nil {
		err = v.try(a)
	}
	if err == nil {
		return
	}
	if dropped, ok := v.failures.allow(monotonic()); ok {
		v.log.Warn(fmt.Sprintf("(%s) announce %v on %s: %v%s", name, a.Prefix.Addr(), v.device, err, andMore(dropped)))
	}
}

func (v *voice) try(a vrrp.Address) error {
	if v.reopen.Swap(false) {
		v.shut()
	}
	if err := v.open(); err != nil {
		return err
	}
	err := v.announcer.Announce(a.Prefix.Addr())
	if err != nil {
		v.shut()
	}
	return err
}

func (v *voice) open() error {
	if v.announcer != nil {
		return nil
	}
	announcer, err := v.sys.OpenAnnouncer(v.device)
	if err != nil {
		return err
	}
	v.announcer = announcer
	return nil
}

func (v *voice) shut() {
	if v.announcer != nil {
		v.announcer.Close()
		v.announcer = nil
	}
}

func (v *voice) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.shut()
}
